"""The service as a caller has it: generated stubs and a token."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import grpc
from payments_api.v1 import (
    account_service_pb2_grpc,
    event_service_pb2_grpc,
    fee_service_pb2_grpc,
    ledger_service_pb2_grpc,
    payment_service_pb2_grpc,
    refund_service_pb2_grpc,
    reporting_service_pb2_grpc,
)

from payments_service.cli.errors import CommandError
from payments_service.cli.purchase.failure import explained
from payments_service.cli.steps import Step

CALL_SECONDS = 15.0
PATIENCE_SECONDS = 20.0
"""How long a webhook and the settlement behind it may take."""

POLL_SECONDS = 0.02

T = TypeVar("T")
Condition = Callable[[], Awaitable[bool]]


class Service:
    """Calls, how long each took, and waiting for what comes behind them.

    Attributes:
        steps: what was done so far and how long it took.
    """

    def __init__(self, channel: grpc.aio.Channel, token: str) -> None:
        """Take an open channel, and a token with the scopes of a backend."""
        self.steps: list[Step] = []
        self.accounts = account_service_pb2_grpc.AccountServiceStub(channel)
        self.events = event_service_pb2_grpc.EventServiceStub(channel)
        self.fees = fee_service_pb2_grpc.FeeServiceStub(channel)
        self.ledger = ledger_service_pb2_grpc.LedgerServiceStub(channel)
        self.payments = payment_service_pb2_grpc.PaymentServiceStub(channel)
        self.refunds = refund_service_pb2_grpc.RefundServiceStub(channel)
        self.reports = reporting_service_pb2_grpc.ReportingServiceStub(channel)
        self._metadata = (("authorization", f"Bearer {token}"),)

    async def call(self, method: Callable[..., Awaitable[T]], request: object) -> T:
        """Call a method.

        Raises:
            CommandError: it failed; says which and why.
        """
        try:
            return await self._send(method, request)
        except grpc.aio.AioRpcError as error:
            raise _failed(request, error) from None

    async def find(self, method: Callable[..., Awaitable[T]], request: object) -> T | None:
        """Call a method; None when there is no such thing.

        Raises:
            CommandError: it failed in another way; says which and why.
        """
        try:
            return await self._send(method, request)
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return None
            raise _failed(request, error) from None

    async def step(self, name: str, work: Awaitable[T]) -> T:
        """Do something as a step of the demonstration."""
        started = time.monotonic()
        result = await work
        self.steps.append(Step(name, _milliseconds_since(started)))
        return result

    async def wait_for(self, conditions: dict[str, Condition]) -> None:
        """Wait until all has come, a step each; it is polled, for it comes behind a call.

        Raises:
            CommandError: something did not come in time; says what.
        """
        started = time.monotonic()
        awaited = dict(conditions)
        while awaited and time.monotonic() < started + PATIENCE_SECONDS:
            for name, has_come in list(awaited.items()):
                if await has_come():
                    del awaited[name]
                    self.steps.append(Step(name, _milliseconds_since(started)))
            if awaited:
                await asyncio.sleep(POLL_SECONDS)
        if awaited:
            raise CommandError(
                f"not yet after {PATIENCE_SECONDS:.0f} s: {', '.join(awaited)}; see the logs of gateway and worker"
            )

    def _send(self, method: Callable[..., Awaitable[T]], request: object) -> Awaitable[T]:
        return method(request, metadata=self._metadata, timeout=CALL_SECONDS)


def _failed(request: object, error: grpc.aio.AioRpcError) -> CommandError:
    return CommandError(f"{type(request).__name__.removesuffix('Request')} failed: {explained(error)}")


def _milliseconds_since(started: float) -> float:
    return (time.monotonic() - started) * 1000
