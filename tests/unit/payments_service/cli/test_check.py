"""Every figure that may be off after a purchase and its refund is found, and named."""

from typing import Any

import pytest
from payments_api.v1 import account_pb2, payment_pb2, refund_pb2

from payments_service.cli.purchase.check import problems
from tests.unit.payments_service.cli.purchase_facts import (
    BOOKINGS,
    SELLERS_MIRROR,
    balances,
    books,
    entries,
    events,
    fees,
    mirror,
    payment,
    purchase,
    refund,
    right_facts,
    seller,
    usd,
)

PENDING = refund_pb2.REFUND_STATE_PENDING


def test_a_purchase_that_went_well_has_no_problems() -> None:
    assert problems(right_facts()) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"seller": seller(state=account_pb2.CONNECTED_ACCOUNT_STATE_RESTRICTED)},
            "acn_1 is RESTRICTED and not ACTIVE",
        ),
        ({"payment": payment(state=payment_pb2.PAYMENT_STATE_PROCESSING)}, "pay_1 is PROCESSING and not SUCCEEDED"),
        (
            {"payment": payment(amount_captured=usd(9_999))},
            "the payment's captured amount is 99.99 usd and not 100.00 usd",
        ),
        (
            {"payment": payment(amount_refunded=usd(0))},
            "the payment's refunded amount is 0.00 usd and not 40.00 usd",
        ),
        ({"payment": payment(stripe_event_ids=[])}, "no webhook has been applied"),
        ({"has_client_secret": False}, "no client secret"),
        ({"listed": ["pay_1", "pay_2"]}, "ListPayments gives pay_1, pay_2"),
        ({"purchase": purchase(status=payment_pb2.PURCHASE_STATUS_PAID)}, "demo-1 is PAID and not PARTIALLY_REFUNDED"),
        ({"purchase": purchase(amount_refunded=usd(1))}, "the purchase's refunded amount is 0.01 usd"),
        ({"refunds": []}, "ListRefunds gives 0 refunds"),
        ({"refunds": [refund(), refund()]}, "ListRefunds gives 2 refunds"),
        ({"refunds": [refund(state=PENDING)]}, "and not one of 40.00 usd that SUCCEEDED"),
        ({"fees": []}, "not settled"),
        ({"fees": [fees(settled=False)]}, "not settled"),
        ({"fees": [fees(net=usd(279))]}, "GetPaymentFees: net is 2.79 usd and not 2.80 usd"),
        ({"fees": [fees(platform_fee=usd(1_000))]}, "GetPaymentFees: platform_fee is 10.00 usd and not 6.00 usd"),
        ({"fees": [fees(fees=usd(321))]}, "platform's fee lines add up to 3.20 usd and not to 3.21 usd"),
        ({"fees": [fees({"fees": usd(601)})]}, "seller's fee lines add up to 6.00 usd and not to 6.01 usd"),
        ({"fees": [fees({"net": usd(9_000)})]}, "connected_share.net is 90.00 usd and not 54.00 usd"),
        ({"events": events("refund.succeeded")}, "PullEvents gave no refund.succeeded SUCCEEDED"),
        ({"books": books(281)}, "trial balance in usd is off by 0.01 usd"),
        ({"mirrors": [mirror(pending=279)]}, "the platform's mirror is off Stripe's balance by 0.01 usd"),
        ({"seller_mirrors": [mirror(5_400, 5_399)]}, "the seller's mirror is off Stripe's balance by 0.01 usd"),
        ({"mirrors": [mirror(difference=-1)]}, "off Stripe's balance"),
        ({"mirrors": []}, "the platform's mirror shows no usd"),
        ({"seller_mirrors": []}, "the seller's mirror shows no usd"),
        ({"balances": balances(own=1)}, "the balance of stripe:usd is 0.01 usd and not 2.80 usd"),
        ({"balances": balances(stripe=5_401)}, f"the balance of {SELLERS_MIRROR} is 54.01 usd and not 54.00 usd"),
        ({"balances": balances(payable=-1)}, "payable:usd is -0.01 usd and not 0.00 usd"),
        ({"balances": {}}, f"the ledger has no account {SELLERS_MIRROR}"),
        ({"at_stripe": {"usd": 280, "eur": 5}}, "/v1/balance gives 0.05 eur, and the platform's mirror is 0.00 eur"),
        ({"at_stripe": {"usd": 283}}, "/v1/balance gives 2.83 usd"),
        ({"seller_at_stripe": {}}, "the seller's balance at Stripe is 0.00 usd and not 54.00 usd"),
        ({"entries": entries(txn_1=[])}, "has nothing for Stripe's charge txn_1 of 96.80 usd"),
        ({"entries": entries(txn_8=[-3_600, -3_600])}, "has -36.00 usd, -36.00 usd for Stripe's payment_refund txn_8"),
        ({"entries": entries(txn_2=[10_000])}, "has 100.00 usd for Stripe's transfer txn_2 of -100.00 usd"),
        ({"bookings": BOOKINGS[1:]}, "what Stripe booked in the platform's balance is -94.00 usd and not 2.80 usd"),
        ({"bookings": BOOKINGS[:-1]}, "what Stripe booked in the seller's balance is 90.00 usd and not 54.00 usd"),
    ],
)
def test_a_figure_that_is_off_is_named(change: dict[str, Any], words: str) -> None:
    assert any(words in problem for problem in problems(right_facts(**change)))


def test_totals_that_are_not_the_sums_of_their_lines_are_found_although_they_balance() -> None:
    wrong = books()
    wrong.totals[0].debit.amount_minor = wrong.totals[0].credit.amount_minor = 6_601
    assert problems(right_facts(books=wrong)) == [
        "the totals of the trial balance in usd are not the sums of its lines, or not balanced"
    ]
