"""Reserves: what Stripe holds back, by itself or of each charge, and what it lets go."""

from collections.abc import AsyncIterator

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
    types_of_events,
)

PLATFORM = "acct_1SandboxPlatform"
INTENTS = "/v1/payment_intents"
PAID: Figure = ("charge", 10_000, 320, 9_680, "ch")
DAY_S = 86_400


@pytest.fixture
async def raw() -> AsyncIterator[httpx.AsyncClient]:
    """A sandbox whose time moves only when it is told to."""
    async with sandbox_with() as client:
        yield client


async def held(raw: httpx.AsyncClient, account: str = PLATFORM) -> list[tuple[int, str]]:
    state = (await raw.get("/_sandbox/state")).json()
    return [(one["amount"], one["currency"]) for one in state["accounts"][account]["balance"]["held"]]


async def told(raw: httpx.AsyncClient, account: str | None = None) -> list[str]:
    kinds = await types_of_events(raw, account)
    return [kind for kind in kinds if kind.startswith("reserve.")]


async def test_an_amount_is_held_and_let_go_in_parts(raw: httpx.AsyncClient) -> None:
    hold = await control(raw, f"accounts/{PLATFORM}/reserve", amount=500)
    release = await control(raw, f"reserve_holds/{hold['id']}/release", amount=200)
    assert (release["reserve_hold"], release["reason"], await held(raw)) == (
        hold["id"],
        "hold_released_early",
        [(300, "usd")],
    )
    await control(raw, f"reserve_holds/{hold['id']}/release")
    assert await figures(raw) == [
        ("reserve_hold", -500, 0, -500, "reshold"),
        ("reserve_release", 200, 0, 200, "resrel"),
        ("reserve_release", 300, 0, 300, "resrel"),
    ]
    assert {one["reporting_category"] for one in await check_books(raw)} == {"risk_reserved_funds"}
    released = ["reserve.release.created", "reserve.hold.updated"]
    assert await told(raw) == ["reserve.hold.created", *released, *released]
    again = await raw.post(f"/_sandbox/reserve_holds/{hold['id']}/release")
    assert (again.status_code, "0 is left to release" in again.text) == (400, True)


async def test_a_hold_ends_at_the_midnight_after_its_time(raw: httpx.AsyncClient, creator: str) -> None:
    hold = await control(raw, f"accounts/{creator}/reserve", amount=500, currency="eur", release_after_s=DAY_S)
    schedule = hold["release_schedule"]
    assert (schedule["scheduled_release"] % DAY_S, schedule["release_after"] - hold["created"]) == (0, DAY_S)
    await control(raw, "clock/advance", seconds=2 * DAY_S)
    assert await figures(raw, creator) == [
        ("reserve_hold", -500, 0, -500, "reshold"),
        ("reserve_release", 500, 0, 500, "resrel"),
    ]
    query = {"type": "reserve.release.created"}
    (event,) = (await raw.get("/v1/events", params=query, headers=acting_for(creator))).json()["data"]
    assert event["data"]["object"]["reason"] == "hold_expired"


async def test_a_plan_holds_a_part_of_each_charge_while_it_is_active(
    raw: httpx.AsyncClient, form: dict[str, str]
) -> None:
    plan = await control(raw, f"accounts/{PLATFORM}/reserve_plan", percent=10, days=30)
    await raw.post(INTENTS, data=form)
    assert await told(raw) == ["reserve.plan.created", "reserve.hold.created"]
    await control(raw, "clock/advance", seconds=31 * DAY_S)
    await raw.post(INTENTS, data={**form, "amount": "5005"})
    assert await held(raw) == [(501, "usd")]
    await control(raw, f"reserve_plans/{plan['id']}/disable")
    await raw.post(INTENTS, data=form)
    assert await figures(raw) == [
        PAID,
        ("reserve_hold", -1_000, 0, -1_000, "reshold"),
        ("reserve_release", 1_000, 0, 1_000, "resrel"),
        ("charge", 5_005, 175, 4_830, "ch"),
        ("reserve_hold", -501, 0, -501, "reshold"),
        ("reserve_release", 501, 0, 501, "resrel"),
        PAID,
    ]
    pending = (await check_books(raw))[1]
    assert (pending["type"], pending["available_on"]) == ("reserve_hold", (await check_books(raw))[0]["available_on"])
    assert (await told(raw)).count("reserve.plan.disabled") == 1


async def test_a_plan_of_a_seller_holds_what_is_transferred_and_expires(
    raw: httpx.AsyncClient, marketplace: dict[str, str], creator: str
) -> None:
    await control(raw, f"accounts/{creator}/reserve_plan", percent=25, expires_in_s=DAY_S)
    await raw.post(INTENTS, data=marketplace)
    await control(raw, "clock/advance", seconds=DAY_S)
    await raw.post(INTENTS, data=marketplace)
    payment: Figure = ("payment", 10_000, 1_000, 9_000, "py")
    assert await figures(raw, creator) == [payment, ("reserve_hold", -2_500, 0, -2_500, "reshold"), payment]
    assert (await told(raw, creator))[-1] == "reserve.plan.expired"
    assert await held(raw) == []


async def test_the_other_side_may_be_booked_as_well() -> None:
    async with sandbox_with(reserves="both") as raw:
        hold = await control(raw, f"accounts/{PLATFORM}/reserve", amount=500)
        await control(raw, f"reserve_holds/{hold['id']}/release", amount=200)
        booked = [(one["balance_type"], one["type"], one["net"]) for one in await transactions(raw)]
        assert booked == [
            ("payments", "reserve_hold", -500),
            ("risk_reserved", "reserve_hold", 500),
            ("payments", "reserve_release", 200),
            ("risk_reserved", "reserve_release", -200),
        ]
        await check_books(raw)
        state = (await raw.get("/_sandbox/state")).json()["accounts"][PLATFORM]["balance"]
        assert (state["held"], state["risk_reserved"]) == ([{"amount": 300, "currency": "usd"}],) * 2
        assert state["available"][0]["amount"] == -300
