"""A purchase from the call to the ledger, by the two kinds of client that a caller may have."""

import asyncio
import json
from collections import Counter

import pytest
from payments_api.v1 import payment_pb2, refund_pb2, refund_service_pb2

from tests.e2e.caller import Caller, failure, new_payment
from tests.e2e.marketplace import open_shop, sale
from tests.e2e.programs import BIN
from tests.e2e.stack import Stack
from tests.e2e.waiting import until

pytestmark = pytest.mark.xdist_group("e2e-shared-stack")

GROSS, FEE, NET = 2_500, 103, 2_397


async def test_a_generated_stub_pays_and_the_money_arrives_in_the_ledger(caller: Caller, stack: Stack) -> None:
    request = new_payment(description="Two coffees", metadata={"table": "7"})
    created = await caller.create(request)
    assert created.client_secret.startswith(created.payment.stripe_payment_intent_id)
    assert created.payment.state == payment_pb2.PAYMENT_STATE_REQUIRES_PAYMENT_METHOD

    confirmed = await caller.confirm(created.payment.id, "pm_card_visa")
    assert confirmed.payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED

    fees = await caller.settled_fees(created.payment.id)
    assert [fees.gross.amount_minor, fees.fees.amount_minor, fees.net.amount_minor] == [GROSS, FEE, NET]
    await until(lambda: _caught_up(caller, created.payment.id))

    payment = await caller.payment(created.payment.id)
    assert payment.amount_captured.amount_minor == GROSS
    assert dict(payment.metadata) == {"table": "7"}
    purchase = await caller.purchase(request.reference)
    assert purchase.status == payment_pb2.PURCHASE_STATUS_PAID
    assert [found.id for found in await caller.payments_for(request.reference)] == [payment.id]

    mirror = await caller.entries("stripe:usd")
    booked = [entry for entry in mirror if entry.reference == f"stripe:{payment.stripe_balance_transaction_id}"]
    assert [entry.amount.amount_minor for entry in booked] == [NET]
    assert len(await stack.stripe.intents(request.reference)) == 1


async def test_a_seller_is_paid_and_a_part_is_refunded_and_both_books_follow(caller: Caller, stack: Stack) -> None:
    seller = await open_shop(caller, stack)
    paid = (await caller.create(sale(seller))).payment
    await until(lambda: _last_is(caller, f"connected:{seller.id}:stripe:usd", 9_000))

    request = refund_service_pb2.CreateRefundRequest(
        idempotency_key=f"refund-{paid.id}",
        payment_id=paid.id,
        amount={"amount_minor": 4_000, "currency_code": "usd"},
        absorb_by="ABSORB_BY_CREATOR",
        reverse_transfer=True,
        refund_platform_fee=True,
    )
    refund = (await caller.call(caller.refunds.CreateRefund, request)).refund
    assert refund.state == refund_pb2.REFUND_STATE_SUCCEEDED
    await until(lambda: _last_is(caller, f"connected:{seller.id}:stripe:usd", 5_400))
    await until(lambda: _left(caller, paid.id, 280))

    assert await stack.stripe.balance(seller.stripe_account) == {"usd": 5_400}
    mirror = (await caller.mirrors(seller.id))["usd"]
    assert (mirror.ledger.amount_minor, mirror.difference.amount_minor) == (5_400, 0)
    assert await _last_is(caller, f"creator:{seller.id}:payable:usd", 0)
    purchase = await caller.purchase(paid.reference)
    assert purchase.status == payment_pb2.PURCHASE_STATUS_PARTIALLY_REFUNDED
    assert {total.difference.amount_minor for total in (await caller.books()).totals} == {0}


async def test_buf_curl_pays_over_reflection(caller: Caller, stack: Stack) -> None:
    request = new_payment(payment_method="pm_card_visa", confirm=True)
    body = {
        "idempotency_key": request.idempotency_key,
        "reference": request.reference,
        "amount": {"amount_minor": GROSS, "currency_code": "usd"},
        "payment_method": "pm_card_visa",
        "confirm": True,
    }
    created = await _buf_curl(stack, "payments_api.v1.PaymentService/CreatePayment", body)
    assert created["payment"]["state"] == "PAYMENT_STATE_SUCCEEDED"
    assert created["payment"]["amountCaptured"] == {"amountMinor": str(GROSS), "currencyCode": "usd"}

    await caller.settled_fees(str(created["payment"]["id"]))
    purchase = await _buf_curl(stack, "payments_api.v1.PaymentService/GetPurchase", {"reference": request.reference})
    assert purchase["purchase"]["status"] == "PURCHASE_STATUS_PAID"


async def test_the_trial_balance_is_zero_and_the_mirror_is_stripes_own_balance(caller: Caller, stack: Stack) -> None:
    # A second currency, so that "per currency" means something.
    for currency in ("usd", "eur"):
        paid = await caller.create(new_payment(currency=currency, payment_method="pm_card_visa", confirm=True))
        await caller.settled_fees(paid.payment.id)

    async def agrees() -> bool:
        ledger = {currency: line.ledger.amount_minor for currency, line in (await caller.mirrors()).items()}
        return ledger == await stack.stripe.balance()

    await until(agrees)
    mirrors = await caller.mirrors()
    assert {line.difference.amount_minor for line in mirrors.values()} == {0}
    assert mirrors["usd"].ledger.amount_minor > 0

    books = await caller.books()
    sums: Counter[str] = Counter()
    for line in books.lines:
        sums[line.debit.currency_code] += line.debit.amount_minor - line.credit.amount_minor
    assert set(sums) >= {"usd", "eur"}
    assert set(sums.values()) == {0}
    assert {total.difference.amount_minor for total in books.totals} == {0}


async def test_a_declined_card_can_be_followed_by_a_good_one(caller: Caller, stack: Stack) -> None:
    request = new_payment()
    created = await caller.create(request)
    declined = await failure(caller.confirm(created.payment.id, "pm_card_chargeDeclinedInsufficientFunds"))
    assert declined.reason == "STRIPE_DECLINED"
    assert declined.metadata["decline_code"] == "insufficient_funds"
    assert declined.metadata["payment_id"] == created.payment.id
    assert (await caller.payment(created.payment.id)).last_failure.decline_code == "insufficient_funds"

    confirmed = await caller.confirm(created.payment.id, "pm_card_visa")
    assert confirmed.payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED
    assert (await caller.settled_fees(created.payment.id)).net.amount_minor == NET
    assert len(await stack.stripe.intents(request.reference)) == 1


async def _last_is(caller: Caller, code: str, posted_minor: int) -> bool:
    """Whether this is the balance of a ledger account after its last entry."""
    entries = await caller.entries(code)
    return bool(entries) and entries[0].posted_after.amount_minor == posted_minor


async def _left(caller: Caller, payment_id: str, net_minor: int) -> bool:
    """Whether this is what the platform has of a payment."""
    return (await caller.settled_fees(payment_id)).net.amount_minor == net_minor


async def _caught_up(caller: Caller, payment_id: str) -> bool:
    """Whether the payment shows its webhook and its balance transaction: it follows them one by one."""
    payment = await caller.payment(payment_id)
    return bool(payment.stripe_event_ids and payment.stripe_balance_transaction_id)


async def _buf_curl(stack: Stack, method: str, body: dict[str, object]) -> dict[str, dict[str, object]]:
    """Call a method as the README shows it: no protos at hand, only reflection."""
    process = await asyncio.create_subprocess_exec(
        str(BIN / "buf"),
        *("curl", "--protocol", "grpc", "--cacert", str(stack.ca_file)),
        *("-H", f"authorization: Bearer {stack.token}", "-d", json.dumps(body)),
        f"https://{stack.target}/{method}",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, complaint = await process.communicate()
    assert process.returncode == 0, complaint.decode()
    reply: dict[str, dict[str, object]] = json.loads(output)
    return reply
