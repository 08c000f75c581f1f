"""Refunds that the customer's bank decides about later."""

import httpx
import pytest

from tests.integration.stripe_sandbox.harness import figures, transactions, types_of_events

INTENTS = "/v1/payment_intents"
TOLD = ["refund.failed", "refund.updated", "charge.refund.updated"]


async def test_a_failed_refund_comes_back_and_counts_no_longer(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    intent = (await raw.post(INTENTS, data=form)).json()
    refund = (await raw.post("/v1/refunds", data={"payment_intent": intent["id"]})).json()
    failed = await raw.post(f"/_sandbox/refunds/{refund['id']}/fail", json={"failure_reason": "declined"})
    shown = (await raw.get(f"/v1/refunds/{refund['id']}", params={"expand[]": "failure_balance_transaction"})).json()
    assert failed.json() == {**shown, "failure_balance_transaction": shown["failure_balance_transaction"]["id"]}
    assert (shown["status"], shown["failure_reason"]) == ("failed", "declined")
    assert await figures(raw) == [
        ("charge", 10_000, 320, 9_680, "ch"),
        ("refund", -10_000, 0, -10_000, "re"),
        ("refund_failure", 10_000, 0, 10_000, "re"),
    ]
    booked = await transactions(raw)
    assert shown["failure_balance_transaction"] == booked[-1]
    assert len({one["available_on"] for one in booked}) == 1
    charge = (await raw.get(f"/v1/charges/{intent['latest_charge']}")).json()
    assert (charge["amount_refunded"], charge["refunded"]) == (0, False)
    assert (await types_of_events(raw))[-3:] == TOLD
    again = await raw.post("/v1/refunds", data={"payment_intent": intent["id"]})
    assert again.json()["amount"] == 10_000


async def test_after_a_failure_the_transfer_goes_back_only_once(
    raw: httpx.AsyncClient, marketplace: dict[str, str], creator: str
) -> None:
    intent = (await raw.post(INTENTS, data=marketplace)).json()
    order = {"payment_intent": intent["id"], "reverse_transfer": "true", "refund_application_fee": "true"}
    refund = (await raw.post("/v1/refunds", data={**order, "amount": "4000"})).json()
    await raw.post(f"/_sandbox/refunds/{refund['id']}/fail")
    await raw.post("/v1/refunds", data=order)
    assert (await figures(raw, creator))[1:] == [
        ("payment_refund", -4_000, -400, -3_600, "pyr"),
        ("payment_refund", -6_000, -600, -5_400, "pyr"),
    ]


async def test_some_refunds_are_pending_at_first(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    intent = (await raw.post(INTENTS, data={**form, "payment_method": "pm_card_pendingRefund"})).json()
    refund = (await raw.post("/v1/refunds", data={"payment_intent": intent["id"]})).json()
    assert refund["status"] == "pending"
    assert (await figures(raw))[1:] == [("refund", -10_000, 0, -10_000, "re")]
    await raw.post("/_sandbox/clock/advance", json={"seconds": 1})
    assert (await raw.get(f"/v1/refunds/{refund['id']}")).json()["status"] == "succeeded"
    assert (await types_of_events(raw))[-2:] == ["refund.updated", "charge.refund.updated"]


async def test_some_refunds_fail_after_they_had_succeeded(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    intent = (await raw.post(INTENTS, data={**form, "payment_method": "pm_card_refundFail"})).json()
    refund = (await raw.post("/v1/refunds", data={"payment_intent": intent["id"], "amount": "4000"})).json()
    assert refund["status"] == "succeeded"
    await raw.post("/_sandbox/clock/advance", json={"seconds": 1})
    assert (await figures(raw))[-1] == ("refund_failure", 4_000, 0, 4_000, "re")
    assert (await types_of_events(raw))[-3:] == TOLD


async def test_a_pending_refund_that_failed_does_not_succeed_later(
    raw: httpx.AsyncClient, form: dict[str, str]
) -> None:
    intent = (await raw.post(INTENTS, data={**form, "payment_method": "pm_card_pendingRefund"})).json()
    refund = (await raw.post("/v1/refunds", data={"payment_intent": intent["id"]})).json()
    await raw.post(f"/_sandbox/refunds/{refund['id']}/fail")
    await raw.post("/_sandbox/clock/advance", json={"seconds": 1})
    assert (await raw.get(f"/v1/refunds/{refund['id']}")).json()["status"] == "failed"


@pytest.mark.parametrize(
    ("refund", "command", "status", "says"),
    [
        ("re_none", {}, 404, "no refund re_none"),
        ("re_none", {"failure_reason": "mood"}, 400, "failure_reason: "),
    ],
)
async def test_only_a_banks_refund_can_fail(
    raw: httpx.AsyncClient, refund: str, command: dict[str, str], status: int, says: str
) -> None:
    reply = await raw.post(f"/_sandbox/refunds/{refund}/fail", json=command)
    assert reply.status_code == status
    assert reply.json()["error"]["message"].startswith(says)


async def test_what_came_with_a_reversed_transfer_does_not_fail(
    raw: httpx.AsyncClient, marketplace: dict[str, str], creator: str
) -> None:
    intent = (await raw.post(INTENTS, data=marketplace)).json()
    await raw.post("/v1/refunds", data={"payment_intent": intent["id"], "reverse_transfer": "true"})
    (theirs,) = (await raw.get("/v1/refunds", headers={"stripe-account": creator})).json()["data"]
    reply = await raw.post(f"/_sandbox/refunds/{theirs['id']}/fail")
    assert (reply.status_code, "came with a reversed transfer" in reply.text) == (400, True)


async def test_a_refund_fails_once(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    intent = (await raw.post(INTENTS, data=form)).json()
    refund = (await raw.post("/v1/refunds", data={"payment_intent": intent["id"]})).json()
    await raw.post(f"/_sandbox/refunds/{refund['id']}/fail")
    again = await raw.post(f"/_sandbox/refunds/{refund['id']}/fail")
    assert (again.status_code, "has failed already" in again.text) == (400, True)
