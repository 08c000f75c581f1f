"""Real fees are what Stripe's balance transactions say, on the platform's side and on the connected account's."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments_service.domain.money import Money
from payments_service.domain.settlement.fees import Fees, Share, fees_of
from payments_service.domain.settlement.model import BalanceTransaction, FeeDetail
from tests.unit.payments_service.domain.samples import CHARGE
from tests.unit.payments_service.domain.settlement.flows import platform_fee, row

REFUND = replace(CHARGE, id="txn_2", type="refund", amount=-4_000, fee=0, net=-4_000, fee_details=())
ACCOUNT = "acct_1"


def theirs(kind: str, amount: int, *fees: FeeDetail) -> BalanceTransaction:
    return row(kind, amount, *fees, of=ACCOUNT)


DESTINATION = [
    row("charge", 10_000, 320),
    row("transfer", -10_000),
    row("application_fee", 1_000),
    theirs("payment", 10_000, platform_fee(1_000)),
]
FULLY_REFUNDED = [
    row("refund", -10_000),
    row("transfer_refund", 10_000),
    row("application_fee_refund", -1_000),
]
PARTLY_REFUNDED = [
    row("refund", -4_000),
    row("transfer_refund", 4_000),
    row("application_fee_refund", -400),
]


def figures(fees: Fees) -> dict[str, int]:
    """The platform's side."""
    names = ("gross", "fees", "refunded", "transferred", "platform_fee", "net")
    return {name: getattr(fees, name).amount_minor for name in names}


def share(fees: Fees) -> dict[str, int] | None:
    """The connected account's side."""
    if fees.share is None:
        return None
    return {name: getattr(fees.share, name).amount_minor for name in ("gross", "fees", "refunded", "net")}


def test_nothing_is_known_before_settlement() -> None:
    assert fees_of([]) == []


def test_a_charge_gives_gross_fee_and_net() -> None:
    (fees,) = fees_of([CHARGE])

    assert (fees.gross, fees.fees, fees.refunded, fees.net) == tuple(Money(n, "usd") for n in (10_000, 320, 0, 9_680))
    assert [(line.type, line.amount, line.balance_transaction_id) for line in fees.lines] == [
        ("stripe_fee", Money(320, "usd"), "txn_1")
    ]
    assert fees.settled
    assert fees.share is None


def test_a_refund_lowers_the_net_and_leaves_the_fee() -> None:
    (fees,) = fees_of([CHARGE, REFUND])

    assert (fees.refunded, fees.fees, fees.net) == (Money(4_000, "usd"), Money(320, "usd"), Money(5_680, "usd"))


def test_a_failed_refund_is_money_back() -> None:
    failure = replace(REFUND, id="txn_3", type="refund_failure", amount=4_000, net=4_000)

    (fees,) = fees_of([CHARGE, REFUND, failure])

    assert (fees.refunded, fees.net) == (Money(0, "usd"), Money(9_680, "usd"))


def test_a_capture_taken_back_in_part_is_refunded_and_its_fee_given_back() -> None:
    (fees,) = fees_of([CHARGE, row("partial_capture_reversal", -4_000, -116)])

    assert figures(fees) == {
        "gross": 10_000,
        "fees": 204,
        "refunded": 4_000,
        "transferred": 0,
        "platform_fee": 0,
        "net": 5_796,
    }


def test_of_a_destination_charge_both_sides_have_their_figures() -> None:
    (fees,) = fees_of(DESTINATION)

    assert figures(fees) == {
        "gross": 10_000,
        "fees": 320,
        "refunded": 0,
        "transferred": 10_000,
        "platform_fee": 1_000,
        "net": 680,
    }
    assert share(fees) == {"gross": 10_000, "fees": 1_000, "refunded": 0, "net": 9_000}
    assert [(line.type, line.amount.amount_minor, line.of_connected_account) for line in fees.lines] == [
        ("stripe_fee", 320, False),
        ("application_fee", 1_000, True),
    ]
    assert fees.settled


def test_what_a_transfer_of_less_leaves_with_the_platform_is_in_its_net() -> None:
    (fees,) = fees_of([row("charge", 10_000, 320), row("transfer", -9_000), theirs("payment", 9_000)])

    assert figures(fees) == {
        "gross": 10_000,
        "fees": 320,
        "refunded": 0,
        "transferred": 9_000,
        "platform_fee": 0,
        "net": 680,
    }
    assert share(fees) == {"gross": 9_000, "fees": 0, "refunded": 0, "net": 9_000}


@pytest.mark.parametrize("kind", ["transfer_refund", "transfer_cancel", "transfer_failure"])
def test_what_comes_back_of_a_transfer_was_not_transferred(kind: str) -> None:
    (fees,) = fees_of([row("charge", 10_000, 320), row("transfer", -9_000), row(kind, 9_000)])

    assert (fees.transferred, fees.refunded, fees.net) == (Money(0, "usd"), Money(0, "usd"), Money(9_680, "usd"))


def test_a_refund_without_reversal_leaves_the_share_alone() -> None:
    (fees,) = fees_of([*DESTINATION, row("refund", -10_000)])

    assert (fees.refunded, fees.net) == (Money(10_000, "usd"), Money(-9_320, "usd"))
    assert share(fees) == {"gross": 10_000, "fees": 1_000, "refunded": 0, "net": 9_000}


def test_a_reversal_without_the_fee_leaves_the_fee_with_the_platform() -> None:
    (fees,) = fees_of(
        [*DESTINATION, row("refund", -10_000), row("transfer_refund", 10_000), theirs("payment_refund", -10_000)]
    )

    assert figures(fees) == {
        "gross": 10_000,
        "fees": 320,
        "refunded": 10_000,
        "transferred": 0,
        "platform_fee": 1_000,
        "net": 680,
    }
    assert share(fees) == {"gross": 10_000, "fees": 1_000, "refunded": 10_000, "net": -1_000}


@pytest.mark.parametrize(
    ("back", "on_seller", "platform", "seller"),
    [
        pytest.param(
            FULLY_REFUNDED,
            [theirs("payment_refund", -10_000, platform_fee(-1_000))],
            (10_000, 0, 0, -320),
            (0, 10_000, 0),
            id="all, the fee on the refund's line",
        ),
        pytest.param(
            FULLY_REFUNDED,
            [theirs("payment_refund", -10_000), theirs("application_fee_refund", 1_000)],
            (10_000, 0, 0, -320),
            (0, 10_000, 0),
            id="all, the fee on a line of its own",
        ),
        pytest.param(
            PARTLY_REFUNDED,
            [theirs("payment_refund", -4_000, platform_fee(-400))],
            (4_000, 6_000, 600, 280),
            (600, 4_000, 5_400),
            id="a part, the fee on the refund's line",
        ),
        pytest.param(
            PARTLY_REFUNDED,
            [theirs("payment_refund", -4_000), theirs("application_fee_refund", 400)],
            (4_000, 6_000, 600, 280),
            (600, 4_000, 5_400),
            id="a part, the fee on a line of its own",
        ),
    ],
)
def test_a_fee_given_back_reads_the_same_in_both_of_stripes_forms(
    back: list[BalanceTransaction],
    on_seller: list[BalanceTransaction],
    platform: tuple[int, int, int, int],
    seller: tuple[int, int, int],
) -> None:
    (fees,) = fees_of([*DESTINATION, *back, *on_seller])

    shown = figures(fees)
    assert (shown["refunded"], shown["transferred"], shown["platform_fee"], shown["net"]) == platform
    assert (shown["gross"], shown["fees"]) == (10_000, 320)
    their_fees, refunded, net = seller
    assert share(fees) == {"gross": 10_000, "fees": their_fees, "refunded": refunded, "net": net}
    assert sum(line.amount.amount_minor for line in fees.lines if line.of_connected_account) == their_fees
    assert [line.type for line in fees.lines] == ["stripe_fee", "application_fee", "application_fee"]


def test_a_direct_charge_has_its_fees_on_the_connected_account() -> None:
    direct = [
        theirs("charge", 10_000, FeeDetail("stripe_fee", 320), platform_fee(1_000)),
        row("application_fee", 1_000),
    ]

    (fees,) = fees_of(direct)

    assert (fees.platform_fee, fees.net, fees.fees) == (Money(1_000, "usd"), Money(1_000, "usd"), Money(0, "usd"))
    assert share(fees) == {"gross": 10_000, "fees": 1_320, "refunded": 0, "net": 8_680}


def test_a_share_is_shown_before_the_platforms_own_side_is_settled() -> None:
    (fees,) = fees_of([replace(theirs("payment", 10_000, platform_fee(1_000)), parent_id="tr_1")])

    assert not fees.settled
    assert fees.share == Share(*(Money(amount, "usd") for amount in (10_000, 1_000, 0, 9_000)))


def test_a_direct_charge_is_settled_where_it_was_made() -> None:
    (fees,) = fees_of([theirs("charge", 10_000, platform_fee(1_000))])

    assert (fees.settled, fees.gross, fees.net) == (True, Money(0, "usd"), Money(0, "usd"))
    assert fees.share == Share(*(Money(amount, "usd") for amount in (10_000, 1_000, 0, 9_000)))


def test_currencies_are_kept_apart() -> None:
    assert [fees.gross.currency for fees in fees_of([CHARGE, replace(CHARGE, id="txn_4", currency="eur")])] == [
        "eur",
        "usd",
    ]


KINDS = st.sampled_from(
    [
        "charge",
        "payment",
        "refund",
        "payment_refund",
        "refund_failure",
        "partial_capture_reversal",
        "payment_failure_refund",
        "transfer",
        "transfer_refund",
        "application_fee",
        "application_fee_refund",
        "adjustment",
        "something_new",
    ]
)
DETAILS = st.lists(
    st.builds(FeeDetail, st.sampled_from(["stripe_fee", "application_fee", "tax"]), st.integers(-99, 99)), max_size=3
)
ROWS = st.builds(
    lambda kind, amount, details, of, currency: replace(row(kind, amount, *details, of=of), currency=currency),
    KINDS,
    st.integers(-9_999, 9_999),
    DETAILS,
    st.sampled_from(["", ACCOUNT, "acct_2"]),
    st.sampled_from(["usd", "eur"]),
)


@given(st.lists(ROWS, max_size=12))
def test_the_figures_always_add_up(rows: list[BalanceTransaction]) -> None:
    for fees in fees_of(rows):
        side = figures(fees)
        assert side["net"] == (
            side["gross"] - side["fees"] - side["refunded"] - side["transferred"] + side["platform_fee"]
        )
        if fees.share is not None:
            part = fees.share
            assert part.net == part.gross - part.fees - part.refunded


@given(st.lists(ROWS, max_size=12))
def test_what_is_left_is_what_the_balances_moved_by(rows: list[BalanceTransaction]) -> None:
    for fees in fees_of(rows):
        same = [row for row in rows if row.currency == fees.net.currency]
        assert fees.net.amount_minor == sum(row.net for row in same if not row.stripe_account)
        of_accounts = [row.net for row in same if row.stripe_account]
        assert (fees.share.net.amount_minor if fees.share else None) == (sum(of_accounts) if of_accounts else None)


@given(st.lists(ROWS, max_size=12))
def test_the_fees_one_by_one_come_to_the_fees(rows: list[BalanceTransaction]) -> None:
    for fees in fees_of(rows):
        ours = sum(line.amount.amount_minor for line in fees.lines if not line.of_connected_account)
        theirs = sum(line.amount.amount_minor for line in fees.lines if line.of_connected_account)
        assert ours == fees.fees.amount_minor
        assert theirs == (fees.share.fees.amount_minor if fees.share else 0)
