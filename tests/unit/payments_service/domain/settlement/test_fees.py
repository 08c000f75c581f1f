"""Real fees are what Stripe's balance transactions say."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from payments_service.domain.money import Money
from payments_service.domain.settlement.fees import fees_of
from payments_service.domain.settlement.model import FeeDetail
from tests.unit.payments_service.domain.samples import CHARGE

REFUND = replace(CHARGE, id="txn_2", type="refund", amount=-4_000, fee=0, net=-4_000, fee_details=())


def test_nothing_is_known_before_settlement() -> None:
    assert fees_of([]) == []


def test_a_charge_gives_gross_fee_and_net() -> None:
    (fees,) = fees_of([CHARGE])

    assert (fees.gross, fees.fees, fees.refunded, fees.net) == tuple(Money(n, "usd") for n in (10_000, 320, 0, 9_680))
    assert [(line.type, line.amount, line.balance_transaction_id) for line in fees.lines] == [
        ("stripe_fee", Money(320, "usd"), "txn_1")
    ]
    assert fees.settled


def test_a_refund_lowers_the_net_and_leaves_the_fee() -> None:
    (fees,) = fees_of([CHARGE, REFUND])

    assert (fees.refunded, fees.fees, fees.net) == (Money(4_000, "usd"), Money(320, "usd"), Money(5_680, "usd"))


def test_a_failed_refund_is_money_back() -> None:
    failure = replace(REFUND, id="txn_3", type="refund_failure", amount=4_000, net=4_000)

    (fees,) = fees_of([CHARGE, REFUND, failure])

    assert (fees.refunded, fees.net) == (Money(0, "usd"), Money(9_680, "usd"))


def test_currencies_are_kept_apart() -> None:
    assert [fees.gross.currency for fees in fees_of([CHARGE, replace(CHARGE, id="txn_4", currency="eur")])] == [
        "eur",
        "usd",
    ]


@given(
    st.lists(
        st.tuples(st.sampled_from(["charge", "refund", "adjustment"]), st.integers(-9999, 9999), st.integers(-99, 99))
    )
)
def test_the_figures_always_add_up(rows: list[tuple[str, int, int]]) -> None:
    transactions = [
        replace(CHARGE, type=kind, amount=amount, fee=fee, net=amount - fee, fee_details=(FeeDetail("x", fee),))
        for kind, amount, fee in rows
    ]

    for fees in fees_of(transactions):
        assert fees.net == fees.gross - fees.fees - fees.refunded
        assert sum(line.amount.amount_minor for line in fees.lines) == fees.fees.amount_minor
