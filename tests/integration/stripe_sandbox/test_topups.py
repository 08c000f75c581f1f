"""Top-ups: money from a bank account, which comes, fails, is called off or is taken back."""

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
    types_of_events,
)

TOPUPS = "/v1/topups"
ORDER = {"amount": "20000", "currency": "usd"}
CAME: Figure = ("topup", 20_000, 0, 20_000, "tu")
GONE: Figure = ("topup_reversal", -20_000, 0, -20_000, "tu")
DAY_S = 86_400


@pytest.fixture
async def raw() -> AsyncIterator[httpx.AsyncClient]:
    """A sandbox whose time moves only when it is told to."""
    async with sandbox_with() as client:
        yield client


@pytest.mark.parametrize(
    ("steps", "status", "booked", "events"),
    [
        ([], "pending", [], []),
        (["wait"], "succeeded", [CAME], ["topup.succeeded"]),
        (["succeed", "wait"], "succeeded", [CAME], ["topup.succeeded"]),
        (["fail", "wait"], "failed", [], ["topup.failed"]),
        (["cancel", "wait"], "canceled", [], ["topup.canceled"]),
        (["wait", "reverse"], "reversed", [CAME, GONE], ["topup.succeeded", "topup.reversed"]),
    ],
)
async def test_a_topup_books_when_the_money_is_there(
    raw: httpx.AsyncClient, steps: list[str], status: str, booked: list[Figure], events: list[str]
) -> None:
    topup = (await raw.post(TOPUPS, data=ORDER)).json()
    assert (topup["status"], topup["balance_transaction"]) == ("pending", None)
    for step in steps:
        if step == "wait":
            await control(raw, "clock/advance", seconds=2 * DAY_S)
        elif step == "cancel":
            await raw.post(f"{TOPUPS}/{topup['id']}/cancel")
        else:
            await control(raw, f"topups/{topup['id']}/{step}")
    shown = (await raw.get(f"{TOPUPS}/{topup['id']}", params={"expand[]": "balance_transaction"})).json()
    assert shown["status"] == status
    assert await figures(raw) == booked
    told = [kind for kind in await types_of_events(raw) if kind.startswith("topup.")]
    assert told == ["topup.created", *events]
    books = await check_books(raw)
    assert shown["balance_transaction"] == (books[0] if books else None)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("btok_us_verified_noAccount", "no_account"),
        ("btok_us_verified_accountClosed", "account_closed"),
        ("btok_us_verified_insufficientFunds", "insufficient_funds"),
    ],
)
async def test_some_bank_accounts_do_not_pay(raw: httpx.AsyncClient, creator: str, source: str, code: str) -> None:
    topup = (await raw.post(TOPUPS, data={**ORDER, "source": source}, headers=acting_for(creator))).json()
    await control(raw, "clock/advance", seconds=2 * DAY_S)
    shown = (await raw.get(f"{TOPUPS}/{topup['id']}", headers=acting_for(creator))).json()
    assert (shown["status"], shown["failure_code"]) == ("failed", code)
    assert await figures(raw, creator) == []
    assert [kind for kind in await types_of_events(raw, creator) if "topup" in kind] == [
        "topup.created",
        "topup.failed",
    ]


async def test_topups_are_listed_by_status_and_amount(raw: httpx.AsyncClient) -> None:
    first = (await raw.post(TOPUPS, data=ORDER)).json()
    second = (await raw.post(TOPUPS, data={**ORDER, "amount": "300", "metadata[k]": "v"})).json()
    await raw.post(f"{TOPUPS}/{first['id']}/cancel")
    for query, found in (
        ({"status": "canceled"}, [first["id"]]),
        ({"status": "pending"}, [second["id"]]),
        ({"amount[gt]": "300"}, [first["id"]]),
        ({"amount": "300"}, [second["id"]]),
    ):
        assert [one["id"] for one in (await raw.get(TOPUPS, params=query)).json()["data"]] == found
    changed = (await raw.post(f"{TOPUPS}/{second['id']}", data={"description": "more"})).json()
    assert (changed["description"], changed["metadata"]) == ("more", {"k": "v"})


async def test_what_has_ended_ends_no_second_time(raw: httpx.AsyncClient) -> None:
    topup = (await raw.post(TOPUPS, data=ORDER)).json()
    await raw.post(f"{TOPUPS}/{topup['id']}/cancel")
    assert (await raw.post(f"{TOPUPS}/{topup['id']}/cancel")).status_code == 400
    for step in ("succeed", "fail", "reverse"):
        reply = await raw.post(f"/_sandbox/topups/{topup['id']}/{step}")
        assert (reply.status_code, f"topup {topup['id']} is canceled" in reply.text) == (400, True)
    assert (await raw.post(TOPUPS, data={**ORDER, "source": "btok_none"})).json()["error"]["code"] == "resource_missing"
