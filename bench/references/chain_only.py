"""The service's server with all of its interceptors, and handlers that answer at once with a constant.

What lies between this and the no-op is the chain: authentication, validation, metrics, the log. What lies between this
and the service is the use case with its database. `python -m bench.references.chain_only serve`, as `payments serve`.
"""

import sys
from collections.abc import Mapping
from typing import Any

from google.protobuf.message import Message
from payments_api.v1 import ledger_pb2, ledger_service_pb2, money_pb2

from payments_service.cli.lifeline import hold_lifeline
from payments_service.config import Settings, load_settings
from payments_service.transport.call import Call
from payments_service.transport.handler_table import service_descriptor
from payments_service.transport.methods import Method, methods_of
from payments_service.transport.serving import serve

_SERVICE = "payments_api.v1.LedgerService"
_ZERO = money_pb2.Money(amount_minor=0, currency_code="usd")
_BALANCE = ledger_service_pb2.GetBalanceResponse(
    balance=ledger_pb2.Balance(
        ledger_account_id="la_" + "0" * 26,
        code="bench:000001:usd",
        kind=ledger_pb2.LEDGER_ACCOUNT_KIND_LIABILITY,
        posted=_ZERO,
        pending_out=_ZERO,
        pending_in=_ZERO,
        available=_ZERO,
        version=1,
    )
)


def _constant(method: Method) -> Any:  # noqa: ANN401 - a handler of any method
    reply: Message = _BALANCE if method.name == "GetBalance" else method.response_class()

    async def answer(_handlers: object, _request: Message, _call: Call) -> Message:
        return reply

    return answer


class _Application:
    """A ledger service without a ledger (`transport.application.Application`)."""

    @property
    def services(self) -> Mapping[str, object]:
        methods = methods_of([service_descriptor(_SERVICE)])
        handlers = type("ConstantHandlers", (), {method.handler_name: _constant(method) for method in methods})
        return {_SERVICE: handlers()}

    async def probe(self) -> bool:
        return True

    def drain(self) -> None:
        """Nobody waits for anything."""

    async def close(self) -> None:
        """There is nothing to close."""


async def build(_: Settings) -> _Application:
    """The application factory."""
    return _Application()


def main() -> int:
    """Serve until a signal or the end of the lifeline; returns the exit code."""
    settings = load_settings()
    hold_lifeline(settings)
    # By its full name: server processes look the factory up again, and there this module is not `__main__`.
    build.__module__ = "bench.references.chain_only"
    return serve(settings, build)


if __name__ == "__main__":
    sys.exit(main())
