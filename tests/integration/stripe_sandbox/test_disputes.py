"""Disputes: what they book to the cent, whom they hit, how they end."""

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
    types_of_events,
)

INTENTS = "/v1/payment_intents"
PAID: Figure = ("charge", 10_000, 320, 9_680, "ch")
TAKEN: Figure = ("adjustment", -10_000, 1_500, -11_500, "du")
BACK: Figure = ("adjustment", 10_000, 0, 10_000, "du")
BACK_WITH_FEE: Figure = ("adjustment", 10_000, -1_500, 11_500, "du")
OPENED = ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
UPDATED, CLOSED = "charge.dispute.updated", "charge.dispute.closed"
REINSTATED = "charge.dispute.funds_reinstated"
DAY_S = 86_400


@pytest.fixture
async def raw() -> AsyncIterator[httpx.AsyncClient]:
    """A sandbox whose time moves only when it is told to."""
    async with sandbox_with() as client:
        yield client


async def pay(raw: httpx.AsyncClient, form: dict[str, str], account: str | None = None) -> dict[str, Any]:
    reply = await raw.post(INTENTS, data={**form, "expand[]": "latest_charge"}, headers=acting_for(account))
    reply.raise_for_status()
    charge: dict[str, Any] = reply.json()["latest_charge"]
    return charge


async def told(raw: httpx.AsyncClient, account: str | None = None) -> list[str]:
    """The events about disputes, oldest first."""
    return [kind for kind in await types_of_events(raw, account) if ".dispute." in kind]


DECISIONS: list[tuple[list[dict[str, Any]], str, list[Figure], list[str]]] = [
    ([], "needs_response", [TAKEN], []),
    ([{"outcome": "won"}], "won", [TAKEN, BACK], [CLOSED, REINSTATED]),
    ([{"outcome": "won", "return_fee": True}], "won", [TAKEN, BACK_WITH_FEE], [CLOSED, REINSTATED]),
    ([{"outcome": "lost"}], "lost", [TAKEN], [CLOSED]),
    ([{"outcome": "lost"}, {}], "under_review", [TAKEN], [CLOSED, UPDATED]),
    ([{"outcome": "lost"}, {"outcome": "won"}], "won", [TAKEN, BACK], [CLOSED, CLOSED, REINSTATED]),
    (
        [{"outcome": "lost"}, {}, {"outcome": "won"}],
        "won",
        [TAKEN, BACK],
        [CLOSED, UPDATED, CLOSED, REINSTATED],
    ),
    ([{"outcome": "lost"}, {}, {"outcome": "lost"}], "lost", [TAKEN], [CLOSED, UPDATED, CLOSED]),
]
"""Decisions of the bank (an empty one: it looks again), and what they lead to."""


@pytest.mark.parametrize(("decisions", "status", "booked", "events"), DECISIONS)
async def test_a_chargeback_books_and_tells_what_the_bank_decides(
    raw: httpx.AsyncClient,
    form: dict[str, str],
    decisions: list[dict[str, Any]],
    status: str,
    booked: list[Figure],
    events: list[str],
) -> None:
    charge = await pay(raw, form)
    dispute = await control(raw, f"charges/{charge['id']}/dispute")
    for decision in decisions:
        await control(raw, f"disputes/{dispute['id']}/{'decide' if decision else 'reopen'}", **decision)
    assert await figures(raw) == [PAID, *booked]
    assert await told(raw) == [*OPENED, *events]
    shown = (await raw.get(f"/v1/disputes/{dispute['id']}")).json()
    assert shown["status"] == status
    transactions = (await check_books(raw))[1:]
    assert shown["balance_transactions"] == transactions
    assert {one["reporting_category"] for one in transactions} <= {"dispute", "dispute_reversal"}
    assert (await raw.get(f"/v1/charges/{charge['id']}")).json()["disputed"] is True


QUESTIONS: list[tuple[str, dict[str, Any], str, list[Figure], list[str]]] = [
    ("inquiry", {}, "warning_needs_response", [], []),
    ("inquiry", {"outcome": "warning_closed"}, "warning_closed", [], [CLOSED]),
    ("inquiry", {"outcome": "prevented"}, "prevented", [], [CLOSED]),
    ("block", {}, "prevented", [], [CLOSED]),
    (
        "resolution",
        {},
        "prevented",
        [("adjustment", -10_000, 0, -10_000, "du")],
        ["charge.dispute.funds_withdrawn", CLOSED],
    ),
]


@pytest.mark.parametrize(("case", "decision", "status", "booked", "events"), QUESTIONS)
async def test_what_is_no_chargeback_costs_no_fee(
    raw: httpx.AsyncClient,
    form: dict[str, str],
    case: str,
    decision: dict[str, Any],
    status: str,
    booked: list[Figure],
    events: list[str],
) -> None:
    charge = await pay(raw, form)
    dispute = await control(raw, f"charges/{charge['id']}/dispute", case=case, reason="general")
    if decision:
        dispute = await control(raw, f"disputes/{dispute['id']}/decide", **decision)
    assert dispute["status"] == status
    assert await figures(raw) == [PAID, *booked]
    assert await told(raw) == ["charge.dispute.created", *events]


async def test_an_inquiry_can_become_a_chargeback(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    charge = await pay(raw, {**form, "payment_method": "pm_card_createDisputeInquiry"})
    await control(raw, "clock/advance", seconds=1)
    (dispute,) = (await raw.get("/v1/disputes", params={"charge": charge["id"]})).json()["data"]
    assert (dispute["status"], dispute["is_charge_refundable"]) == ("warning_needs_response", True)
    assert dispute["payment_method_details"]["card"]["case_type"] == "inquiry"
    data = {"evidence[uncategorized_text]": "escalate_inquiry_evidence"}
    await raw.post(f"/v1/disputes/{dispute['id']}", data=data)
    await control(raw, "clock/advance", seconds=1)
    shown = (await raw.get(f"/v1/disputes/{dispute['id']}")).json()
    assert (shown["status"], shown["is_charge_refundable"]) == ("needs_response", False)
    assert shown["payment_method_details"]["card"]["case_type"] == "chargeback"
    assert await figures(raw) == [PAID, TAKEN]
    assert await told(raw) == [OPENED[0], UPDATED, UPDATED, OPENED[1]]


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ("pm_card_createDispute", "fraudulent"),
        ("pm_card_createDisputeProductNotReceived", "product_not_received"),
    ],
)
@pytest.mark.parametrize("capture", ["automatic", "automatic_async", "manual"])
async def test_some_cards_are_disputed_soon_after_the_capture(
    raw: httpx.AsyncClient, form: dict[str, str], card: str, reason: str, capture: str
) -> None:
    charge = await pay(raw, {**form, "payment_method": card, "capture_method": capture})
    if capture == "manual":
        await control(raw, "clock/advance", seconds=1)
        assert await told(raw) == []
        await raw.post(f"{INTENTS}/{charge['payment_intent']}/capture")
    await control(raw, "clock/advance", seconds=1)
    (dispute,) = (await raw.get("/v1/disputes")).json()["data"]
    assert (dispute["charge"], dispute["amount"], dispute["reason"]) == (charge["id"], 10_000, reason)
    assert await figures(raw) == [PAID, TAKEN]
    event = (await raw.get("/v1/events", params={"type": "charge.dispute.created"})).json()["data"][0]
    assert event["request"] == {"id": None, "idempotency_key": None}


@pytest.mark.parametrize(
    ("text", "status", "booked", "events"),
    [
        ("winning_evidence", "won", [TAKEN, BACK], [UPDATED, CLOSED, REINSTATED]),
        ("losing_evidence", "lost", [TAKEN], [UPDATED, CLOSED]),
        ("a receipt", "under_review", [TAKEN], [UPDATED]),
    ],
)
async def test_evidence_decides_by_its_text_once_it_is_submitted(
    raw: httpx.AsyncClient, form: dict[str, str], text: str, status: str, booked: list[Figure], events: list[str]
) -> None:
    charge = await pay(raw, form)
    dispute = await control(raw, f"charges/{charge['id']}/dispute")
    path = f"/v1/disputes/{dispute['id']}"
    staged = await raw.post(path, data={"evidence[uncategorized_text]": text, "submit": "false"})
    await control(raw, "clock/advance", seconds=1)
    assert (staged.json()["status"], staged.json()["evidence_details"]["has_evidence"]) == ("needs_response", True)
    submitted = (await raw.post(path, data={"submit": "true"})).json()
    assert (submitted["status"], submitted["evidence_details"]["submission_count"]) == ("under_review", 1)
    await control(raw, "clock/advance", seconds=1)
    assert (await raw.get(path)).json()["status"] == status
    assert await figures(raw) == [PAID, *booked]
    assert await told(raw) == [*OPENED, UPDATED, *events]


async def test_a_dispute_of_a_destination_charge_hits_the_platform_alone(
    raw: httpx.AsyncClient, marketplace: dict[str, str], creator: str
) -> None:
    charge = await pay(raw, marketplace)
    await control(raw, f"charges/{charge['id']}/dispute")
    assert await figures(raw) == [
        PAID,
        ("transfer", -10_000, 0, -10_000, "tr"),
        ("application_fee", 1_000, 0, 1_000, "fee"),
        TAKEN,
    ]
    assert await figures(raw, creator) == [("payment", 10_000, 1_000, 9_000, "py")]
    assert await told(raw, creator) == []


async def test_a_dispute_of_a_direct_charge_hits_the_connected_account_alone(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str
) -> None:
    charge = await pay(raw, {**form, "application_fee_amount": "1000"}, creator)
    dispute = await control(raw, f"charges/{charge['id']}/dispute")
    assert await figures(raw, creator) == [("charge", 10_000, 1_320, 8_680, "ch"), TAKEN]
    assert await figures(raw) == [("application_fee", 1_000, 0, 1_000, "fee")]
    assert await told(raw, creator) == OPENED
    assert (await raw.get(f"/v1/disputes/{dispute['id']}")).status_code == 404
    closed = await raw.post(f"/v1/disputes/{dispute['id']}/close", headers=acting_for(creator))
    assert closed.json()["status"] == "lost"


async def test_a_part_can_be_disputed_and_what_is_left_after_refunds_is_by_default(
    raw: httpx.AsyncClient, form: dict[str, str]
) -> None:
    charge = await pay(raw, form)
    await raw.post("/v1/refunds", data={"charge": charge["id"], "amount": "4000"})
    part = await control(raw, f"charges/{charge['id']}/dispute", amount=1_000)
    rest = await control(raw, f"charges/{charge['id']}/dispute")
    assert (part["amount"], rest["amount"]) == (1_000, 6_000)
    assert (await figures(raw))[2:] == [
        ("adjustment", -1_000, 1_500, -2_500, "du"),
        ("adjustment", -6_000, 1_500, -7_500, "du"),
    ]


async def test_a_disputed_charge_is_not_refunded_until_the_dispute_is_won(
    raw: httpx.AsyncClient, form: dict[str, str]
) -> None:
    charge = await pay(raw, form)
    dispute = await control(raw, f"charges/{charge['id']}/dispute")
    refused = (await raw.post("/v1/refunds", data={"charge": charge["id"]})).json()["error"]
    assert refused["code"] == "charge_disputed"
    await control(raw, f"disputes/{dispute['id']}/decide", outcome="won")
    assert (await raw.post("/v1/refunds", data={"charge": charge["id"]})).json()["amount"] == 10_000


async def test_a_full_refund_answers_an_inquiry(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    charge = await pay(raw, form)
    inquiry = await control(raw, f"charges/{charge['id']}/dispute", case="inquiry")
    for amount, status in (("1", "warning_needs_response"), ("9999", "warning_closed")):
        await raw.post("/v1/refunds", data={"charge": charge["id"], "amount": amount})
        assert (await raw.get(f"/v1/disputes/{inquiry['id']}")).json()["status"] == status
    assert await told(raw) == [OPENED[0], CLOSED]


async def test_time_runs_out(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    charge, asked = await pay(raw, form), await pay(raw, form)
    chargeback = await control(raw, f"charges/{charge['id']}/dispute")
    inquiry = await control(raw, f"charges/{asked['id']}/dispute", case="inquiry")
    await control(raw, "clock/advance", seconds=10 * DAY_S)
    lost = (await raw.get(f"/v1/disputes/{chargeback['id']}")).json()
    assert (lost["status"], lost["evidence_details"]["past_due"]) == ("lost", True)
    path = f"/v1/disputes/{inquiry['id']}"
    assert (await raw.get(path)).json()["status"] == "warning_needs_response"
    await control(raw, "clock/advance", seconds=111 * DAY_S)
    assert (await raw.get(path)).json()["status"] == "warning_closed"


async def test_the_fee_of_a_dispute_that_was_won_may_always_come_back(form: dict[str, str]) -> None:
    async with sandbox_with(dispute_fee="returned") as raw:
        charge = await pay(raw, form)
        dispute = await control(raw, f"charges/{charge['id']}/dispute")
        await control(raw, f"disputes/{dispute['id']}/decide", outcome="won")
        assert await figures(raw) == [PAID, TAKEN, BACK_WITH_FEE]


async def test_other_currencies_have_fees_of_their_own(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    for currency in ("eur", "jpy", "pln"):
        charge = await pay(raw, {**form, "currency": currency})
        await control(raw, f"charges/{charge['id']}/dispute")
    taken = [figure for figure in await figures(raw) if figure[0] == "adjustment"]
    assert [fee for _, _, fee, _, _ in taken] == [2_000, 1_300, 0]


async def test_metadata_changes_no_evidence(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    charge = await pay(raw, form)
    dispute = await control(raw, f"charges/{charge['id']}/dispute")
    changed = (await raw.post(f"/v1/disputes/{dispute['id']}", data={"metadata[case]": "7"})).json()
    assert changed == {**dispute, "metadata": {"case": "7"}}
    event = (await raw.get("/v1/events", params={"type": UPDATED})).json()["data"][0]
    assert event["data"]["previous_attributes"] == {"metadata": {}}


@pytest.mark.parametrize(
    ("path", "command", "status", "says"),
    [
        ("charges/ch_none/dispute", {}, 404, "no charge ch_none"),
        ("charges/CHARGE/dispute", {"amount": 10_001}, 400, "amount: 10001 is more than was captured, 10000"),
        ("charges/CHARGE/dispute", {"reason": "mood"}, 400, "reason: "),
        ("charges/HELD/dispute", {}, 400, "charge HELD holds no customer's money"),
        ("disputes/DISPUTE/reopen", {}, 400, "dispute DISPUTE is needs_response: only lost can become reopened"),
        ("disputes/DISPUTE/escalate", {}, 400, "dispute DISPUTE is needs_response: only warning_"),
        ("disputes/DISPUTE/decide", {"outcome": "warning_closed"}, 400, "dispute DISPUTE is needs_response"),
        ("disputes/du_none/decide", {"outcome": "won"}, 404, "no dispute du_none"),
    ],
)
async def test_a_bank_cannot_do_just_anything(
    raw: httpx.AsyncClient, form: dict[str, str], path: str, command: dict[str, Any], status: int, says: str
) -> None:
    charge, held = await pay(raw, form), await pay(raw, {**form, "capture_method": "manual"})
    dispute = await control(raw, f"charges/{charge['id']}/dispute")
    for name, identifier in (("CHARGE", charge["id"]), ("HELD", held["id"]), ("DISPUTE", dispute["id"])):
        path, says = path.replace(name, identifier), says.replace(name, identifier)
    reply = await raw.post(f"/_sandbox/{path}", json=command)
    assert (reply.status_code, reply.json()["error"]["message"][: len(says)]) == (status, says)


async def test_a_closed_dispute_stays_as_it_is(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    charge = await pay(raw, form)
    dispute = await control(raw, f"charges/{charge['id']}/dispute")
    path = f"/v1/disputes/{dispute['id']}"
    assert (await raw.post(f"{path}/close")).json()["status"] == "lost"
    for again, data in ((f"{path}/close", {}), (path, {"evidence[customer_name]": "Jane"})):
        reply = await raw.post(again, data=data)
        assert (reply.status_code, "already closed" in reply.json()["error"]["message"]) == (400, True)
    assert await told(raw) == [*OPENED, CLOSED]
