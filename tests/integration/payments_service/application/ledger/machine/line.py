"""Calls as bytes, because a repeat must get the very same ones."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.message import Message
from payments_api.v1 import ledger_service_pb2 as pb

from tests.integration.payments_service.application.house import Failure, read_failure
from tests.integration.payments_service.application.ledger.teller import Teller

SERVICE = "payments_api.v1.LedgerService"


@dataclass(frozen=True)
class Answer:
    """A reply as bytes, or an error; and whether it was marked as one of an earlier call."""

    method: str
    raw: bytes
    failure: Failure | None
    replayed: bool

    @property
    def reply(self) -> Any:
        assert self.failure is None, (self.method, self.failure)
        return getattr(pb, f"{self.method}Response").FromString(self.raw)

    @property
    def reason(self) -> str:
        return self.failure.reason if self.failure else ""


@dataclass
class Line:
    """A caller that waits for each of its calls."""

    loop: asyncio.AbstractEventLoop
    teller: Teller

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    def ask(self, method: str, request: Message) -> Answer:
        return self.run(self._ask(method, request))  # type: ignore[no-any-return]  # of `_ask`

    async def _ask(self, method: str, request: Message) -> Answer:
        stub = self.teller.channel.unary_unary(f"/{SERVICE}/{method}", bytes, bytes)
        call = stub(request.SerializeToString(), metadata=self.teller.metadata)
        try:
            raw = await call
        except grpc.aio.AioRpcError as error:
            failure = read_failure(error)
            return Answer(method, b"", failure, failure.replayed)
        trailing = dict(await call.trailing_metadata() or ())
        return Answer(method, raw, None, trailing.get("idempotent-replay") == "true")
