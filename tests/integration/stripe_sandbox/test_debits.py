"""Direct debits: the bank answers later, and may take the money back."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.integration.stripe_sandbox.harness import (
    Figure,
    check_books,
    control,
    figures,
    sandbox_with,
    types_of_events,
)

INTENTS = "/v1/payment_intents"
PAID: Figure = ("payment", 10_000, 80, 9_920, "py")
RETURNED: Figure = ("payment_failure_refund", -10_000, 0, -10_000, "py")
BEGUN = ["payment_intent.created", "payment_intent.processing", "charge.pending"]
SUCCEEDED = ["charge.succeeded", "payment_intent.succeeded"]
FAILED = ["charge.failed", "payment_intent.payment_failed"]


@pytest.fixture
async def raw() -> AsyncIterator[httpx.AsyncClient]:
    """A sandbox whose time moves only when it is told to."""
    async with sandbox_with() as client:
        yield client


async def debit(raw: httpx.AsyncClient, form: dict[str, str], token: str, **fields: str) -> dict[str, Any]:
    currency = "eur" if token.endswith("_de") else "usd"
    data = {**form, "payment_method": token, "currency": currency, **fields}
    reply = await raw.post(INTENTS, data=data)
    assert reply.status_code == 200, reply.text
    intent: dict[str, Any] = reply.json()
    return intent


async def charge_of(raw: httpx.AsyncClient, intent: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = (await raw.get(f"/v1/charges/{intent['latest_charge']}")).json()
    return shown


@pytest.mark.parametrize(
    ("token", "wait_s", "failure"),
    [
        ("pm_usBankAccount_success", 1, None),
        ("pm_usBankAccount_accountClosed", 1, "account_closed"),
        ("pm_usBankAccount_noAccount", 1, "no_account"),
        ("pm_usBankAccount_insufficientFunds", 1, "insufficient_funds"),
        ("pm_usBankAccount_debitNotAuthorized", 1, "debit_not_authorized"),
        ("pm_success_de", 1, None),
        ("pm_successDelayed_de", 180, None),
        ("pm_failed_de", 1, "generic_decline"),
        ("pm_failedDelayed_de", 180, "generic_decline"),
        ("pm_insufficientFunds_de", 1, "insufficient_funds"),
    ],
)
async def test_a_debit_is_processing_until_the_bank_answers(
    raw: httpx.AsyncClient, form: dict[str, str], token: str, wait_s: int, failure: str | None
) -> None:
    begun = await debit(raw, form, token)
    assert (begun["status"], begun["amount_received"]) == ("processing", 0)
    pending = await charge_of(raw, begun)
    assert (pending["status"], pending["paid"], pending["balance_transaction"]) == ("pending", False, None)
    assert await figures(raw) == []
    await control(raw, "clock/advance", seconds=wait_s)
    intent, charge = (await raw.get(f"{INTENTS}/{begun['id']}")).json(), await charge_of(raw, begun)
    if failure is None:
        assert (intent["status"], charge["status"], charge["paid"]) == ("succeeded", "succeeded", True)
        assert await figures(raw) == [PAID]
    else:
        assert (intent["status"], charge["status"]) == ("requires_payment_method", "failed")
        assert (intent["last_payment_error"]["code"], charge["failure_code"]) == (failure, failure)
        assert await figures(raw) == []
    assert await types_of_events(raw) == [*BEGUN, *(SUCCEEDED if failure is None else FAILED)]
    (event,) = (await raw.get("/v1/events", params={"type": "payment_intent.processing"})).json()["data"]
    assert event["data"]["object"]["status"] == "processing"


@pytest.mark.parametrize(
    ("answers", "status", "booked", "events"),
    [
        ([], "processing", [], []),
        (["succeed"], "succeeded", [PAID], SUCCEEDED),
        (["fail"], "requires_payment_method", [], FAILED),
        (["succeed", "return"], "succeeded", [PAID, RETURNED], [*SUCCEEDED, "charge.failed"]),
    ],
)
async def test_a_debit_that_stays_pending_is_answered_by_control(
    raw: httpx.AsyncClient,
    form: dict[str, str],
    answers: list[str],
    status: str,
    booked: list[Figure],
    events: list[str],
) -> None:
    begun = await debit(raw, form, "pm_usBankAccount_processing")
    for answer in answers:
        if answer == "return":
            await control(raw, f"charges/{begun['latest_charge']}/return", failure_code="no_account")
        else:
            await control(raw, f"payment_intents/{begun['id']}/clear", outcome=answer)
    await control(raw, "clock/advance", seconds=20 * 86_400)
    assert (await raw.get(f"{INTENTS}/{begun['id']}")).json()["status"] == status
    assert await figures(raw) == booked
    told = [kind for kind in await types_of_events(raw) if kind != "balance.available"]
    assert told == [*BEGUN, *events]
    charge = await charge_of(raw, begun)
    if "return" in answers:
        returned = (await check_books(raw))[-1]
        assert (charge["status"], charge["failure_code"], charge["paid"]) == ("failed", "no_account", False)
        assert charge["failure_balance_transaction"] == returned["id"]


@pytest.mark.parametrize(
    ("token", "booked"),
    [("pm_usBankAccount_success", [PAID]), ("pm_usBankAccount_noAccount", [PAID, RETURNED])],
)
async def test_a_debit_may_be_booked_while_it_is_pending(
    form: dict[str, str], token: str, booked: list[Figure]
) -> None:
    async with sandbox_with(debit_booked="pending") as raw:
        begun = await debit(raw, form, token)
        assert (await charge_of(raw, begun))["balance_transaction"] is not None
        assert await figures(raw) == [PAID]
        await control(raw, "clock/advance", seconds=1)
        assert await figures(raw) == booked
        await check_books(raw)


async def test_after_a_failure_another_method_pays(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    begun = await debit(raw, form, "pm_usBankAccount_insufficientFunds")
    await control(raw, "clock/advance", seconds=1)
    await raw.post(f"{INTENTS}/{begun['id']}/confirm", data={"payment_method": "pm_card_visa"})
    assert await figures(raw) == [("charge", 10_000, 320, 9_680, "ch")]


async def test_a_debit_for_a_seller_is_passed_on_when_it_succeeds(
    raw: httpx.AsyncClient, marketplace: dict[str, str], creator: str
) -> None:
    await debit(raw, marketplace, "pm_usBankAccount_success")
    assert (await figures(raw), await figures(raw, creator)) == ([], [])
    await control(raw, "clock/advance", seconds=1)
    assert await figures(raw) == [
        PAID,
        ("transfer", -10_000, 0, -10_000, "tr"),
        ("application_fee", 1_000, 0, 1_000, "fee"),
    ]
    assert await figures(raw, creator) == [("payment", 10_000, 1_000, 9_000, "py")]


async def test_a_debit_is_refunded_as_a_payment(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    begun = await debit(raw, form, "pm_usBankAccount_success")
    early = await raw.post("/v1/refunds", data={"payment_intent": begun["id"]})
    assert early.json()["error"]["code"] == "charge_not_refundable"
    await control(raw, "clock/advance", seconds=1)
    refund = (await raw.post("/v1/refunds", data={"payment_intent": begun["id"], "amount": "4000"})).json()
    assert (refund["id"][:4], refund["destination_details"]) == ("pyr_", None)
    assert await figures(raw) == [PAID, ("payment_refund", -4_000, 0, -4_000, "pyr")]
    await control(raw, f"refunds/{refund['id']}/fail")
    assert (await figures(raw))[-1] == ("refund_failure", 4_000, 0, 4_000, "pyr")


async def test_a_customer_may_dispute_a_debit(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    for token in ("pm_usBankAccount_dispute", "pm_disputed_de"):
        await debit(raw, form, token)
    await control(raw, "clock/advance", seconds=1)
    disputes = (await raw.get("/v1/disputes")).json()["data"]
    assert [(one["reason"], one["payment_method_details"]) for one in disputes] == [("debit_not_authorized", None)] * 2
    assert sorted(await figures(raw)) == sorted(
        [
            PAID,
            PAID,
            ("adjustment", -10_000, 1_500, -11_500, "du"),
            ("adjustment", -10_000, 2_000, -12_000, "du"),
        ]
    )


async def test_a_debit_shows_the_mandate_that_allows_it(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    consent = {"mandate_data[customer_acceptance][type]": "offline"}
    begun = await debit(raw, form, "pm_usBankAccount_success", **consent)
    mandate = (await charge_of(raw, begun))["payment_method_details"]["us_bank_account"]["mandate"]
    assert (await raw.get(f"/v1/mandates/{mandate}")).json()["payment_method"] == begun["payment_method"]
    again = (await raw.post(INTENTS, data={**form, "payment_method": begun["payment_method"]})).json()
    assert (await charge_of(raw, again))["payment_method_details"]["us_bank_account"]["mandate"] == mandate


async def test_bank_accounts_by_number_are_payment_methods(raw: httpx.AsyncClient) -> None:
    ach = {
        "type": "us_bank_account",
        "us_bank_account[account_number]": "000123456789",
        "us_bank_account[routing_number]": "110000000",
        "us_bank_account[account_holder_type]": "company",
    }
    method = (await raw.post("/v1/payment_methods", data=ach)).json()
    shown = method["us_bank_account"]
    assert (shown["last4"], shown["account_holder_type"], shown["bank_name"]) == ("6789", "company", "STRIPE TEST BANK")
    assert "card" not in method
    sepa = {"type": "sepa_debit", "sepa_debit[iban]": "DE89 3704 0044 0532 0130 00"}
    method = (await raw.post("/v1/payment_methods", data=sepa)).json()
    assert (method["sepa_debit"]["country"], method["sepa_debit"]["last4"]) == ("DE", "3000")
    for wrong in ({**sepa, "sepa_debit[iban]": "FR7630006000011234567890189"}, {"type": "sepa_debit"}):
        assert (await raw.post("/v1/payment_methods", data=wrong)).status_code == 400


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"currency": "eur"}, "The currency eur is not supported by us_bank_account"),
        ({"capture_method": "manual"}, "The payment method type us_bank_account does not support manual capture"),
        ({"allowed_payment_method_types[]": "card"}, "The PaymentMethod provided (us_bank_account) is not allowed"),
    ],
)
async def test_not_every_payment_can_be_debited(
    raw: httpx.AsyncClient, form: dict[str, str], fields: dict[str, str], says: str
) -> None:
    reply = await raw.post(INTENTS, data={**form, "payment_method": "pm_usBankAccount_success", **fields})
    assert (reply.status_code, reply.json()["error"]["message"][: len(says)]) == (400, says)


async def test_control_answers_only_what_is_open(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    paid = (await raw.post(INTENTS, data=form)).json()
    processing = await debit(raw, form, "pm_usBankAccount_processing")
    assert (await raw.post(f"{INTENTS}/{processing['id']}/cancel")).status_code == 400
    for path, command, says in (
        (f"payment_intents/{paid['id']}/clear", {"outcome": "succeed"}, "is succeeded: no bank has to answer it"),
        (f"charges/{paid['latest_charge']}/return", {}, "is no direct debit that has succeeded"),
        (f"charges/{processing['latest_charge']}/return", {}, "is no direct debit that has succeeded"),
    ):
        reply = await raw.post(f"/_sandbox/{path}", json=command)
        assert (reply.status_code, says in reply.text) == (400, True)
    await control(raw, f"payment_intents/{processing['id']}/clear", outcome="succeed")
    await raw.post("/v1/refunds", data={"payment_intent": processing["id"], "amount": "1"})
    reply = await raw.post(f"/_sandbox/charges/{processing['latest_charge']}/return")
    assert (reply.status_code, "has been refunded or disputed" in reply.text) == (400, True)
