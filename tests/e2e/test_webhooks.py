"""Webhooks as they should not be: doubled, forged, too large, no JSON. The ledger does not notice."""

import json

import pytest
from payments_api.v1.reporting_service_pb2 import GetTrialBalanceResponse

from tests.e2e.caller import Caller, new_payment
from tests.e2e.stack import Stack
from tests.e2e.stripe import signed
from tests.e2e.waiting import until

pytestmark = pytest.mark.xdist_group("e2e-shared-stack")


async def _pay(caller: Caller) -> str:
    """Pay, wait until it is in the ledger and the webhook has been applied, and give the payment's id."""
    paid = await caller.create(new_payment(payment_method="pm_card_visa", confirm=True))
    await caller.settled_fees(paid.payment.id)

    async def applied() -> bool:
        return bool((await caller.payment(paid.payment.id)).stripe_event_ids)

    await until(applied)
    return str(paid.payment.id)


async def test_a_webhook_that_comes_twice_is_accepted_and_changes_nothing(caller: Caller, stack: Stack) -> None:
    payment = await caller.payment(await _pay(caller))
    event = await stack.stripe.event_about(payment.stripe_payment_intent_id, "payment_intent.succeeded")
    await until(lambda: _delivered(stack))
    before = await caller.books()

    for _ in range(2):
        answer = await stack.deliver(json.dumps(event).encode())
        assert answer.status_code == 200
        assert answer.json() == {"success": True, "received": True, "event_id": event["id"], "duplicate": True}

    # The next purchase goes through the same inbox after them: what they could have done is done by then.
    await _pay(caller)
    after = await caller.books()
    assert _balance(after, "stripe:usd") - _balance(before, "stripe:usd") == 2_397
    assert list((await caller.payment(payment.id)).stripe_event_ids).count(event["id"]) == 1


async def test_webhooks_that_cannot_be_stripes_are_refused(caller: Caller, stack: Stack) -> None:
    await _pay(caller)
    await until(lambda: _delivered(stack))
    before = await caller.books()
    body = json.dumps({"id": "evt_forged", "type": "charge.succeeded", "data": {"object": {"id": "ch_1"}}}).encode()

    forged = await stack.deliver(body, signed(body, "whsec_somebody_elses"))
    assert (forged.status_code, forged.json()["error"]["code"]) == (401, "webhook_signature_invalid")

    large = await stack.deliver(b'{"padding":"' + b"x" * 300 * 1024 + b'"}')
    assert large.status_code == 413

    no_json = await stack.deliver(b"amount=2500")
    assert (no_json.status_code, no_json.json()["error"]["code"]) == (400, "webhook_malformed")

    await _pay(caller)
    after = await caller.books()
    assert _balance(after, "stripe:usd") - _balance(before, "stripe:usd") == 2_397


async def _delivered(stack: Stack) -> bool:
    return await stack.stripe.pending_deliveries() == 0


def _balance(books: GetTrialBalanceResponse, code: str) -> int:
    return sum(line.debit.amount_minor - line.credit.amount_minor for line in books.lines if line.code == code)
