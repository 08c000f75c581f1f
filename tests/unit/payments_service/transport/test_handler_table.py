"""Handlers and methods match, both ways, or the server does not start."""

import pytest

from payments_service.transport.handler_table import bind
from payments_service.transport.methods import MethodTableError

REPORTS = "payments_api.v1.ReportingService"


class Complete:
    async def get_stripe_balance(self, request: object, call: object) -> None: ...

    async def get_trial_balance(self, request: object, call: object) -> None: ...

    async def _helper(self) -> None: ...

    def describe(self) -> None: ...


class Incomplete:
    async def get_stripe_balance(self, request: object, call: object) -> None: ...

    def get_trial_balance(self, request: object, call: object) -> None: ...


class Misspelt(Complete):
    async def get_trial_balances(self, request: object, call: object) -> None: ...


def test_each_method_gets_its_handler() -> None:
    handlers = Complete()
    bound = {method.name: handler for method, handler in bind({REPORTS: handlers})}
    assert bound == {"GetStripeBalance": handlers.get_stripe_balance, "GetTrialBalance": handlers.get_trial_balance}


@pytest.mark.parametrize(
    ("services", "complaint"),
    [
        ({REPORTS: Incomplete()}, f"{REPORTS}: Incomplete has no coroutine get_trial_balance"),
        ({REPORTS: Misspelt()}, f"{REPORTS}: Misspelt.get_trial_balances is no method of the service"),
        ({"payments_api.v1.Reports": Complete()}, "payments_api.v1.Reports: no such service"),
    ],
    ids=["method without coroutine", "coroutine without method", "unknown service"],
)
def test_a_mismatch_stops_the_start(services: dict[str, object], complaint: str) -> None:
    with pytest.raises(MethodTableError, match=complaint):
        list(bind(services))
