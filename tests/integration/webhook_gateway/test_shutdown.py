"""Stopping: what is in flight is finished, and nothing is promised that is not kept."""

import asyncio

import httpx
import pytest

from tests.integration.webhook_gateway.harness import (
    PATIENCE_S,
    PaymentsDouble,
    event,
    make_settings,
    run_gateway,
    until,
)


async def test_a_delivery_in_flight_is_finished(payments: PaymentsDouble) -> None:
    payments.pause = asyncio.Event()
    async with run_gateway(make_settings(payments.address)) as gateway:
        delivery = asyncio.create_task(gateway.deliver(event("evt_late")))
        await until(lambda: len(payments.requests) == 1)
        gateway.gateway.stop()

        async def refuses() -> bool:
            try:
                async with httpx.AsyncClient(trust_env=False, verify=False) as client:
                    await client.get(f"http://{gateway.address}/healthz")
            except httpx.TransportError:
                return True
            return False

        await until(refuses)
        assert not delivery.done()
        payments.pause.set()
        response = await delivery
        assert response.status_code == 200
        assert response.headers["connection"] == "close"
        async with asyncio.timeout(PATIENCE_S):
            await gateway.task


async def test_load_balancers_are_told_before_the_door_closes(payments: PaymentsDouble) -> None:
    async with run_gateway(make_settings(payments.address, drain_delay_ms=60_000)) as gateway:
        assert (await gateway.client.get("/readyz")).status_code == 200
        gateway.gateway.stop()

        async def unready() -> bool:
            return (await gateway.client.get("/readyz")).status_code == 503

        await until(unready)
        assert (await gateway.deliver(event())).status_code == 200
        # A second stop, here and when the gateway is left, does not wait for the delay.


async def test_an_idle_connection_does_not_hold_up_the_end(payments: PaymentsDouble) -> None:
    async with run_gateway(make_settings(payments.address)) as gateway:
        await gateway.client.get("/healthz")
        _, writer = await asyncio.open_connection(*gateway.address.rsplit(":", 1))
        gateway.gateway.stop()
        async with asyncio.timeout(PATIENCE_S):
            await gateway.task
        writer.close()


@pytest.mark.parametrize("stops", [1, 3])
async def test_stopping_twice_ends_too(payments: PaymentsDouble, stops: int) -> None:
    payments.pause = asyncio.Event()
    async with run_gateway(make_settings(payments.address, rpc_timeout_ms=500)) as gateway:
        delivery = asyncio.create_task(gateway.deliver(event()))
        await until(lambda: len(payments.requests) == 1)
        for _ in range(stops):
            gateway.gateway.stop()
        async with asyncio.timeout(PATIENCE_S):
            await gateway.task
        (outcome,) = await asyncio.gather(delivery, return_exceptions=True)
        # The service never confirmed, so whatever Stripe sees, it is no acknowledgement.
        assert isinstance(outcome, httpx.TransportError) or (
            isinstance(outcome, httpx.Response) and outcome.status_code == 503
        )
