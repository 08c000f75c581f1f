"""One recipe books every balance transaction, and the mirror always moves by its net."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments_service.domain.ids import new_id
from payments_service.domain.ledger.transaction import Posting, code_of
from payments_service.domain.payment.model import Payment
from payments_service.domain.settlement.model import BalanceTransaction, FeeDetail
from payments_service.domain.settlement.recipe import book
from tests.unit.payments_service.domain.samples import CHARGE, NOON, a_payment

PAYMENT = a_payment()


def moved(postings: tuple[Posting, ...]) -> Counter[str]:
    """Debits less credits by account."""
    sums: Counter[str] = Counter()
    for posting in postings:
        sums[code_of(posting.debit)] += posting.amount.amount_minor
        sums[code_of(posting.credit)] -= posting.amount.amount_minor
    return Counter({code: amount for code, amount in sums.items() if amount})


def booked(transaction: BalanceTransaction, payment: Payment | None = PAYMENT) -> Counter[str]:
    booking = book(transaction, payment, new_id())
    return moved(booking.request.postings) if booking.request else Counter()


def test_a_charge_of_ours_is_a_sale() -> None:
    assert booked(CHARGE) == {"stripe:usd": 9_680, "expense:stripe_fee:usd": 320, "revenue:sales:usd": -10_000}


def test_the_reference_is_stripes_id_so_that_it_is_booked_once() -> None:
    request = book(CHARGE, PAYMENT, new_id()).request

    assert request is not None
    assert request.reference == "stripe:txn_1"
    assert request.forced
    assert request.effective_time == NOON


def test_a_charge_of_nobody_we_know_waits_in_suspense() -> None:
    booking = book(CHARGE, None, new_id())

    assert booking.in_suspense
    assert booked(CHARGE, None) == {"stripe:usd": 9_680, "expense:stripe_fee:usd": 320, "suspense:usd": -10_000}


def test_a_refund_takes_the_sale_back() -> None:
    refund = replace(CHARGE, type="refund", amount=-4_000, fee=0, net=-4_000, fee_details=())

    assert booked(refund) == {"stripe:usd": -4_000, "revenue:sales:usd": 4_000}


@pytest.mark.parametrize(
    ("kind", "amount", "counter"),
    [
        ("payout", -5_000, "payouts_in_transit:usd"),
        ("payout_failure", 5_000, "payouts_in_transit:usd"),
        ("payout_cancel", 5_000, "payouts_in_transit:usd"),
        ("topup", 20_000, "bank:usd"),
        ("stripe_fee", -250, "expense:stripe_fee:usd"),
        ("adjustment", -10_000, "suspense:usd"),
        ("something_new", 7, "suspense:usd"),
    ],
)
def test_what_moves_without_a_fee(kind: str, amount: int, counter: str) -> None:
    row = replace(CHARGE, type=kind, amount=amount, fee=0, net=amount, fee_details=(), intent_id="")

    assert booked(row, None) == {"stripe:usd": amount, counter: -amount}


def test_a_movement_of_nothing_is_no_ledger_transaction() -> None:
    nothing = replace(CHARGE, amount=0, fee=0, net=0, fee_details=())

    assert book(nothing, PAYMENT, new_id()).request is None


def test_figures_that_do_not_add_up_leave_the_mirror_right_and_the_rest_in_suspense() -> None:
    odd = replace(CHARGE, net=9_700)

    booking = book(odd, PAYMENT, new_id())

    assert booking.in_suspense
    assert booked(odd)["stripe:usd"] == 9_700
    assert booked(odd)["suspense:usd"] == -20


amounts = st.integers(-(10**11), 10**11)


@given(
    kind=st.sampled_from(["charge", "payment", "refund", "payout", "topup", "stripe_fee", "adjustment", "new"]),
    amount=amounts,
    fees=st.lists(amounts, max_size=4),
    odd=st.sampled_from([0, 0, 0, 17, -3]),
    known=st.booleans(),
)
def test_whatever_arrives_the_mirror_moves_by_net_and_the_books_balance(
    kind: str, amount: int, fees: list[int], odd: int, known: bool
) -> None:
    net = amount - sum(fees) + odd
    row = replace(
        CHARGE,
        type=kind,
        amount=amount,
        fee=sum(fees),
        net=net,
        fee_details=tuple(FeeDetail("stripe_fee", fee) for fee in fees),
    )

    sums = booked(row, PAYMENT if known else None)

    assert sums["stripe:usd"] == net
    assert sum(sums.values()) == 0
