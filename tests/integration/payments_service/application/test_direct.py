"""Direct payments: the charge is on the connected account itself, and the platform takes its fee of it.

The figures are those of US cards: 2.9 % + 30 cents, so 3.20 of 100.00, which the connected account pays.
"""

from typing import Any

import pytest
from payments_api.v1 import (
    account_pb2,
    dispute_service_pb2,
    fee_service_pb2,
    payment_pb2,
    payment_service_pb2,
    payment_service_pb2_grpc,
    refund_pb2,
)

from payments_service.processors.stripe.adapter import StripeAdapter
from tests.integration.payments_service.application.house import House, create_request, failure
from tests.integration.payments_service.application.test_marketplace import lines

DIRECT = {"charge_model": "CHARGE_MODEL_DIRECT"}
MANUAL = {"capture_method": "CAPTURE_METHOD_MANUAL"}
UNPAID: dict[str, Any] = {"payment_method": "", "confirm": False}


def usd(amount: int) -> dict[str, Any]:
    return {"amount_minor": amount, "currency_code": "usd"}


async def told(house: House, seller: account_pb2.ConnectedAccount) -> None:
    """Every event of the platform and of the seller has been applied."""
    await house.record_all()
    await house.record_all(seller.stripe_account_id)
    while await house.run("inbox"):
        pass


async def changes(house: House, seller: account_pb2.ConnectedAccount, before: dict[str, int]) -> dict[str, int]:
    """What has become of the books since, with short names for the seller's accounts."""
    await house.settle_all()
    await house.books_are_right()
    now = await house.balances()
    return {
        code.replace(f"connected:{seller.id}", "seller"): amount - before.get(code, 0)
        for code, amount in now.items()
        if amount != before.get(code, 0)
    }


async def test_a_direct_payment_and_its_refunds_are_booked_where_they_happen(house: House) -> None:
    seller = await house.seller()
    paid = (await house.sell("k1", seller.id, **DIRECT)).payment
    again = await house.sell("k1", seller.id, **DIRECT)
    assert (again.payment.id, again.client_secret[:3]) == (paid.id, "pi_")
    assert (paid.state, paid.stripe_account_id) == (payment_pb2.PAYMENT_STATE_SUCCEEDED, seller.stripe_account_id)
    assert await house.intents() == []

    assert await changes(house, seller, {}) == {
        "stripe:usd": 1_000,
        "revenue:platform_fee:usd": 1_000,
        "seller:stripe:usd": 8_680,
        "seller:fees:usd": 1_320,
        "seller:earnings:usd": 10_000,
    }
    assert await lines(house) == [("application_fee", 1_000, 0, 1_000)]
    assert await lines(house, seller.stripe_account_id) == [("charge", 10_000, 1_320, 8_680)]
    await told(house, seller)
    payment = (await house.get(paid.id)).payment
    assert payment.stripe_balance_transaction_id.startswith("txn_")
    assert payment.stripe_application_fee_id.startswith("fee_")
    assert (payment.platform_fee.amount_minor, payment.stripe_transfer_id) == (1_000, "")
    assert "stripe_unsettled:usd" not in await house.balances()

    before = await house.balances()
    kept = await house.refund("r1", paid.id, amount=usd(4_000))
    assert (kept.state, kept.absorb_by) == (refund_pb2.REFUND_STATE_SUCCEEDED, refund_pb2.ABSORB_BY_CREATOR)
    assert await changes(house, seller, before) == {"seller:stripe:usd": -4_000, "seller:earnings:usd": -4_000}
    before = await house.balances()
    await house.refund("r2", paid.id, refund_platform_fee=True)
    assert await changes(house, seller, before) == {
        "stripe:usd": -600,
        "revenue:platform_fee:usd": -600,
        "seller:stripe:usd": -5_400,
        "seller:fees:usd": -600,
        "seller:earnings:usd": -6_000,
    }
    assert (await house.get(paid.id)).payment.amount_refunded.amount_minor == 10_000

    reply = await house.fees.GetPaymentFees(
        fee_service_pb2.GetPaymentFeesRequest(payment_id=paid.id), metadata=house.metadata
    )
    (fees,) = reply.fees
    share = fees.connected_share
    assert fees.settled
    assert (fees.gross.amount_minor, fees.platform_fee.amount_minor, fees.net.amount_minor) == (0, 400, 400)
    figures = (share.gross, share.fees, share.refunded, share.net)
    assert [one.amount_minor for one in figures] == [10_000, 720, 10_000, -720]


async def test_an_authorisation_is_captured_in_part_or_canceled_on_the_connected_account(house: House) -> None:
    seller = await house.seller()
    held = (await house.sell("k1", seller.id, **DIRECT, **MANUAL)).payment
    assert held.state == payment_pb2.PAYMENT_STATE_REQUIRES_CAPTURE
    capture = payment_service_pb2.CapturePaymentRequest(idempotency_key="c", payment_id=held.id, amount=usd(6_000))
    captured = (await house.payments.CapturePayment(capture, metadata=house.metadata)).payment
    assert (captured.amount_captured.amount_minor, captured.platform_fee.amount_minor) == (6_000, 600)

    other = (await house.sell("k2", seller.id, **DIRECT, **MANUAL)).payment
    cancel = payment_service_pb2.CancelPaymentRequest(idempotency_key="x", payment_id=other.id)
    canceled = (await house.payments.CancelPayment(cancel, metadata=house.metadata)).payment
    assert canceled.state == payment_pb2.PAYMENT_STATE_CANCELED

    assert await changes(house, seller, {}) == {
        "stripe:usd": 600,
        "revenue:platform_fee:usd": 600,
        "seller:stripe:usd": 5_196,
        "seller:fees:usd": 804,
        "seller:earnings:usd": 6_000,
    }


async def test_events_of_the_connect_endpoint_move_it_and_those_of_strangers_ask_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller = await house.seller()
    waiting = (await house.sell("k1", seller.id, **DIRECT, **UNPAID)).payment
    intent = waiting.stripe_payment_intent_id
    card = {"payment_method": "pm_card_visa", "return_url": "https://shop.example"}
    await house.behind_our_back(f"/v1/payment_intents/{intent}/confirm", seller.stripe_account_id, **card)
    own = await house.behind_our_back(
        "/v1/payment_intents", seller.stripe_account_id, amount="500", currency="usd", confirm="true", **card
    )
    fetch, asked = StripeAdapter.fetch_intent, []

    async def noted(self: StripeAdapter, intent_id: str, stripe_account: str = "") -> Any:
        asked.append(intent_id)
        return await fetch(self, intent_id, stripe_account)

    monkeypatch.setattr(StripeAdapter, "fetch_intent", noted)
    await told(house, seller)

    payment = (await house.get(waiting.id)).payment
    assert payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED
    assert payment.stripe_event_ids
    assert own["id"] not in asked
    assert set(asked) == {intent}

    # A refund and a dispute that nobody asked us for.
    back = {"payment_intent": intent, "amount": "1500"}
    await house.behind_our_back("/v1/refunds", seller.stripe_account_id, **back)
    await told(house, seller)
    assert (await house.get(waiting.id)).payment.amount_refunded.amount_minor == 1_500
    await house.control("POST", f"/charges/{payment.stripe_charge_id}/dispute", {})
    await told(house, seller)
    listed = await house.disputes.ListDisputes(
        dispute_service_pb2.ListDisputesRequest(payment_id=waiting.id), metadata=house.metadata
    )
    (dispute,) = listed.disputes
    payment = (await house.get(waiting.id)).payment
    assert payment.amount_disputed.amount_minor == dispute.amount.amount_minor > 0
    await house.settle_all()
    await house.books_are_right()


async def test_without_any_event_settlement_brings_it_up_to_date(house: House) -> None:
    seller = await house.seller()
    waiting = (await house.sell("k1", seller.id, **DIRECT, **UNPAID)).payment
    intent = waiting.stripe_payment_intent_id
    card = {"payment_method": "pm_card_bypassPending", "return_url": "https://shop.example"}
    await house.behind_our_back(f"/v1/payment_intents/{intent}/confirm", seller.stripe_account_id, **card)
    await house.behind_our_back("/v1/refunds", seller.stripe_account_id, payment_intent=intent, amount="1500")

    await house.settle_all()

    payment = (await house.get(waiting.id)).payment
    assert (payment.state, payment.amount_refunded.amount_minor) == (payment_pb2.PAYMENT_STATE_SUCCEEDED, 1_500)
    assert payment.stripe_balance_transaction_id.startswith("txn_")
    await house.books_are_right()


@pytest.mark.parametrize("effect", ["error_before", "error_after", "reset_after"])
async def test_an_unknown_outcome_is_looked_for_on_the_connected_account(house: House, effect: str) -> None:
    seller = await house.seller()
    fault = {"effect": effect, "method": "POST", "path": "/v1/payment_intents", "count": 1}
    await house.control("POST", "/faults", fault)
    assert (await failure(house.sell("k", seller.id, **DIRECT))).reason == "OUTCOME_UNKNOWN"
    # Its events come while nobody knows the intent but by its metadata.
    await told(house, seller)
    await house.sql("UPDATE stripe_operations SET execute_until = now()" if effect != "error_before" else "SELECT 1")
    await house.complete()

    paid = (await house.sell("k", seller.id, **DIRECT)).payment

    assert paid.state == payment_pb2.PAYMENT_STATE_SUCCEEDED
    assert len((await house.stripe("/v1/payment_intents", seller.stripe_account_id))["data"]) == 1

    await house.control("POST", "/faults", fault | {"path": "/v1/refunds"})
    assert (await failure(house.refund("r", paid.id))).reason == "OUTCOME_UNKNOWN"
    await house.sql("UPDATE stripe_operations SET execute_until = now()" if effect != "error_before" else "SELECT 1")
    await house.complete()
    assert (await house.refund("r", paid.id)).state == refund_pb2.REFUND_STATE_SUCCEEDED
    assert len((await house.stripe("/v1/refunds", seller.stripe_account_id))["data"]) == 1
    await house.settle_all()
    await house.books_are_right()


async def test_an_intent_elsewhere_cannot_speak_for_it(house: House) -> None:
    seller, thief = await house.seller(), await house.seller("thief")
    waiting = (await house.sell("k1", seller.id, **DIRECT, **UNPAID)).payment
    await house.sql("UPDATE payments SET intent_id = '', state = 'CREATING'")
    forged = {
        "amount": "10000",
        "currency": "usd",
        "confirm": "true",
        "payment_method": "pm_card_bypassPending",
        "return_url": "https://shop.example",
        "metadata[payments_payment_id]": waiting.id,
    }
    for account in (thief.stripe_account_id, ""):
        await house.behind_our_back("/v1/payment_intents", account, **forged)
    await told(house, thief)
    await house.settle_all()
    assert (await house.get(waiting.id)).payment.state == payment_pb2.PAYMENT_STATE_CREATING
    await house.books_are_right()


async def test_what_a_direct_payment_cannot_have_is_refused(house: House) -> None:
    seller = await house.seller()
    nameless = await failure(house.create("k0", **DIRECT))
    assert "connected_account_id is required for CHARGE_MODEL_DESTINATION and CHARGE_MODEL_DIRECT" in nameless.message
    declined = await failure(house.sell("k1", seller.id, **DIRECT, payment_method="pm_card_chargeDeclined"))
    assert (declined.reason, declined.metadata["payment_id"][:4]) == ("STRIPE_DECLINED", "pay_")
    paid = (await house.sell("k2", seller.id, **DIRECT)).payment
    absorbed = await failure(house.refund("r1", paid.id, absorb_by="ABSORB_BY_PLATFORM"))
    assert (absorbed.reason, list(absorbed.fields)) == ("REQUEST_INVALID", ["absorb_by"])
    stub: Any = payment_service_pb2_grpc.PaymentServiceStub(house.channel)
    request = create_request("k3", charge_model="CHARGE_MODEL_DIRECT", connected_account_id=seller.id)
    stranger = await failure(stub.CreatePayment(request, metadata=house.as_caller("bob", ["bob"])))
    assert stranger.reason == "ACCOUNT_NOT_FOUND"
    await house.control("POST", f"/accounts/{seller.stripe_account_id}/restrict")
    restricted = await failure(house.sell("k4", seller.id, **DIRECT))
    assert (restricted.reason, "cannot currently make charges" in restricted.message) == ("STRIPE_REJECTED", True)
