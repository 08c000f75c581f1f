"""Payouts by schedule: when, how much, and what each of them took out."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.integration.stripe_sandbox.harness import acting_for, check_books, figures, sandbox_with, types_of_events

INTENTS = "/v1/payment_intents"
SETTINGS = "/v1/balance_settings"
SCHEDULE = "payments[payouts][schedule]"
MINIMUM = "payments[payouts][minimum_balance_by_currency][usd]"
DAY_S = 86_400


@pytest.fixture
async def raw() -> AsyncIterator[httpx.AsyncClient]:
    """A sandbox whose time moves only when it is told to."""
    async with sandbox_with() as client:
        yield client


async def advance(raw: httpx.AsyncClient, days: float) -> None:
    (await raw.post("/_sandbox/clock/advance", json={"seconds": days * DAY_S})).raise_for_status()


async def taken_out(raw: httpx.AsyncClient, payout: str, account: str | None = None) -> list[dict[str, Any]]:
    reply = await raw.get("/v1/balance_transactions", params={"payout": payout}, headers=acting_for(account))
    data: list[dict[str, Any]] = reply.json()["data"]
    return data[::-1]


async def test_each_day_all_that_is_available_is_paid_out(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str
) -> None:
    acting = acting_for(creator)
    await raw.post(SETTINGS, data={f"{SCHEDULE}[interval]": "daily"}, headers=acting)
    await raw.post(INTENTS, data=form, headers=acting)
    await advance(raw, 3)
    await raw.post(INTENTS, data={**form, "amount": "5000"}, headers=acting)
    await advance(raw, 7)
    payouts = (await raw.get("/v1/payouts", headers=acting)).json()["data"][::-1]
    assert [(one["amount"], one["automatic"], one["status"]) for one in payouts] == [
        (9_680, True, "paid"),
        (4_825, True, "paid"),
    ]
    for payout, amount in zip(payouts, (9_680, 4_825), strict=True):
        items = await taken_out(raw, payout["id"], creator)
        assert [(one["type"], one["net"]) for one in items] == [("charge", amount), ("payout", -amount)]
        assert (payout["reconciliation_status"], payout["description"]) == ("completed", "STRIPE PAYOUT")
    told = [kind for kind in await types_of_events(raw, creator) if kind.startswith("payout.")]
    assert told == ["payout.created", "payout.reconciliation_completed", "payout.updated", "payout.paid"] * 2
    await check_books(raw, creator)
    assert (await raw.get("/v1/payouts")).json()["data"] == []


async def test_what_came_back_goes_out_with_the_next_payout(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    await raw.post(SETTINGS, data={f"{SCHEDULE}[interval]": "daily"})
    await raw.post(INTENTS, data={**form, "payment_method": "pm_card_bypassPending"})
    (first,) = (await raw.post("/_sandbox/accounts/acct_1SandboxPlatform/pay_out")).json()["data"]
    await raw.post(f"/_sandbox/payouts/{first['id']}/fail", json={"failure_code": "could_not_process"})
    account = (await raw.get("/v1/account")).json()
    assert account["external_accounts"]["data"][0]["status"] == "errored"
    await advance(raw, 2)
    assert len((await raw.get("/v1/payouts")).json()["data"]) == 1
    assert [one["type"] for one in await taken_out(raw, first["id"])] == ["charge", "payout"]
    assert await figures(raw) == [
        ("charge", 10_000, 320, 9_680, "ch"),
        ("payout", -9_680, 0, -9_680, "po"),
        ("payout_failure", 9_680, 0, 9_680, "po"),
    ]


async def test_a_minimum_stays_and_each_payout_still_adds_up(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    await raw.post(SETTINGS, data={f"{SCHEDULE}[interval]": "daily", MINIMUM: "1000"})
    for _ in range(2):
        await raw.post(INTENTS, data={**form, "payment_method": "pm_card_bypassPending"})
        await advance(raw, 1)
        balance = (await raw.get("/v1/balance")).json()
        assert balance["available"][0]["amount"] == 1_000
    payouts = (await raw.get("/v1/payouts")).json()["data"][::-1]
    assert [one["amount"] for one in payouts] == [8_680, 9_680]
    kinds = []
    for payout in payouts:
        items = await taken_out(raw, payout["id"])
        assert sum(one["net"] for one in items) == 0
        kinds.append([one["type"] for one in items])
    hold, release = "payout_minimum_balance_hold", "payout_minimum_balance_release"
    assert kinds == [["charge", hold, "payout"], [release, "charge", hold, "payout"]]
    await check_books(raw)


@pytest.mark.parametrize(
    ("schedule", "days", "paid"),
    [
        ({"interval": "weekly", "weekly_payout_days][0": "monday", "weekly_payout_days][1": "friday"}, 7, 2),
        ({"interval": "manual"}, 7, 0),
    ],
)
async def test_other_schedules_pay_on_their_days(
    form: dict[str, str], schedule: dict[str, str], days: int, paid: int
) -> None:
    async with sandbox_with() as raw:
        chosen = {f"{SCHEDULE}[{name}]": value for name, value in schedule.items()}
        (await raw.post(SETTINGS, data=chosen)).raise_for_status()
        for _ in range(days):
            await raw.post(INTENTS, data={**form, "payment_method": "pm_card_bypassPending"})
            await advance(raw, 1)
        payouts = (await raw.get("/v1/payouts")).json()["data"]
        assert len(payouts) == paid
        assert sum(one["amount"] for one in payouts) == sum(
            -one["net"] for one in await check_books(raw) if one["type"] == "payout"
        )


async def test_payouts_by_hand_have_no_list_of_what_they_took_out(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    await raw.post(INTENTS, data={**form, "payment_method": "pm_card_bypassPending"})
    payout = (await raw.post("/v1/payouts", data={"amount": "1", "currency": "usd"})).json()
    reply = await raw.get("/v1/balance_transactions", params={"payout": payout["id"]})
    assert "only be filtered on automatic transfers" in reply.json()["error"]["message"]


async def test_settings_are_changed_and_told(raw: httpx.AsyncClient, form: dict[str, str], creator: str) -> None:
    acting = acting_for(creator)
    before = (await raw.get(SETTINGS, headers=acting)).json()
    assert before["payments"]["payouts"] == {
        "minimum_balance_by_currency": None,
        "schedule": {"interval": "manual"},
        "statement_descriptor": None,
        "status": "enabled",
    }
    assert before["payments"]["settlement_timing"] == {"delay_days": 2}
    change = {"payments[settlement_timing][delay_days_override]": "5", f"{SCHEDULE}[interval]": "daily"}
    after = (await raw.post(SETTINGS, data=change, headers=acting)).json()
    assert after["payments"]["settlement_timing"] == {"delay_days": 5, "delay_days_override": 5}
    (event,) = (await raw.get("/v1/events", params={"type": "balance_settings.updated"}, headers=acting)).json()["data"]
    assert event["data"]["object"] == after
    assert event["data"]["previous_attributes"]["payments"]["settlement_timing"] == {"delay_days": 2}
    account = (await raw.get(f"/v1/accounts/{creator}")).json()
    assert account["settings"]["payouts"]["schedule"] == {"delay_days": 5, "interval": "daily"}
    await raw.post(INTENTS, data=form, headers=acting)
    (booked,) = await check_books(raw, creator)
    assert 5 * DAY_S <= booked["available_on"] - booked["created"] <= 6 * DAY_S
    same = await raw.post(SETTINGS, data=change, headers=acting)
    assert same.json() == after
    assert (await types_of_events(raw, creator)).count("balance_settings.updated") == 1


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({f"{SCHEDULE}[interval]": "weekly"}, "parameter_missing", f"{SCHEDULE}[weekly_payout_days]"),
        ({f"{SCHEDULE}[monthly_payout_days][]": "3"}, None, SCHEDULE),
        ({f"{SCHEDULE}[weekly_payout_days][]": "sunday"}, None, f"{SCHEDULE}[weekly_payout_days][0]"),
        ({MINIMUM.replace("usd", "zzz"): "1"}, None, "payments[payouts][minimum_balance_by_currency]"),
    ],
)
async def test_a_schedule_must_make_sense(
    raw: httpx.AsyncClient, change: dict[str, str], code: str | None, param: str
) -> None:
    reply = await raw.post(SETTINGS, data=change)
    error = reply.json()["error"]
    assert (reply.status_code, error.get("code")) == (400, code)
    assert error["param"].replace("payments[payouts]", "") == param.replace("payments[payouts]", "")


async def test_accounts_may_be_paid_out_daily_from_the_start(form: dict[str, str]) -> None:
    async with sandbox_with(payout_interval="daily", payout_delay_s=0) as raw:
        await raw.post(INTENTS, data=form)
        await advance(raw, 4)
        (payout,) = (await raw.get("/v1/payouts")).json()["data"]
        assert (payout["amount"], payout["status"]) == (9_680, "paid")
