"""Stripe fails in every way it can: one effect, one answer, and nothing that happens later than it may."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from payments_api.v1 import payment_pb2, payment_service_pb2
from sqlalchemy import make_url

from payments_service.application import failpoints
from payments_service.application.operations.model import NotExecuted
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.processors.stripe.client import BACKOFF_SECONDS_MAX
from payments_service.storage.embedded import EmbeddedPostgres
from tests.integration.payments_service.application.house import PAY, House, create_request, failure

CREATE = "/v1/payment_intents"
CONFIRM = "/v1/payment_intents/{id}/confirm"
FAULTS = ["error_before", "error_after", "reset_before", "reset_after"]


class _Killed(Exception):  # noqa: N818 - it is no error of the service
    """Stands for the process dying at a failpoint: nothing that could store an outcome catches it."""


async def _create(house: House) -> Callable[[], Awaitable[Any]]:
    return lambda: house.create("k")


async def _create_confirmed(house: House) -> Callable[[], Awaitable[Any]]:
    return lambda: house.create("k", **PAY)


async def _confirm(house: House) -> Callable[[], Awaitable[Any]]:
    payment = (await house.create("before")).payment
    request = payment_service_pb2.ConfirmPaymentRequest(
        idempotency_key="k", payment_id=payment.id, payment_method="pm_card_visa"
    )
    return lambda: house.payments.ConfirmPayment(request, metadata=house.metadata)


CALLS = [
    pytest.param(_create, CREATE, payment_pb2.PAYMENT_STATE_REQUIRES_PAYMENT_METHOD, id="create"),
    pytest.param(_create_confirmed, CREATE, payment_pb2.PAYMENT_STATE_SUCCEEDED, id="create_confirmed"),
    pytest.param(_confirm, CONFIRM, payment_pb2.PAYMENT_STATE_SUCCEEDED, id="confirm"),
]


@pytest.mark.parametrize("effect", FAULTS)
@pytest.mark.parametrize(("prepare", "path", "state"), CALLS)
async def test_an_unknown_outcome_becomes_known_once(
    house: House,
    prepare: Callable[[House], Awaitable[Callable[[], Awaitable[Any]]]],
    path: str,
    state: int,
    effect: str,
) -> None:
    call = await prepare(house)
    await house.control("POST", "/faults", {"effect": effect, "method": "POST", "path": path, "count": 1})

    failed = await failure(call())
    assert (failed.code, failed.reason, failed.retry) == ("UNAVAILABLE", "OUTCOME_UNKNOWN", True)
    assert failed.metadata["operation_id"].startswith("op_")
    assert (await failure(call())).reason == "OUTCOME_UNKNOWN"

    await house.complete()
    reply = await call()

    assert reply.payment.state == state
    assert reply.client_secret.startswith("pi_")
    assert len(await house.intents()) == 1
    assert await call() == reply


@pytest.mark.parametrize("after", [True, False], ids=["with the effect", "without the effect"])
async def test_a_timeout_is_an_unknown_outcome(house: House, after: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    client = house.core.stripe_client
    monkeypatch.setattr(client, "_settings", replace(client._settings, timeout_seconds=0.5))
    await house.control("POST", "/faults", {"effect": "latency", "latency_ms": 1500, "path": CREATE, "count": 1})
    if not after:
        await house.control("POST", "/faults", {"effect": "reset_before", "path": CREATE, "count": 1})

    assert (await failure(house.create("k", **PAY))).reason == "OUTCOME_UNKNOWN"
    async with asyncio.timeout(20):
        while await house.sql("SELECT 1 FROM stripe_operations WHERE state = 'IN_PROGRESS'"):
            await house.complete()
    reply = await house.create("k", **PAY)

    assert reply.payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED
    assert len(await house.intents()) == 1


@pytest.mark.parametrize("name", [failpoints.AFTER_CLAIM, failpoints.AFTER_STRIPE])
async def test_a_process_that_dies_in_between_leaves_work_that_is_finished_once(
    house: House, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die() -> None:
        raise _Killed

    monkeypatch.setitem(failpoints._armed, name, die)
    assert (await failure(house.create("k", **PAY))).reason == "INTERNAL"
    monkeypatch.delitem(failpoints._armed, name)
    assert (await failure(house.create("k", **PAY))).reason == "REQUEST_IN_PROGRESS"

    await house.complete()
    reply = await house.create("k", **PAY)

    assert reply.payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED
    assert len(await house.intents()) == 1


async def test_after_its_time_an_operation_is_looked_up_and_found(house: House) -> None:
    await house.control("POST", "/faults", {"effect": "reset_after", "path": CREATE, "count": 1})
    await failure(house.create("k", **PAY))
    await house.sql("UPDATE stripe_operations SET execute_until = now() - interval '1 second'")

    await house.complete()

    assert (await house.create("k", **PAY)).payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED
    assert len(await house.intents()) == 1


async def test_after_its_time_what_is_not_there_has_failed_and_never_happens(house: House) -> None:
    await house.control("POST", "/faults", {"effect": "reset_before", "path": CREATE, "count": 1})
    await failure(house.create("k", **PAY))
    await house.sql("UPDATE stripe_operations SET execute_until = now() - interval '1 second'")

    await house.complete()
    await house.complete()

    assert await house.intents() == []
    (payment,) = (
        await house.payments.ListPayments(payment_service_pb2.ListPaymentsRequest(), metadata=house.metadata)
    ).payments
    assert payment.state == payment_pb2.PAYMENT_STATE_FAILED
    assert (await house.create("k", **PAY)).payment.id != payment.id


async def test_what_could_not_be_sent_failed_at_once_and_never_happens(house: House) -> None:
    await house.sandbox.stop()

    failed = await failure(house.create("k", **PAY))
    await house.complete()

    assert (failed.code, failed.reason, failed.retry) == ("UNAVAILABLE", "STRIPE_UNAVAILABLE", True)
    assert await house.sql("SELECT 1 FROM stripe_operations WHERE state = 'IN_PROGRESS'") == []
    assert await house.sql("SELECT 1 FROM idempotency_keys") == []
    (payment,) = (
        await house.payments.ListPayments(payment_service_pb2.ListPaymentsRequest(), metadata=house.metadata)
    ).payments
    assert payment.state == payment_pb2.PAYMENT_STATE_FAILED


async def test_who_could_not_send_says_nothing_about_what_another_has_sent(house: House) -> None:
    await house.control("POST", "/faults", {"effect": "reset_after", "path": CREATE, "count": 1})
    await failure(house.create("k", **PAY))
    ((operation_id,),) = await house.sql("SELECT id FROM stripe_operations")
    mine = await house.core.transactions.run(lambda unit: unit.operations.get(operation_id))
    assert mine is not None
    # The completer takes it over, while whoever began it still cannot connect.
    await house.sql("UPDATE stripe_operations SET attempts = attempts + 1")

    with pytest.raises(PaymentsError) as raised:
        await house.core.runner.finish(mine, NotExecuted("connection refused"))

    assert raised.value.reason is Reason.OUTCOME_UNKNOWN
    assert await house.sql("SELECT state FROM stripe_operations") == [("IN_PROGRESS",)]
    await house.complete()
    assert (await house.create("k", **PAY)).payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED
    assert len(await house.intents()) == 1


async def test_an_earlier_decline_is_not_taken_for_the_outcome_of_a_later_attempt(house: House) -> None:
    payment = (await house.create("before")).payment
    decline = payment_service_pb2.ConfirmPaymentRequest(
        idempotency_key="first", payment_id=payment.id, payment_method="pm_card_chargeDeclined"
    )
    await failure(house.payments.ConfirmPayment(decline, metadata=house.metadata))
    request = payment_service_pb2.ConfirmPaymentRequest(
        idempotency_key="second", payment_id=payment.id, payment_method="pm_card_visa"
    )
    fault = {"effect": "reset_before", "method": "POST", "path": CONFIRM, "count": 2}
    await house.control("POST", "/faults", fault)

    assert (await failure(house.payments.ConfirmPayment(request, metadata=house.metadata))).reason == "OUTCOME_UNKNOWN"
    await house.complete()
    assert (await failure(house.payments.ConfirmPayment(request, metadata=house.metadata))).reason == "OUTCOME_UNKNOWN"
    await house.complete()

    paid = await house.payments.ConfirmPayment(request, metadata=house.metadata)
    assert paid.payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED


async def test_the_lease_covers_every_attempt_of_a_call(house: House) -> None:
    settings = house.core.stripe_client._settings

    assert house.core.lease.total_seconds() > settings.send_seconds_max
    assert replace(settings, attempts_max=3, timeout_seconds=15).send_seconds_max == 3 * 15 + 2 * BACKOFF_SECONDS_MAX


async def test_being_turned_away_by_a_rate_limit_is_known_to_have_done_nothing(house: House) -> None:
    await house.control("POST", "/faults", {"effect": "rate_limit", "path": CREATE, "count": 1, "retry_after_s": 7})

    failed = await failure(house.create("k", **PAY))

    assert (failed.reason, failed.retry) == ("STRIPE_UNAVAILABLE", True)
    assert (await house.create("k", **PAY)).payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED


async def test_a_caller_that_hangs_up_does_not_stop_what_it_began(house: House) -> None:
    await house.control("POST", "/faults", {"effect": "latency", "latency_ms": 300, "path": CREATE, "count": 1})
    call = house.payments.CreatePayment(create_request("k", **PAY), metadata=house.metadata)
    while not await house.sql("SELECT 1 FROM stripe_operations"):
        pass
    call.cancel()

    await house.core.background.drain(5)

    assert (await house.create("k", **PAY)).payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED
    assert len(await house.intents()) == 1


async def test_when_the_database_is_away_nothing_is_sent(
    house: House, database_url: str, postgres: EmbeddedPostgres
) -> None:
    name = make_url(database_url).database
    with psycopg.connect(postgres.address.url(), autocommit=True) as administrator:
        administrator.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        administrator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        failed = await failure(house.create("k", **PAY))
        administrator.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')

    assert (failed.code, failed.reason, failed.retry) == ("UNAVAILABLE", "DATABASE_UNAVAILABLE", True)
    assert await house.intents() == []
    assert (await house.create("k", **PAY)).payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED
