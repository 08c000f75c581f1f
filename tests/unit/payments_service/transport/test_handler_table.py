"""Handlers and methods match, both ways, or the server does not start."""

import pytest

from payments_service.transport.handler_table import bind
from payments_service.transport.methods import MethodTableError

LEDGER = "payments_api.v1.LedgerService"


class Complete:
    async def get_balance(self, request: object, call: object) -> None: ...

    async def list_entries(self, request: object, call: object) -> None: ...

    async def _helper(self) -> None: ...

    def describe(self) -> None: ...


class Incomplete:
    async def get_balance(self, request: object, call: object) -> None: ...

    def list_entries(self, request: object, call: object) -> None: ...


class Misspelt(Complete):
    async def get_balances(self, request: object, call: object) -> None: ...


def test_each_method_gets_its_handler() -> None:
    handlers = Complete()
    bound = {method.name: handler for method, handler in bind({LEDGER: handlers})}
    assert bound == {"GetBalance": handlers.get_balance, "ListEntries": handlers.list_entries}


@pytest.mark.parametrize(
    ("services", "complaint"),
    [
        ({LEDGER: Incomplete()}, f"{LEDGER}: Incomplete has no coroutine list_entries"),
        ({LEDGER: Misspelt()}, f"{LEDGER}: Misspelt.get_balances is no method of the service"),
        ({"payments_api.v1.Ledger": Complete()}, "payments_api.v1.Ledger: no such service"),
    ],
    ids=["method without coroutine", "coroutine without method", "unknown service"],
)
def test_a_mismatch_stops_the_start(services: dict[str, object], complaint: str) -> None:
    with pytest.raises(MethodTableError, match=complaint):
        list(bind(services))
