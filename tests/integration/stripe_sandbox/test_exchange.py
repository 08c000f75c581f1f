"""Charges that settle in another currency, Stripe's own fees, and what a partial capture may book."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.integration.stripe_sandbox.harness import (
    Figure,
    acting_for,
    check_books,
    control,
    figures,
    sandbox_with,
    transactions,
)

INTENTS = "/v1/payment_intents"
PLATFORM = "acct_1SandboxPlatform"


@pytest.fixture
async def raw() -> AsyncIterator[httpx.AsyncClient]:
    """A sandbox whose time moves only when it is told to."""
    async with sandbox_with() as client:
        yield client


async def settle_in_usd(raw: httpx.AsyncClient, account: str = PLATFORM, **rates: str) -> None:
    reply = await raw.put(f"/_sandbox/accounts/{account}/exchange_rates", json={"rates": rates})
    assert reply.json() == {"currency": "usd", "rates": rates}


async def pay(raw: httpx.AsyncClient, form: dict[str, str], account: str | None = None) -> dict[str, Any]:
    reply = await raw.post(INTENTS, data={**form, "expand[]": "latest_charge"}, headers=acting_for(account))
    assert reply.status_code == 200, reply.text
    intent: dict[str, Any] = reply.json()
    return intent


@pytest.mark.parametrize(
    ("amount", "currency", "rate", "figure"),
    [
        ("10000", "eur", "1.08", ("charge", 10_800, 343, 10_457, "ch")),
        ("10000", "jpy", "0.0065", ("charge", 6_500, 219, 6_281, "ch")),
        ("12340", "kwd", "3.25", ("charge", 4_011, 146, 3_865, "ch")),
        ("333", "eur", "1.5", ("charge", 500, 45, 455, "ch")),
    ],
)
async def test_a_charge_settles_at_the_rate(
    raw: httpx.AsyncClient, form: dict[str, str], amount: str, currency: str, rate: str, figure: Figure
) -> None:
    await settle_in_usd(raw, **{currency: rate})
    intent = await pay(raw, {**form, "amount": amount, "currency": currency})
    assert (intent["latest_charge"]["amount"], intent["latest_charge"]["currency"]) == (int(amount), currency)
    assert await figures(raw) == [figure]
    (booked,) = await check_books(raw)
    assert (booked["currency"], booked["exchange_rate"]) == ("usd", float(rate))


async def test_refunds_and_disputes_follow_the_rate_of_their_day(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    await settle_in_usd(raw, eur="1.08")
    refunded, disputed = await pay(raw, {**form, "currency": "eur"}), await pay(raw, {**form, "currency": "eur"})
    await settle_in_usd(raw, eur="1.1")
    refund = (await raw.post("/v1/refunds", data={"payment_intent": refunded["id"], "amount": "4000"})).json()
    assert (refund["amount"], refund["currency"]) == (4_000, "eur")
    await control(raw, f"refunds/{refund['id']}/fail")
    dispute = await control(raw, f"charges/{disputed['latest_charge']['id']}/dispute")
    assert (dispute["amount"], dispute["currency"]) == (10_000, "eur")
    await settle_in_usd(raw)
    await control(raw, f"disputes/{dispute['id']}/decide", outcome="won")
    await raw.post("/v1/refunds", data={"payment_intent": refunded["id"]})
    assert (await figures(raw))[2:] == [
        ("refund", -4_400, 0, -4_400, "re"),
        ("refund_failure", 4_400, 0, 4_400, "re"),
        ("adjustment", -11_000, 1_500, -12_500, "du"),
        ("adjustment", 11_000, 0, 11_000, "du"),
        ("refund", -10_800, 0, -10_800, "re"),
    ]
    assert {one["currency"] for one in await check_books(raw)} == {"usd"}


async def test_a_seller_gets_the_converted_amount(
    raw: httpx.AsyncClient, marketplace: dict[str, str], creator: str
) -> None:
    await settle_in_usd(raw, eur="1.08")
    intent = await pay(raw, {**marketplace, "currency": "eur"})
    order = {"payment_intent": intent["id"], "reverse_transfer": "true", "refund_application_fee": "true"}
    await raw.post("/v1/refunds", data=order)
    assert await figures(raw) == [
        ("charge", 10_800, 343, 10_457, "ch"),
        ("transfer", -10_800, 0, -10_800, "tr"),
        ("application_fee", 1_080, 0, 1_080, "fee"),
        ("refund", -10_800, 0, -10_800, "re"),
        ("transfer_refund", 10_800, 0, 10_800, "trr"),
        ("application_fee_refund", -1_080, 0, -1_080, "fr"),
    ]
    assert await figures(raw, creator) == [
        ("payment", 10_800, 1_080, 9_720, "py"),
        ("payment_refund", -10_800, -1_080, -9_720, "pyr"),
    ]
    for account in (None, creator):
        assert {one["currency"] for one in await transactions(raw, account)} == {"usd"}


async def test_a_direct_charge_pays_its_fee_in_what_it_settles_in(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str
) -> None:
    await settle_in_usd(raw, creator, eur="1.08")
    intent = await pay(raw, {**form, "currency": "eur", "application_fee_amount": "1000"}, creator)
    assert intent["latest_charge"]["application_fee_amount"] == 1_000
    refund = {"payment_intent": intent["id"], "amount": "5000", "refund_application_fee": "true"}
    await raw.post("/v1/refunds", data=refund, headers=acting_for(creator))
    assert await figures(raw, creator) == [
        ("charge", 10_800, 1_423, 9_377, "ch"),
        ("refund", -5_400, -540, -4_860, "re"),
    ]
    assert await figures(raw) == [
        ("application_fee", 1_080, 0, 1_080, "fee"),
        ("application_fee_refund", -540, 0, -540, "fr"),
    ]


async def test_a_transfer_takes_the_currency_that_its_charge_settled_in(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str
) -> None:
    await settle_in_usd(raw, eur="1.08")
    charge = (await pay(raw, {**form, "currency": "eur"}))["latest_charge"]
    order = {"destination": creator, "source_transaction": charge["id"]}
    refused = await raw.post("/v1/transfers", data={**order, "currency": "eur"})
    assert "must be the same as the transfer currency" in refused.json()["error"]["message"]
    assert (await raw.post("/v1/transfers", data={**order, "currency": "usd"})).json()["amount"] == 10_800


async def test_stripe_takes_a_fee_of_its_own(raw: httpx.AsyncClient, creator: str) -> None:
    booked = await control(raw, f"accounts/{PLATFORM}/stripe_fee", amount=250, description="Radar")
    assert (booked["source"], booked["reporting_category"], booked["description"]) == (None, "fee", "Radar")
    await control(raw, f"accounts/{creator}/stripe_fee", amount=7, currency="eur")
    for account, figure in ((None, (-250, 0, -250, "usd")), (creator, (-7, 0, -7, "eur"))):
        (one,) = await check_books(raw, account)
        assert one["type"] == "stripe_fee"
        assert (one["amount"], one["fee"], one["net"], one["currency"]) == figure


async def test_some_methods_book_the_whole_and_then_what_was_not_captured(form: dict[str, str]) -> None:
    async with sandbox_with(partial_capture="reversal") as raw:
        intent = await pay(raw, {**form, "capture_method": "manual"})
        captured = await raw.post(f"{INTENTS}/{intent['id']}/capture", data={"amount_to_capture": "6000"})
        assert captured.json()["amount_received"] == 6_000
        await raw.post("/v1/refunds", data={"payment_intent": intent["id"]})
        assert await figures(raw) == [
            ("charge", 10_000, 320, 9_680, "ch"),
            ("partial_capture_reversal", -4_000, -116, -3_884, "ch"),
            ("refund", -6_000, 0, -6_000, "re"),
        ]
        await check_books(raw)


@pytest.mark.parametrize(
    ("path", "command", "status", "says"),
    [
        ("accounts/acct_none/stripe_fee", {"amount": 1}, 404, "no account acct_none"),
        (f"accounts/{PLATFORM}/stripe_fee", {"amount": 1, "currency": "EUR"}, 400, "currency: 'EUR' is no currency"),
        (f"accounts/{PLATFORM}/exchange_rates", {"rates": {"eur": "0"}}, 400, "rates.eur: 0 is no rate"),
        (f"accounts/{PLATFORM}/exchange_rates", {"rates": {"zzz": "1"}}, 400, "rates: 'zzz' is no currency"),
    ],
)
async def test_only_what_makes_sense_is_taken(
    raw: httpx.AsyncClient, path: str, command: dict[str, Any], status: int, says: str
) -> None:
    method = "PUT" if path.endswith("rates") else "POST"
    reply = await raw.request(method, f"/_sandbox/{path}", json=command)
    assert (reply.status_code, reply.json()["error"]["message"][: len(says)]) == (status, says)
