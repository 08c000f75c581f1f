"""What a balance transaction is about: whose payment, which seller, at whose expense."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from payments_service.application.settlement.concerns import concerns_of, transfers_to_fetch
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.payment.model import ChargeModel
from payments_service.domain.refund.model import AbsorbBy, RefundState
from payments_service.domain.settlement.counters import Concern
from payments_service.domain.settlement.model import BalanceTransaction
from tests.unit.payments_service.application.memory import Accounts, Memory, Payments, Refunds
from tests.unit.payments_service.domain.samples import CHARGE, a_captured_payment, a_refund, an_account

SELLER = an_account(stripe_account="acct_1")
SOLD = a_captured_payment(intent_id="pi_1", charge_model=ChargeModel.DESTINATION, connected_account_id=SELLER.id)
SALE = a_captured_payment(intent_id="pi_2")


def a_row(kind: str, source: str, **changes: object) -> BalanceTransaction:
    row = replace(CHARGE, id=f"txn_{source}", type=kind, source_id=source, intent_id="")
    return replace(row, **changes)  # type: ignore[arg-type]  # each test names real fields


TRANSFER = a_row("transfer", "tr_1", parent_id="ch_1", destination="acct_1")
REVERSAL = a_row("transfer_refund", "trr_1", parent_id="tr_1")
REFUND = a_row("refund", "re_1", parent_id="ch_1", intent_id="pi_1", amount=-4_000)


def test_a_reversal_whose_transfer_nobody_has_seen_asks_where_it_went() -> None:
    assert transfers_to_fetch([REVERSAL], {}) == {"tr_1"}


def test_a_transfer_that_is_here_or_booked_needs_no_asking() -> None:
    assert transfers_to_fetch([TRANSFER, REVERSAL], {}) == set()
    assert transfers_to_fetch([REVERSAL], {"tr_1": SELLER.id}) == set()


def test_only_transfers_are_asked_for_and_each_once() -> None:
    rows = [
        REVERSAL,
        a_row("transfer_refund", "trr_2", parent_id="tr_1"),
        a_row("transfer_refund", "trr_3", parent_id="tr_2"),
        a_row("application_fee", "fee_1", parent_id="ch_1"),
        a_row("payout", "po_1"),
        REFUND,
    ]

    assert transfers_to_fetch(rows, {}) == {"tr_1", "tr_2"}
    assert transfers_to_fetch([], {}) == set()


async def concern(
    row: BalanceTransaction,
    memory: Memory | None = None,
    *others: BalanceTransaction,
    fetched: Mapping[str, str] | None = None,
) -> Concern:
    """What a row of the platform is about; `others` are booked along with it."""
    memory = memory or Memory(Payments(SOLD, SALE), accounts=Accounts(SELLER))
    found = await concerns_of(memory.unit, [row, *others], None, fetched or {})
    assert len(found) == 1 + len(others)
    return found[0]


async def test_a_charge_is_about_its_payment_and_the_seller_that_it_pays() -> None:
    assert await concern(a_row("charge", "ch_1", intent_id="pi_1")) == Concern(SOLD, SELLER)
    assert await concern(a_row("charge", "ch_2", intent_id="pi_2")) == Concern(SALE)
    assert await concern(a_row("charge", "ch_3", intent_id="pi_3")) == Concern()
    assert await concern(a_row("topup", "tu_1")) == Concern()


async def test_a_transfer_is_about_the_account_that_it_goes_to() -> None:
    assert await concern(TRANSFER) == Concern(account=SELLER)
    assert await concern(replace(TRANSFER, destination="acct_9")) == Concern()


async def test_a_reversal_is_about_the_account_that_its_transfer_went_to() -> None:
    memory = Memory(Payments(), accounts=Accounts(SELLER))
    assert await concern(REVERSAL, memory) == Concern()
    assert await concern(REVERSAL, memory, TRANSFER) == Concern(account=SELLER)
    assert await concern(REVERSAL, memory, fetched={"tr_1": "acct_1"}) == Concern(account=SELLER)
    assert await concern(REVERSAL, memory, fetched={"tr_1": ""}) == Concern()
    memory.settlement.booked["tr_1"] = SELLER.id
    assert await concern(REVERSAL, memory) == Concern(account=SELLER)


async def test_a_fee_is_about_the_account_of_what_it_was_taken_of() -> None:
    memory = Memory(Payments(), accounts=Accounts(SELLER))
    memory.settlement.booked["ch_1"] = SELLER.id

    assert await concern(a_row("application_fee", "fee_1", parent_id="ch_1"), memory) == Concern(account=SELLER)


@pytest.mark.parametrize("absorb_by", [AbsorbBy.CREATOR, AbsorbBy.PLATFORM])
@pytest.mark.parametrize("reverses", [True, False])
async def test_a_refund_of_ours_is_at_the_expense_that_was_agreed(absorb_by: AbsorbBy, reverses: bool) -> None:
    refund = a_refund(4_000, payment_id=SOLD.id, stripe_refund_id="re_1", absorb_by=absorb_by)
    memory = Memory(Payments(SOLD), Refunds(refund), Accounts(SELLER))

    for row in (REFUND, replace(REFUND, type="refund_failure", amount=4_000)):
        assert await concern(replace(row, reverses_transfer=reverses), memory) == Concern(SOLD, SELLER, absorb_by)


async def test_a_refund_that_is_booked_before_its_outcome_is_known_is_found_by_the_hint() -> None:
    refund = a_refund(4_000, payment_id=SOLD.id, state=RefundState.CREATING, absorb_by=AbsorbBy.CREATOR)
    memory = Memory(Payments(SOLD), Refunds(refund), Accounts(SELLER))
    hinted = replace(REFUND, refund_hint=format_id(Prefix.REFUND, refund.id))

    assert (await concern(hinted, memory)).absorb_by is AbsorbBy.CREATOR


@pytest.mark.parametrize(("reverses", "absorb_by"), [(True, AbsorbBy.CREATOR), (False, AbsorbBy.PLATFORM)])
async def test_a_refund_made_without_us_is_at_the_expense_of_whoever_it_was_taken_from(
    reverses: bool, absorb_by: AbsorbBy
) -> None:
    assert await concern(replace(REFUND, reverses_transfer=reverses)) == Concern(SOLD, SELLER, absorb_by)


async def test_only_refunds_are_at_somebodys_expense() -> None:
    refund = a_refund(10_000, payment_id=SOLD.id, stripe_refund_id="ch_1", absorb_by=AbsorbBy.PLATFORM)
    memory = Memory(Payments(SOLD), Refunds(refund), Accounts(SELLER))

    charge = await concern(a_row("charge", "ch_1", intent_id="pi_1"), memory)

    assert charge.absorb_by is AbsorbBy.UNSPECIFIED


async def test_in_a_sellers_own_book_everything_is_the_sellers() -> None:
    rows = [a_row("payment", "py_1", parent_id="tr_1"), a_row("payout", "po_1"), a_row("new", "zz_1")]

    assert await concerns_of(Memory().unit, rows, SELLER, {}) == [Concern(account=SELLER)] * 3
