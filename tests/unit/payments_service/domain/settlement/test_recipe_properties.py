"""Whatever arrives, whatever is known of it: the right mirror moves by its net, and the books balance."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments_service.domain.ids import new_id
from payments_service.domain.refund.model import AbsorbBy
from payments_service.domain.settlement.counters import Concern
from payments_service.domain.settlement.model import BalanceTransaction, FeeDetail
from payments_service.domain.settlement.recipe import book
from tests.unit.payments_service.domain.samples import CHARGE
from tests.unit.payments_service.domain.settlement.flows import (
    ACN,
    MIRROR,
    SALE,
    SELLER,
    SOLD,
    THEIR_SUSPENSE,
    Line,
    balances,
    booked,
)

KINDS = (
    "adjustment",
    "application_fee",
    "application_fee_refund",
    "charge",
    "partial_capture_reversal",
    "payment",
    "payment_failure_refund",
    "payment_refund",
    "payment_reversal",
    "payout",
    "payout_cancel",
    "payout_failure",
    "refund",
    "refund_failure",
    "stripe_fee",
    "stripe_fx_fee",
    "tax_fee",
    "topup",
    "topup_reversal",
    "transfer",
    "transfer_cancel",
    "transfer_failure",
    "transfer_refund",
)
UNKNOWN = st.text("abcdefgh_", min_size=1).filter(lambda text: text not in KINDS)
AMOUNTS = st.integers(-(10**11), 10**11)
FEES = st.lists(
    st.builds(FeeDetail, st.sampled_from(["stripe_fee", "application_fee", "tax", "new_fee"]), AMOUNTS), max_size=4
)
CONCERNS = st.builds(
    Concern,
    st.sampled_from([None, SALE, SOLD]),
    st.sampled_from([None, SELLER]),
    st.sampled_from(AbsorbBy),
)


@st.composite
def rows(draw: st.DrawFn, kinds: st.SearchStrategy[str], of: str = "") -> BalanceTransaction:
    """Balance transactions; now and then with figures that do not add up."""
    amount, fees = draw(AMOUNTS), draw(FEES)
    fee = sum(detail.amount for detail in fees)
    odd = draw(st.sampled_from([0, 0, 0, 17, -3]))
    return replace(
        CHARGE,
        stripe_account=of,
        type=draw(kinds),
        amount=amount,
        fee=fee,
        net=amount - fee + odd,
        fee_details=tuple(fees),
        currency=draw(st.sampled_from(["usd", "eur", "jpy"])),
    )


ANY_KIND = st.sampled_from(KINDS) | UNKNOWN


@given(transaction=rows(ANY_KIND), concern=CONCERNS)
def test_the_platforms_mirror_moves_by_net_and_no_sellers_book_is_touched(
    transaction: BalanceTransaction, concern: Concern
) -> None:
    sums = booked(Line(transaction, concern))

    assert sums.get(f"stripe:{transaction.currency}", 0) == transaction.net
    assert sum(sums.values()) == 0
    assert not any(code.startswith("connected:") for code in sums)
    assert all(code.endswith(f":{transaction.currency}") for code in sums)


@given(transaction=rows(ANY_KIND, of=SELLER.stripe_account), concern=CONCERNS)
def test_a_sellers_mirror_moves_by_net_and_nothing_but_the_sellers_book_is_touched(
    transaction: BalanceTransaction, concern: Concern
) -> None:
    sums = booked(Line(transaction, replace(concern, account=SELLER)))

    assert sums.get(MIRROR.removesuffix("usd") + transaction.currency, 0) == transaction.net
    assert sum(sums.values()) == 0
    assert all(code.startswith(f"connected:{ACN}:") for code in sums)
    assert all(code.endswith(f":{transaction.currency}") for code in sums)


@given(transaction=rows(UNKNOWN), concern=CONCERNS)
def test_what_nobody_foresaw_is_in_the_platforms_suspense(transaction: BalanceTransaction, concern: Concern) -> None:
    booking = book(transaction, concern, new_id())

    assert booking.in_suspense
    assert booking.counter.code == f"suspense:{transaction.currency}"


@given(transaction=rows(UNKNOWN, of=SELLER.stripe_account))
def test_what_nobody_foresaw_of_a_seller_is_in_the_sellers_suspense(transaction: BalanceTransaction) -> None:
    booking = book(transaction, Concern(account=SELLER), new_id())

    assert booking.in_suspense
    assert booking.counter.code == THEIR_SUSPENSE.removesuffix("usd") + transaction.currency


@given(transaction=rows(ANY_KIND), concern=CONCERNS)
def test_the_fee_accounts_take_exactly_the_fees(transaction: BalanceTransaction, concern: Concern) -> None:
    fees = f"expense:stripe_fee:{transaction.currency}"
    own = transaction.amount if book(transaction, concern, new_id()).counter.code == fees else 0

    assert booked(Line(transaction, concern)).get(fees, 0) == transaction.fee - own


@pytest.mark.parametrize(
    ("kind", "undone_by"),
    [
        ("charge", "payment_failure_refund"),
        ("charge", "partial_capture_reversal"),
        ("refund", "refund_failure"),
        ("payment_refund", "refund_failure"),
        ("transfer", "transfer_refund"),
        ("transfer", "transfer_cancel"),
        ("transfer", "transfer_failure"),
        ("application_fee", "application_fee_refund"),
        ("payout", "payout_failure"),
        ("payout", "payout_cancel"),
    ],
)
@pytest.mark.parametrize("of", ["", SELLER.stripe_account])
@given(amount=AMOUNTS, concern=CONCERNS)
def test_what_is_undone_leaves_nothing_behind(
    kind: str, undone_by: str, of: str, amount: int, concern: Concern
) -> None:
    if of:
        concern = replace(concern, account=SELLER)
    done = replace(CHARGE, stripe_account=of, type=kind, amount=amount, fee=0, net=amount, fee_details=())
    undone = replace(done, id="txn_2", type=undone_by, amount=-amount, net=-amount)

    assert balances([Line(done, concern), Line(undone, concern)]) == {}
