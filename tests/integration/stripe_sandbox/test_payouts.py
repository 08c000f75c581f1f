"""Payouts by hand: what they book to the cent, how they live on the clock, how they come back."""

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
    open_account,
    sandbox_with,
)
from tests.integration.stripe_sandbox.harness import types_of_events as events_of

INTENTS = "/v1/payment_intents"
PAYOUTS = "/v1/payouts"
DAY_S = 86_400
PAID: Figure = ("charge", 10_000, 320, 9_680, "ch")
OUT: Figure = ("payout", -5_000, 0, -5_000, "po")
FAILED: Figure = ("payout_failure", 5_000, 0, 5_000, "po")
CANCELED: Figure = ("payout_cancel", 5_000, 0, 5_000, "po")
PAY_OUT = {"amount": "5000", "currency": "usd"}


@pytest.fixture
async def raw() -> AsyncIterator[httpx.AsyncClient]:
    """A sandbox whose time moves only when it is told to."""
    async with sandbox_with() as client:
        yield client


async def fund(raw: httpx.AsyncClient, form: dict[str, str], account: str | None = None) -> None:
    """9,680 that are available at once."""
    data = {**form, "payment_method": "pm_card_bypassPending"}
    (await raw.post(INTENTS, data=data, headers=acting_for(account))).raise_for_status()


async def pay_out(raw: httpx.AsyncClient, account: str | None = None, **fields: str) -> dict[str, Any]:
    reply = await raw.post(PAYOUTS, data={**PAY_OUT, **fields}, headers=acting_for(account))
    assert reply.status_code == 200, reply.text
    payout: dict[str, Any] = reply.json()
    return payout


async def told(raw: httpx.AsyncClient, account: str | None = None) -> list[str]:
    """The events about payouts, oldest first."""
    return [kind for kind in await events_of(raw, account) if kind.startswith("payout.")]


async def test_a_payout_lives_on_the_clock(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    await fund(raw, form)
    payout = await pay_out(raw)
    assert (payout["status"], payout["automatic"], payout["method"]) == ("pending", False, "standard")
    assert payout["arrival_date"] % DAY_S == 0
    assert 2 * DAY_S <= payout["arrival_date"] - payout["created"] <= 3 * DAY_S
    assert (await raw.get("/v1/balance")).json()["available"][0]["amount"] == 4_680
    path, states = f"{PAYOUTS}/{payout['id']}", []
    for seconds in (DAY_S, payout["arrival_date"] - payout["created"] - DAY_S - 60, 60):
        await control(raw, "clock/advance", seconds=seconds)
        shown = (await raw.get(path)).json()
        states.append((shown["status"], shown["trace_id"]["status"]))
    assert states == [("in_transit", "pending"), ("in_transit", "pending"), ("paid", "supported")]
    assert await figures(raw) == [PAID, OUT]
    assert await told(raw) == ["payout.created", "payout.updated", "payout.paid"]
    for status, count in (("paid", 1), ("pending", 0)):
        assert len((await raw.get(PAYOUTS, params={"status": status})).json()["data"]) == count
    expanded = (await raw.get(path, params={"expand[]": ["destination", "balance_transaction"]})).json()
    assert (expanded["destination"]["last4"], expanded["balance_transaction"]["net"]) == ("6789", -5_000)


@pytest.mark.parametrize(
    ("steps", "status", "booked", "events"),
    [
        (["send"], "in_transit", [OUT], ["payout.updated"]),
        (["pay"], "paid", [OUT], ["payout.paid"]),
        (["fail"], "failed", [OUT, FAILED], ["payout.failed"]),
        (["send", "fail"], "failed", [OUT, FAILED], ["payout.updated", "payout.failed"]),
        (["send", "pay", "fail"], "failed", [OUT, FAILED], ["payout.updated", "payout.paid", "payout.failed"]),
        (["cancel"], "canceled", [OUT, CANCELED], ["payout.canceled"]),
    ],
)
async def test_a_bank_decides_and_nothing_happens_twice(
    raw: httpx.AsyncClient,
    form: dict[str, str],
    creator: str,
    steps: list[str],
    status: str,
    booked: list[Figure],
    events: list[str],
) -> None:
    await fund(raw, form, creator)
    payout = await pay_out(raw, creator)
    for step in steps:
        if step == "cancel":
            await raw.post(f"{PAYOUTS}/{payout['id']}/cancel", headers=acting_for(creator))
        else:
            await control(raw, f"payouts/{payout['id']}/{step}")
    if status != "in_transit":
        await control(raw, "clock/advance", seconds=4 * DAY_S)
    shown = (await raw.get(f"{PAYOUTS}/{payout['id']}", headers=acting_for(creator))).json()
    assert shown["status"] == status
    assert await figures(raw, creator) == [PAID, *booked]
    assert await told(raw, creator) == ["payout.created", *events]
    assert await figures(raw) == []
    undone = (await check_books(raw, creator))[2:]
    assert [one["id"] for one in undone] == [one for one in [shown["failure_balance_transaction"]] if one]
    assert {one["reporting_category"] for one in undone} <= {"payout_reversal"}


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("000111111116", "no_account"),
        ("000111111113", "account_closed"),
        ("000222222227", "insufficient_funds"),
        ("000333333335", "debit_not_authorized"),
        ("000444444440", "invalid_currency"),
    ],
)
async def test_some_bank_accounts_take_no_money(
    raw: httpx.AsyncClient, form: dict[str, str], number: str, code: str
) -> None:
    bank = {"object": "bank_account", "country": "US", "currency": "usd", "routing_number": "110000000"}
    fields = {f"external_account[{name}]": value for name, value in {**bank, "account_number": number}.items()}
    creator = await open_account(raw, **fields)
    await fund(raw, form, creator)
    payout = await pay_out(raw, creator)
    await control(raw, "clock/advance", seconds=4 * DAY_S)
    shown = (await raw.get(f"{PAYOUTS}/{payout['id']}", headers=acting_for(creator))).json()
    assert (shown["status"], shown["failure_code"]) == ("failed", code)
    assert await figures(raw, creator) == [PAID, OUT, FAILED]
    assert await told(raw, creator) == ["payout.created", "payout.updated", "payout.failed"]
    account = (await raw.get(f"/v1/accounts/{creator}")).json()
    assert account["external_accounts"]["data"][0]["status"] == "errored"
    assert (await events_of(raw, creator))[-1] == "account.external_account.updated"


async def test_an_instant_payout_costs_a_fee_and_arrives_within_half_an_hour(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str
) -> None:
    await fund(raw, form, creator)
    payout = await pay_out(raw, creator, method="instant")
    assert payout["arrival_date"] - payout["created"] == 1_800
    await control(raw, "clock/advance", seconds=1_800)
    assert (await raw.get(f"{PAYOUTS}/{payout['id']}", headers=acting_for(creator))).json()["status"] == "paid"
    await control(raw, f"payouts/{payout['id']}/fail", failure_code="declined")
    assert await figures(raw, creator) == [
        PAID,
        ("payout", -5_000, 50, -5_050, "po"),
        ("payout_failure", 5_000, -50, 5_050, "po"),
    ]
    for amount, status in (("9600", 400), ("9584", 200)):
        data = {"amount": amount, "currency": "usd", "method": "instant"}
        assert (await raw.post(PAYOUTS, data=data, headers=acting_for(creator))).status_code == status


async def test_the_default_bank_account_is_paid_out_to_and_not_every_one_instantly(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str
) -> None:
    path = f"/v1/accounts/{creator}/external_accounts"
    await raw.post(path, data={"external_account": "btok_us_verified_noAccount", "default_for_currency": "true"})
    german = {"object": "bank_account", "country": "DE", "currency": "eur", "account_number": "DE89370400440532013000"}
    fields = {f"external_account[{name}]": value for name, value in german.items()}
    (await raw.post(path, data=fields)).raise_for_status()
    await fund(raw, form, creator)
    await fund(raw, {**form, "currency": "eur"}, creator)
    payout = await pay_out(raw, creator)
    await control(raw, "clock/advance", seconds=4 * DAY_S)
    shown = (await raw.get(f"{PAYOUTS}/{payout['id']}", headers=acting_for(creator))).json()
    assert shown["failure_code"] == "no_account"
    euro = {"amount": "100", "currency": "eur", "method": "instant"}
    refused = await raw.post(PAYOUTS, data=euro, headers=acting_for(creator))
    assert refused.json()["error"]["code"] == "instant_payouts_unsupported"


async def test_a_withdrawal_is_a_transfer_and_a_payout(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str
) -> None:
    await fund(raw, form)
    order = {"amount": "4900", "currency": "usd", "destination": creator}
    (await raw.post("/v1/transfers", data=order)).raise_for_status()
    await pay_out(raw, creator, amount="4900")
    assert await figures(raw) == [PAID, ("transfer", -4_900, 0, -4_900, "tr")]
    assert await figures(raw, creator) == [("payment", 4_900, 0, 4_900, "py"), ("payout", -4_900, 0, -4_900, "po")]


async def test_a_paid_payout_can_be_taken_back_from_the_bank(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str
) -> None:
    await fund(raw, form, creator)
    payout = await pay_out(raw, creator)
    path = f"{PAYOUTS}/{payout['id']}/reverse"
    early = await raw.post(path, headers=acting_for(creator))
    assert (early.status_code, "cancel it instead" in early.json()["error"]["message"]) == (400, True)
    await control(raw, f"payouts/{payout['id']}/pay")
    reversal = (await raw.post(path, data={"metadata[k]": "v"}, headers=acting_for(creator))).json()
    assert (reversal["amount"], reversal["original_payout"], reversal["metadata"]) == (-5_000, payout["id"], {"k": "v"})
    shown = (await raw.get(f"{PAYOUTS}/{payout['id']}", headers=acting_for(creator))).json()
    assert (shown["status"], shown["reversed_by"]) == ("paid", reversal["id"])
    assert (await raw.get("/v1/balance", headers=acting_for(creator))).json()["pending"][0]["amount"] == 5_000
    assert (await raw.post(path, headers=acting_for(creator))).status_code == 400
    await control(raw, "clock/advance", seconds=4 * DAY_S)
    back: Figure = ("payout", 5_000, 0, 5_000, "po")
    assert await figures(raw, creator) == [PAID, OUT, back]
    assert sorted(await told(raw, creator)) == [
        *["payout.created"] * 2,
        *["payout.paid"] * 2,
        *["payout.updated"] * 2,
    ]
    await control(raw, f"payouts/{reversal['id']}/fail")
    assert await figures(raw, creator) == [PAID, OUT, back, ("payout_failure", -5_000, 0, -5_000, "po")]
    assert sum(one["net"] for one in await check_books(raw, creator)) == 4_680


async def test_a_pending_reversal_ends_with_the_payout_it_reverses(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str
) -> None:
    await fund(raw, form, creator)
    payout = await pay_out(raw, creator)
    await control(raw, f"payouts/{payout['id']}/send")
    reversal = (await raw.post(f"{PAYOUTS}/{payout['id']}/reverse", headers=acting_for(creator))).json()
    await control(raw, f"payouts/{payout['id']}/fail")
    again = (await raw.get(f"{PAYOUTS}/{reversal['id']}", headers=acting_for(creator))).json()
    assert again["status"] == "canceled"
    assert (await figures(raw, creator))[2:] == [
        ("payout", 5_000, 0, 5_000, "po"),
        FAILED,
        ("payout_cancel", -5_000, 0, -5_000, "po"),
    ]


@pytest.mark.parametrize(
    ("fields", "code", "says"),
    [
        ({"amount": "9681"}, "balance_insufficient", "You have insufficient funds"),
        ({"currency": "eur"}, None, "Sorry, you don't have any external accounts in that currency (eur)."),
        ({"destination": "ba_none"}, "resource_missing", "No such external account: 'ba_none'"),
        ({"currency": "zzz"}, None, "Invalid currency: zzz"),
        ({"method": "carrier_pigeon"}, None, "Invalid method"),
    ],
)
async def test_not_everything_can_be_paid_out(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str, fields: dict[str, str], code: str | None, says: str
) -> None:
    await fund(raw, form, creator)
    reply = await raw.post(PAYOUTS, data={**PAY_OUT, **fields}, headers=acting_for(creator))
    error = reply.json()["error"]
    assert (reply.status_code, error.get("code"), error["message"][: len(says)]) == (400, code, says)


async def test_a_restricted_account_is_not_paid_out(raw: httpx.AsyncClient, form: dict[str, str], creator: str) -> None:
    await fund(raw, form, creator)
    await control(raw, f"accounts/{creator}/restrict")
    reply = await raw.post(PAYOUTS, data=PAY_OUT, headers=acting_for(creator))
    assert reply.json()["error"]["code"] == "payouts_not_allowed"


async def test_what_has_ended_stays_as_it_is(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    await fund(raw, form)
    payout = await pay_out(raw)
    await control(raw, f"payouts/{payout['id']}/fail", failure_code="could_not_process")
    for step in ("send", "pay", "fail"):
        reply = await raw.post(f"/_sandbox/payouts/{payout['id']}/{step}")
        assert (reply.status_code, f"payout {payout['id']} is failed" in reply.text) == (400, True)
    assert (await raw.post(f"{PAYOUTS}/{payout['id']}/cancel")).status_code == 400
    named = (await raw.post(f"{PAYOUTS}/{payout['id']}", data={"metadata[k]": "v"})).json()
    assert (named["metadata"], named["failure_code"]) == ({"k": "v"}, "could_not_process")
    assert await told(raw) == ["payout.created", "payout.failed", "payout.updated"]
