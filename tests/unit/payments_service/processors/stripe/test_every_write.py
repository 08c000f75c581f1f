"""Every write passes our own idempotency key: there is one way out to Stripe, and it does not let one pass without."""

import ast
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import stripe

import payments_service
from payments_service.application.operations.model import Answered, StripeCall, Unknown
from payments_service.application.stripe import CreateIntent, CreateStripeAccount
from payments_service.domain.money import Money
from payments_service.processors.stripe import client as client_module
from payments_service.processors.stripe import requests
from payments_service.processors.stripe.client import StripeClient, StripeSettings
from tests.unit.payments_service.domain.samples import a_payment, a_refund, an_account

PACKAGE = Path(payments_service.__file__).parent
SETTINGS = StripeSettings("sk_test_unit", "http://127.0.0.1:9", timeout_seconds=5.0, attempts_max=3)
WRITES = {
    "create_intent": requests.create_intent(CreateIntent(a_payment(), "op_1", "pm_1", confirm=True, return_url="")),
    "confirm_intent": requests.confirm_intent("pi_1", "pm_1", ""),
    "capture_intent": requests.capture_intent("pi_1", Money(1, "usd"), None),
    "cancel_intent": requests.cancel_intent("pi_1", ""),
    "create_refund": requests.create_refund(a_refund(), "pi_1", "op_1"),
    "create_account": requests.create_account(CreateStripeAccount(an_account(), "op_1")),
}


class Wire:
    """What leaves for Stripe, and the answers to it: an exception is raised, anything else is the body."""

    def __init__(self) -> None:
        self.exchanges: list[tuple[str, str, dict[str, Any]]] = []
        self.answers: list[object] = []
        self.headers: dict[str, str] = {}

    async def raw_request_async(self, method: str, path: str, **given: Any) -> SimpleNamespace:
        self.exchanges.append((method, path, given))
        answer = self.answers.pop(0) if self.answers else {"id": "x_1"}
        if isinstance(answer, Exception):
            raise answer
        return SimpleNamespace(data=answer, headers=self.headers)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def client(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StripeClient]:
    monkeypatch.setattr(client_module, "_pause", lambda *_: 0.0)
    one = StripeClient(SETTINGS)
    monkeypatch.setattr(one, "_stripe", wire)
    yield one
    await one.close()


def modules_with(pattern: str) -> list[str]:
    """Modules of the service in whose text the pattern is found."""
    found = re.compile(pattern, re.MULTILINE)
    return [
        path.relative_to(PACKAGE).as_posix() for path in sorted(PACKAGE.rglob("*.py")) if found.search(path.read_text())
    ]


def test_only_one_module_talks_to_stripe() -> None:
    importing = modules_with(r"^\s*(import|from) stripe\b")
    assert importing == ["processors/stripe/client.py", "processors/stripe/errors.py"]
    assert modules_with(r"\braw_request") == ["processors/stripe/client.py"]
    assert modules_with(r"\bstripe\.StripeClient\(") == ["processors/stripe/client.py"]


def test_every_request_that_is_built_here_is_tested_here() -> None:
    tree = ast.parse((PACKAGE / "processors" / "stripe" / "requests.py").read_text())
    built = {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")}
    assert built == WRITES.keys()


@pytest.mark.parametrize("name", WRITES)
async def test_a_write_passes_our_key(client: StripeClient, wire: Wire, name: str) -> None:
    call = WRITES[name]

    assert await client.send(call, "key_1") == Answered({"id": "x_1"})

    assert call.method == "post"
    assert wire.exchanges == [("post", call.path, {**call.params, "idempotency_key": "key_1"})]


@pytest.mark.parametrize("name", WRITES)
async def test_every_attempt_passes_the_same_key_and_parameters(client: StripeClient, wire: Wire, name: str) -> None:
    wire.answers = [_broken(httpx.ReadError("reset")), _failed(500), _failed(409)]

    assert isinstance(await client.send(WRITES[name], "key_1"), Unknown)

    assert len(wire.exchanges) == SETTINGS.attempts_max
    assert all(exchange == wire.exchanges[0] for exchange in wire.exchanges)
    assert wire.exchanges[0][2]["idempotency_key"] == "key_1"


async def test_a_call_for_a_connected_account_names_it(client: StripeClient, wire: Wire) -> None:
    await client.send(StripeCall("post", "/v1/payouts", {"amount": 1}, "acct_1"), "key_1")
    await client.read("/v1/balance", {}, "acct_1")

    assert [given["stripe_account"] for _, _, given in wire.exchanges] == ["acct_1", "acct_1"]


async def test_what_goes_without_a_key_only_reads(client: StripeClient, wire: Wire) -> None:
    await client.read("/v1/refunds/re_1", {"expand": ["charge"]})

    assert wire.exchanges == [("get", "/v1/refunds/re_1", {"expand": ["charge"]})]


def _broken(cause: Exception) -> stripe.APIConnectionError:
    """How stripe-python tells that a connection broke."""
    error = stripe.APIConnectionError("broken")  # type: ignore[no-untyped-call]  # the library leaves it untyped
    error.__cause__ = cause
    return error


def _failed(status: int) -> stripe.APIError:
    return stripe.APIError("failed", http_status=status)


@pytest.mark.parametrize(
    ("headers", "time"),
    [
        ({"date": "Fri, 20 Nov 2026 12:00:00 GMT"}, datetime(2026, 11, 20, 12, tzinfo=UTC)),
        ({"date": "yesterday"}, None),
        ({}, None),
    ],
)
async def test_an_answer_has_the_time_of_stripes_clock(
    client: StripeClient, wire: Wire, headers: dict[str, str], time: datetime | None
) -> None:
    wire.headers = headers
    answer = await client.read_answer("/v1/events", {})
    assert answer is not None
    assert answer.stripe_time == time
