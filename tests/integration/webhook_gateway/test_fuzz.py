"""Fuzzing over real sockets: whatever bytes come, the answer is never a 5xx, and the next delivery is accepted.

`make fuzz` does the same for minutes, and watches the memory of the gateway's process.
"""

import asyncio
import re
from collections import Counter
from contextlib import AsyncExitStack

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.integration.webhook_gateway.harness import (
    PaymentsDouble,
    RunningGateway,
    event,
    make_settings,
    run_gateway,
)
from tests.integration.webhook_gateway.odd_requests import REQUESTS, OddRequest, complaint, send, statuses
from webhook_gateway import connection, lifecycle

BATCH = 40
EVENT_ID = re.compile(rb'"received":true,"event_id":"([^"]+)"')


def test_no_request_whatever_gets_a_5xx(monkeypatch: pytest.MonkeyPatch) -> None:
    # Many of these requests never end: they are given up sooner than a user would want.
    monkeypatch.setattr(connection, "HEAD_TIMEOUT_S", 1.0)
    monkeypatch.setattr(lifecycle, "KEEP_ALIVE_S", 0)
    payments = PaymentsDouble()
    seen: Counter[int] = Counter()
    # One gateway for all examples: what one request breaks, the next has to find.
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        gateway = runner.run(_start(stack, payments))

        @settings(
            max_examples=8,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),  # requests are as long as they have to be
        )
        @given(st.lists(REQUESTS, min_size=BATCH, max_size=BATCH))
        def batch(requests: list[OddRequest]) -> None:
            responses = runner.run(_send(gateway, requests))
            recorded = {item.envelope.event_id.encode() for item in payments.requests}
            for request, response in zip(requests, responses, strict=True):
                assert not complaint(request, response, hasty=True)
                assert set(EVENT_ID.findall(response)) <= recorded
                seen.update(statuses(response))

        try:
            batch()
            assert runner.run(gateway.deliver(event("evt_after"))).status_code == 200
            assert gateway.count("gateway_in_flight") == 0
        finally:
            runner.run(stack.aclose())
    # The fuzzing reached the commonest ways of refusing, or it has become too tame.
    assert {200, 400, 401, 404, 405} <= set(seen), seen


async def _start(stack: AsyncExitStack, payments: PaymentsDouble) -> RunningGateway:
    await payments.start()
    stack.push_async_callback(payments.stop)
    return await stack.enter_async_context(run_gateway(make_settings(payments.address, body_timeout_ms=1000)))


async def _send(gateway: RunningGateway, requests: list[OddRequest]) -> list[bytes]:
    """Sends each over a connection of its own, all at the same time."""
    return await asyncio.gather(*(send(gateway.address, request) for request in requests))
