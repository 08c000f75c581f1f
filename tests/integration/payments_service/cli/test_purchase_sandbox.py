"""What the command line asks the sandbox directly, and tells it."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from payments_service.cli.errors import CommandError
from payments_service.cli.purchase.sandbox import Sandbox, is_sandbox, point_webhooks_at
from stripe_sandbox.runner import SandboxServer
from stripe_sandbox.settings import SandboxSettings

KEY = "sk_test_command_line"


@pytest.fixture
async def base() -> AsyncIterator[str]:
    settings = SandboxSettings(address="127.0.0.1:0", api_keys=KEY, capture_delay_ms=0, log_level="warning")  # type: ignore[arg-type]  # as the environment gives it
    async with SandboxServer(settings) as server:
        yield server.url


async def test_both_endpoints_of_a_running_sandbox_are_set_each_for_its_own_events(base: str) -> None:
    assert await is_sandbox(base)
    await point_webhooks_at(base, "http://127.0.0.1:1/stripe/webhook", "whsec_1", connect=False)
    await point_webhooks_at(base, "http://127.0.0.1:1/stripe/connect/webhook", "whsec_2", connect=True)
    async with httpx.AsyncClient(base_url=base, trust_env=False, verify=False) as client:
        state = (await client.get("/_sandbox/state")).json()
    told = {(endpoint["url"], endpoint["secret"]) for endpoint in state["webhooks"]["endpoints"]}
    assert told == {
        ("http://127.0.0.1:1/stripe/webhook", "whsec_1"),
        ("http://127.0.0.1:1/stripe/connect/webhook", "whsec_2"),
    }


async def test_the_balance_transactions_of_a_refunded_purchase_are_found_on_both_sides(base: str) -> None:
    sandbox = Sandbox(base, KEY)
    seller = await _post(
        base, "accounts", type="express", country="US", **{"capabilities[transfers][requested]": "true"}
    )
    await sandbox.complete_onboarding(seller["id"])
    intent = await _post(
        base,
        "payment_intents",
        amount="10000",
        currency="usd",
        confirm="true",
        payment_method="pm_card_visa",
        application_fee_amount="1000",
        return_url="https://shop.example",
        **{"transfer_data[destination]": seller["id"], "capture_method": "automatic"},
    )
    charge = await _get(base, f"charges/{intent['latest_charge']}")
    refund = await _post(
        base, "refunds", charge=charge["id"], amount="4000", reverse_transfer="true", refund_application_fee="true"
    )
    found = await sandbox.bookings(
        [charge["id"], "", charge["transfer"]],
        charge["application_fee"],
        [refund["id"], refund["transfer_reversal"]],
        seller["id"],
    )
    assert [(booking.type, booking.net_minor, booking.of_seller) for booking in found] == [
        ("charge", 9_680, False),
        ("transfer", -10_000, False),
        ("application_fee", 1_000, False),
        ("refund", -4_000, False),
        ("transfer_refund", 4_000, False),
        ("application_fee_refund", -400, False),
        ("payment", 9_000, True),
        ("payment_refund", -3_600, True),
    ]
    assert await sandbox.balance() == {"usd": 280}
    assert await sandbox.balance(seller["id"]) == {"usd": 5_400}


async def test_before_there_is_a_fee_nothing_is_looked_up_by_it(base: str) -> None:
    seller = await _post(base, "accounts", type="express", country="US")
    assert await Sandbox(base, KEY).bookings(["", ""], "", [], seller["id"]) == ()


async def test_what_the_sandbox_refuses_is_said_in_a_line(base: str) -> None:
    with pytest.raises(CommandError, match=r"does not onboard acct_unknown: HTTP 404; is it the one that this service"):
        await Sandbox(base, KEY).complete_onboarding("acct_unknown")
    with pytest.raises(CommandError, match=r"/v1/balance does not answer as Stripe does: HTTP 401$"):
        await Sandbox(base, "sk_test_somebody_elses").balance()


async def _post(base: str, resource: str, **fields: str) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=base, auth=(KEY, ""), trust_env=False, verify=False) as client:
        answer = await client.post(f"/v1/{resource}", data=fields)
    answer.raise_for_status()
    body: dict[str, Any] = answer.json()
    return body


async def _get(base: str, path: str) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=base, auth=(KEY, ""), trust_env=False, verify=False) as client:
        answer = await client.get(f"/v1/{path}")
    answer.raise_for_status()
    body: dict[str, Any] = answer.json()
    return body
