"""One recipe books every balance transaction: which account takes the other side, and what is told of it."""

from dataclasses import replace

import pytest

from payments_service.domain.ids import Prefix, format_id, new_id
from payments_service.domain.ledger.transaction import PostRequest, TransactionKind
from payments_service.domain.refund.model import AbsorbBy
from payments_service.domain.settlement.counters import Concern
from payments_service.domain.settlement.model import BalanceTransaction
from payments_service.domain.settlement.recipe import ACTOR, book
from tests.unit.payments_service.domain.samples import CHARGE, NOON, an_account
from tests.unit.payments_service.domain.settlement.flows import (
    ACN,
    EARNINGS,
    FEES,
    IN_TRANSIT,
    MIRROR,
    PAYABLE,
    SALE,
    SELLER,
    SOLD,
    THEIR_BANK,
    THEIR_SUSPENSE,
    Line,
    booked,
    of_sale,
    of_sold,
    on_platform,
    on_seller,
    platform_fee,
    row,
    with_seller,
)


def request_of(transaction: BalanceTransaction, concern: Concern) -> PostRequest:
    request = book(transaction, concern, new_id()).request
    assert request is not None
    return request


def test_a_charge_of_ours_is_a_sale() -> None:
    assert booked(Line(CHARGE, Concern(SALE))) == {
        "stripe:usd": 9_680,
        "expense:stripe_fee:usd": 320,
        "revenue:sales:usd": -10_000,
    }


def test_a_charge_for_a_seller_is_owed_to_the_seller() -> None:
    assert booked(of_sold("charge", 10_000, 320)) == {
        "stripe:usd": 9_680,
        "expense:stripe_fee:usd": 320,
        PAYABLE: -10_000,
    }


def test_the_reference_is_stripes_id_so_that_it_is_booked_once() -> None:
    request = request_of(CHARGE, Concern(SALE))

    assert request.reference == "stripe:txn_1"
    assert request.kind is TransactionKind.POST
    assert request.forced
    assert request.effective_time == NOON
    assert request.actor == ACTOR


def test_the_books_say_what_it_was_and_whose() -> None:
    sold = replace(CHARGE, exchange_rate="1.08", description="Order 1")

    request = request_of(sold, Concern(SOLD, SELLER))

    assert request.description == "Order 1"
    assert request.metadata == {
        "stripe_type": "charge",
        "stripe_source": "ch_1",
        "payment_id": format_id(Prefix.PAYMENT, SOLD.id),
        "account_id": ACN,
        "exchange_rate": "1.08",
    }
    payout = replace(CHARGE, type="payout", stripe_account="acct_1", source_id="po_1")
    assert request_of(payout, Concern(account=SELLER)).metadata == {
        "stripe_type": "payout",
        "stripe_source": "po_1",
        "stripe_account": "acct_1",
        "account_id": ACN,
    }


def test_what_stripe_does_not_describe_is_described_by_its_type() -> None:
    assert request_of(row("topup", 1), Concern()).description == "topup"


@pytest.mark.parametrize("kind", ["charge", "payment", "refund", "payment_refund", "payment_failure_refund"])
def test_a_payment_of_nobody_we_know_waits_in_suspense(kind: str) -> None:
    stray = row(kind, 10_000, 320)

    assert book(stray, Concern(), new_id()).in_suspense
    assert booked(Line(stray, Concern())) == {
        "stripe:usd": 9_680,
        "expense:stripe_fee:usd": 320,
        "suspense:usd": -10_000,
    }


def test_money_of_a_seller_we_do_not_know_waits_in_suspense() -> None:
    for line in (Line(row("charge", 10_000), Concern(SOLD)), Line(row("transfer", -9_000), Concern())):
        assert book(*line, new_id()).in_suspense
        assert booked(line)["suspense:usd"] == -line.transaction.amount


@pytest.mark.parametrize("kind", ["refund", "payment_refund", "partial_capture_reversal", "payment_failure_refund"])
@pytest.mark.parametrize("absorb_by", AbsorbBy)
def test_what_undoes_a_sale_of_ours_takes_the_revenue_back(kind: str, absorb_by: AbsorbBy) -> None:
    line = Line(row(kind, -4_000), Concern(SALE, absorb_by=absorb_by))

    assert booked(line) == {"stripe:usd": -4_000, "revenue:sales:usd": 4_000}


@pytest.mark.parametrize(
    ("absorb_by", "bearer"),
    [
        (AbsorbBy.CREATOR, PAYABLE),
        (AbsorbBy.UNSPECIFIED, PAYABLE),
        (AbsorbBy.PLATFORM, "expense:refund_absorbed:usd"),
    ],
)
@pytest.mark.parametrize(
    ("kind", "amount"), [("refund", -4_000), ("payment_refund", -4_000), ("refund_failure", 4_000)]
)
def test_a_refund_of_a_sellers_sale_is_at_the_expense_of_who_bears_it(
    kind: str, amount: int, absorb_by: AbsorbBy, bearer: str
) -> None:
    assert booked(of_sold(kind, amount, absorb_by=absorb_by)) == {"stripe:usd": amount, bearer: -amount}


@pytest.mark.parametrize("kind", ["partial_capture_reversal", "payment_failure_refund"])
def test_what_was_never_paid_in_the_end_is_not_a_refund_that_the_platform_could_bear(kind: str) -> None:
    line = of_sold(kind, -4_000, absorb_by=AbsorbBy.PLATFORM)

    assert booked(line) == {"stripe:usd": -4_000, PAYABLE: 4_000}


@pytest.mark.parametrize(
    ("kind", "amount", "counter"),
    [
        ("payout", -5_000, "payouts_in_transit:usd"),
        ("payout_failure", 5_000, "payouts_in_transit:usd"),
        ("payout_cancel", 5_000, "payouts_in_transit:usd"),
        ("topup", 20_000, "bank:usd"),
        ("stripe_fee", -250, "expense:stripe_fee:usd"),
        ("stripe_fx_fee", -250, "expense:stripe_fee:usd"),
        ("tax_fee", -250, "expense:stripe_fee:usd"),
        ("payment_method_passthrough_fee", -250, "expense:stripe_fee:usd"),
        ("application_fee", 1_000, "revenue:platform_fee:usd"),
        ("application_fee_refund", -1_000, "revenue:platform_fee:usd"),
        ("adjustment", -10_000, "suspense:usd"),
        ("something_new", 7, "suspense:usd"),
    ],
)
def test_what_moves_without_a_fee(kind: str, amount: int, counter: str) -> None:
    assert booked(on_platform(kind, amount)) == {"stripe:usd": amount, counter: -amount}


@pytest.mark.parametrize("kind", ["transfer", "transfer_refund", "transfer_cancel", "transfer_failure"])
def test_transfers_and_their_reversals_pay_what_the_seller_is_owed(kind: str) -> None:
    assert booked(with_seller(kind, -9_000)) == {"stripe:usd": -9_000, PAYABLE: 9_000}


@pytest.mark.parametrize(
    ("kind", "counter"),
    [
        ("payment", EARNINGS),
        ("charge", EARNINGS),
        ("transfer", EARNINGS),
        ("refund", EARNINGS),
        ("payment_refund", EARNINGS),
        ("refund_failure", EARNINGS),
        ("payment_reversal", EARNINGS),
        ("payment_failure_refund", EARNINGS),
        ("adjustment", EARNINGS),
        ("payout", IN_TRANSIT),
        ("payout_failure", IN_TRANSIT),
        ("payout_cancel", IN_TRANSIT),
        ("application_fee_refund", FEES),
        ("stripe_fee", FEES),
        ("topup", THEIR_BANK),
        ("something_new", THEIR_SUSPENSE),
    ],
)
def test_the_sellers_book_has_counter_accounts_of_its_own(kind: str, counter: str) -> None:
    line = on_seller(kind, 700)

    assert booked(line) == {MIRROR: 700, counter: -700}
    assert book(*line, new_id()).in_suspense == (counter == THEIR_SUSPENSE)


def test_fees_of_a_seller_are_the_sellers_whoever_takes_them() -> None:
    direct = on_seller("charge", 10_000, 320, platform_fee(1_000))

    assert booked(direct) == {MIRROR: 8_680, FEES: 1_320, EARNINGS: -10_000}


def test_every_account_of_a_seller_belongs_to_the_seller() -> None:
    for line in (of_sold("charge", 100), on_seller("charge", 100, 3), on_seller("payout", -50), on_seller("new", 5)):
        request = request_of(*line)
        named = [spec for posting in request.postings for spec in (posting.debit, posting.credit)]
        owners = {getattr(spec, "code", ""): getattr(spec, "owner_id", "") for spec in named}
        del owners["stripe:usd" if not line.transaction.stripe_account else MIRROR]
        assert set(owners.values()) == {"seller_1"}


@pytest.mark.parametrize("account", [None, an_account(stripe_account="acct_2"), an_account()])
def test_a_connected_book_is_never_written_for_somebody_else(account: object) -> None:
    with pytest.raises(ValueError, match=r"txn_1 is of acct_1, which is not the account at hand"):
        book(replace(CHARGE, stripe_account="acct_1"), Concern(account=account), new_id())  # type: ignore[arg-type]  # the cases are accounts


def test_a_movement_of_nothing_is_no_ledger_transaction() -> None:
    for line in (of_sale("charge", 0), on_seller("payment", 0)):
        assert book(*line, new_id()).request is None


def test_a_fee_that_takes_everything_is_still_booked() -> None:
    assert booked(of_sale("charge", 50, 50)) == {"expense:stripe_fee:usd": 50, "revenue:sales:usd": -50}


def test_figures_that_do_not_add_up_leave_the_mirror_right_and_the_rest_in_suspense() -> None:
    odd = Line(replace(CHARGE, net=9_700), Concern(SALE))

    assert book(*odd, new_id()).in_suspense
    assert booked(odd)["stripe:usd"] == 9_700
    assert booked(odd)["suspense:usd"] == -20


def test_figures_of_a_seller_that_do_not_add_up_wait_in_the_sellers_suspense() -> None:
    odd = Line(replace(CHARGE, type="payment", stripe_account="acct_1", net=9_600), Concern(account=SELLER))

    assert book(*odd, new_id()).in_suspense
    assert booked(odd) == {MIRROR: 9_600, FEES: 320, EARNINGS: -10_000, THEIR_SUSPENSE: 80}


def test_the_counter_account_is_told_for_metrics() -> None:
    assert book(CHARGE, Concern(SALE), new_id()).counter.code == "revenue:sales:usd"
    assert book(CHARGE, Concern(), new_id()).counter.code == "suspense:usd"
