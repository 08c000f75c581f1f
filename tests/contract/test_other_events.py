"""Events that the Stripe CLI cannot trigger, made by requests to the sandbox: the service is done with them too."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from payments_service.application.events.effects import EFFECTS
from tests.contract.triggers import TRIGGERS
from tests.e2e.caller import Caller
from tests.e2e.stack import Stack
from tests.e2e.stripe import API_KEY
from tests.e2e.waiting import until

pytestmark = pytest.mark.xdist_group("contract")

PAY = {
    "amount": "5000",
    "currency": "usd",
    "confirm": "true",
    "capture_method": "automatic",
    "payment_method": "pm_card_bypassPending",
    "automatic_payment_methods[enabled]": "true",
    "automatic_payment_methods[allow_redirects]": "never",
}
BANK = {
    "external_account[object]": "bank_account",
    "external_account[account_number]": "000123456789",
    "external_account[country]": "US",
    "external_account[currency]": "usd",
}

MADE_LATER = frozenset(
    {
        "charge.expired",
        "customer.subscription.pending_update_expired",
        "invoice.upcoming",
        "radar.early_fraud_warning.updated",
        "reserve.plan.expired",
        "reserve.plan.updated",
    }
)
"""What comes after days, or by changes for which there is no request: the service's clock cannot be moved along."""


class Sandbox:
    """Requests that must succeed, to the API and to the controls."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def do(self, method: str, path: str, account: str = "", **form: str) -> dict[str, Any]:
        headers = {"stripe-account": account} if account else {}
        reply = await self._http.request(method, path, data=form, headers=headers, auth=(API_KEY, ""))
        assert reply.is_success, reply.text
        shown: dict[str, Any] = reply.json()
        return shown

    async def post(self, path: str, account: str = "", **form: str) -> dict[str, Any]:
        return await self.do("POST", path, account, **form)

    async def control(self, path: str, **command: object) -> dict[str, Any]:
        reply = await self._http.post(f"/_sandbox{path}", json=command)
        assert reply.is_success, reply.text
        shown: dict[str, Any] = reply.json()
        return shown

    async def charge(self, **form: str) -> dict[str, Any]:
        intent = await self.post("/v1/payment_intents", **{**PAY, **form, "expand[]": "latest_charge"})
        charge: dict[str, Any] = intent["latest_charge"]
        return charge

    async def account(self) -> str:
        made = await self.post("/v1/accounts", type="express", country="US")
        await self.control(f"/accounts/{made['id']}/complete_onboarding")
        return str(made["id"])

    async def customer(self, card: str = "pm_card_visa") -> dict[str, Any]:
        form = {"payment_method": card, "invoice_settings[default_payment_method]": card}
        return await self.post("/v1/customers", **form)


async def connected_accounts(at: Sandbox) -> None:
    """Parts of accounts, OAuth, fees and how accounts are paid out."""
    account = await at.account()
    people, banks = f"/v1/accounts/{account}/persons", f"/v1/accounts/{account}/external_accounts"
    person = await at.post(people, first_name="Jo")
    await at.post(f"{people}/{person['id']}", last_name="Doe")
    await at.do("DELETE", f"{people}/{person['id']}")
    bank = await at.post(banks, **BANK)
    await at.post(f"{banks}/{bank['id']}", account_holder_name="Jo")
    await at.do("DELETE", f"{banks}/{bank['id']}")
    await at.post("/v1/balance_settings", account, **{"payments[payouts][statement_descriptor]": "SONGS"})
    terms = {"transfer_data[destination]": account, "application_fee_amount": "500"}
    charge = await at.charge(**terms)
    back = {"reverse_transfer": "true", "refund_application_fee": "true"}
    await at.post("/v1/refunds", charge=charge["id"], amount="100", **back)
    granted = await at.control("/oauth/authorize")
    await at.post("/oauth/token", grant_type="authorization_code", code=granted["code"])


async def money(at: Sandbox) -> None:
    """Disputes, doubts, payouts, top-ups, refunds and reserves as banks and Stripe decide them."""
    charge = await at.charge()
    dispute = await at.control(f"/charges/{charge['id']}/dispute")
    await at.control(f"/disputes/{dispute['id']}/decide", outcome="won")
    doubted = await at.charge()
    await at.control(f"/charges/{doubted['id']}/early_fraud_warning")
    review = await at.control(f"/charges/{doubted['id']}/review")
    await at.control(f"/reviews/{review['id']}/close", reason="approved")
    refund = await at.post("/v1/refunds", charge=doubted["id"], amount="100")
    await at.control(f"/refunds/{refund['id']}/fail")
    platform = (await at.do("GET", "/v1/account"))["id"]
    await at.control(f"/accounts/{platform}/pay_out")
    await at.charge()
    for action in ("cancel", "pay", "fail"):
        payout = await at.post("/v1/payouts", amount="100", currency="usd")
        if action == "cancel":
            await at.post(f"/v1/payouts/{payout['id']}/cancel")
        else:
            await at.control(f"/payouts/{payout['id']}/{action}")
    for actions in (("fail",), ("succeed", "reverse")):
        topup = await at.post("/v1/topups", amount="2000", currency="usd")
        for action in actions:
            await at.control(f"/topups/{topup['id']}/{action}")
    topup = await at.post("/v1/topups", amount="2000", currency="usd")
    await at.post(f"/v1/topups/{topup['id']}/cancel")
    hold = await at.control(f"/accounts/{platform}/reserve", amount=300)
    await at.control(f"/reserve_holds/{hold['id']}/release", amount=300)
    plan = await at.control(f"/accounts/{platform}/reserve_plan", percent=10, days=90)
    await at.control(f"/reserve_plans/{plan['id']}/disable")


async def billing(at: Sandbox) -> None:
    """Subscriptions that resume and change once they are paid, invoices that become overdue, prices that go."""
    customer = await at.customer()
    plan = {"currency": "usd", "interval": "month", "amount": "900", "product[name]": "Fan club"}
    price = (await at.post("/v1/plans", **plan))["id"]
    one = {"customer": customer["id"], "items[0][price]": price}
    subscription = await at.post("/v1/subscriptions", **one)
    path = f"/v1/subscriptions/{subscription['id']}"
    failing = await at.post("/v1/payment_methods/pm_card_chargeCustomerFail/attach", customer=customer["id"])
    await at.post(path, default_payment_method=failing["id"])
    change = {
        "items[0][id]": subscription["items"]["data"][0]["id"],
        "items[0][quantity]": "2",
        "payment_behavior": "pending_if_incomplete",
        "proration_behavior": "always_invoice",
    }
    held = await at.post(path, **change)
    card = customer["invoice_settings"]["default_payment_method"]
    await at.post(f"/v1/invoices/{held['latest_invoice']}/pay", payment_method=card)
    nobody = (await at.post("/v1/customers"))["id"]
    trial = {"trial_period_days": "7", "trial_settings[end_behavior][missing_payment_method]": "pause"}
    paused = await at.post("/v1/subscriptions", **{**one, "customer": nobody, **trial})
    await at.post(f"/v1/subscriptions/{paused['id']}", trial_end="now")
    method = await at.post("/v1/payment_methods/pm_card_visa/attach", customer=nobody)
    await at.post(f"/v1/subscriptions/{paused['id']}", default_payment_method=method["id"])
    await at.post(f"/v1/subscriptions/{paused['id']}/resume")
    await at.post("/v1/invoiceitems", customer=nobody, amount="700", currency="usd")
    sent = {"collection_method": "send_invoice", "due_date": str(int(time.time()) + 2)}
    take = {"pending_invoice_items_behavior": "include"}
    invoice = await at.post("/v1/invoices", customer=nobody, **sent, **take)
    await at.post(f"/v1/invoices/{invoice['id']}/finalize")
    unused = (await at.post("/v1/plans", **plan))["id"]
    await at.do("DELETE", f"/v1/plans/{unused}")


async def saved_and_shown(at: Sandbox) -> None:
    """Cards that banks issue anew, mandates that end, bank accounts that customers show, reports that fail."""
    customer = await at.customer()
    card = customer["invoice_settings"]["default_payment_method"]
    await at.control(f"/payment_methods/{card}/automatically_update", exp_year=2040)
    setup = {name: value for name, value in PAY.items() if name.startswith("automatic") or name == "confirm"}
    consent = {"mandate_data[customer_acceptance][type]": "offline", "payment_method": "pm_card_visa"}
    intent = await at.post("/v1/setup_intents", **setup, **consent, customer=customer["id"])
    await at.control(f"/mandates/{intent['mandate']}/end")
    holder = {"account_holder[type]": "customer", "account_holder[customer]": customer["id"]}
    session = await at.post("/v1/financial_connections/sessions", **holder, **{"permissions[]": "balances"})
    shown = await at.control(f"/financial_connections/sessions/{session['id']}/complete")
    path = f"/financial_connections/accounts/{shown['id']}"
    features = {"features[0]": "balance", "features[1]": "ownership", "features[2]": "transactions"}
    await at.post(f"/v1{path}/refresh", **features)
    refreshed = "financial_connections.account.refreshed_transactions"

    async def answered() -> bool:
        return bool((await at.do("GET", f"/_sandbox/events?type={refreshed}"))["data"])

    await until(answered)
    for what in (
        "account_numbers_updated",
        "expected_deactivation_date_updated",
        "supported_payment_method_types_updated",
        "upcoming_account_number_expiry",
        "upcoming_deactivation",
    ):
        await at.control(f"{path}/tell", what=what)
    for what in ("deactivated", "reactivated", "disconnected"):
        await at.control(f"{path}/change", what=what)
    run = await at.post("/v1/reporting/report_runs", report_type="balance.summary.1")
    await at.control(f"/reporting/report_runs/{run['id']}/fail")


SCENARIOS: tuple[Callable[[Sandbox], Awaitable[None]], ...] = (connected_accounts, money, billing, saved_and_shown)


async def test_the_service_is_done_with_every_other_event(caller: Caller, stack: Stack) -> None:
    triggered = {kind for trigger in TRIGGERS for kind in trigger.expected}
    wanted = set(EFFECTS) - triggered - MADE_LATER
    async with httpx.AsyncClient(base_url=stack.stripe.base, timeout=20, trust_env=False) as http:
        for scenario in SCENARIOS:
            await scenario(Sandbox(http))

    async def all_made() -> bool:
        found = await stack.stripe.get("/_sandbox/events", limit="100000")
        return wanted <= {event["type"] for event in found["data"]}

    async def all_done() -> bool:
        return await stack.stripe.pending_deliveries() == 0 and not stack.events_in("PENDING")

    async def agrees() -> bool:
        mirrors = await caller.mirrors()
        ledger = {currency: mirrors[currency].ledger.amount_minor for currency in mirrors}
        return ledger == await stack.stripe.balance()

    await until(all_made)
    await until(all_done)
    assert stack.events_in("DEAD") == stack.events_in("REFUSED") == []
    await until(agrees)
