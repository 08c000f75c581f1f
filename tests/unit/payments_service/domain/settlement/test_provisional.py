"""What is paid and not yet in Stripe's balance: credited once, whichever booking comes first; taken back cleanly."""

from dataclasses import replace

import pytest

from payments_service.domain.ids import new_id
from payments_service.domain.ledger.account import AccountSpec
from payments_service.domain.ledger.transaction import PostRequest, TransactionKind, code_of
from payments_service.domain.money import Money
from payments_service.domain.payment.model import ChargeModel, ChargeSnapshot, IntentSnapshot, Payment, PaymentState
from payments_service.domain.settlement.counters import Concern
from payments_service.domain.settlement.model import ProvisionalCharge
from payments_service.domain.settlement.provisional import provisional_request, reversal_request, waits_for_stripe
from tests.unit.payments_service.domain.samples import CHARGE, NOON, a_captured_payment
from tests.unit.payments_service.domain.settlement.flows import PAYABLE, SELLER, Line, booked, moved, row

SALE = a_captured_payment(intent_id="pi_1", charge_id="ch_1")
SOLD = replace(SALE, charge_model=ChargeModel.DESTINATION, connected_account_id=SELLER.id)


def an_intent(**changes: object) -> IntentSnapshot:
    intent = IntentSnapshot(
        id="pi_1",
        state=PaymentState.SUCCEEDED,
        status="succeeded",
        amount=Money(10_000, "usd"),
        amount_received=10_000,
        amount_capturable=0,
        livemode=False,
        created=NOON,
        charge=ChargeSnapshot("ch_1"),
    )
    return replace(intent, **changes)  # type: ignore[arg-type]  # each test names real fields


def provisional(payment: Payment, amount: int = 10_000) -> PostRequest:
    request = provisional_request(payment, {SELLER.id: SELLER}, "ch_1", Money(amount, "usd"), new_id())
    assert request is not None
    return request


def standing(amount: int) -> ProvisionalCharge:
    return ProvisionalCharge("ch_1", SALE.id, Money(amount, "usd"), new_id())


def total(*parts: dict[str, int]) -> dict[str, int]:
    codes = {code for part in parts for code in part}
    sums = {code: sum(part.get(code, 0) for part in parts) for code in codes}
    return {code: amount for code, amount in sums.items() if amount}


def test_what_is_paid_waits_until_stripe_books_it() -> None:
    assert waits_for_stripe(SALE, an_intent()) == ChargeSnapshot("ch_1")


@pytest.mark.parametrize(
    ("payment", "intent"),
    [
        pytest.param(SALE, an_intent(charge=None), id="nothing is charged"),
        pytest.param(SALE, an_intent(charge=ChargeSnapshot("ch_1", failed=True)), id="the charge failed"),
        pytest.param(SALE, an_intent(charge=ChargeSnapshot("ch_1", balance_transaction_id="txn_1")), id="booked"),
        pytest.param(replace(SALE, balance_transaction_id="txn_1"), an_intent(), id="known to be booked"),
        pytest.param(SALE, an_intent(state=PaymentState.PROCESSING), id="not paid, as fetched"),
        pytest.param(replace(SALE, state=PaymentState.REQUIRES_CAPTURE), an_intent(), id="not paid, as stored"),
        pytest.param(SALE, an_intent(amount_received=0), id="nothing came"),
    ],
)
def test_nothing_waits_when(payment: Payment, intent: IntentSnapshot) -> None:
    assert waits_for_stripe(payment, intent) is None


def test_it_credits_what_the_charge_will_credit() -> None:
    assert moved(provisional(SALE).postings) == {"stripe_unsettled:usd": 10_000, "revenue:sales:usd": -10_000}
    assert moved(provisional(SOLD).postings) == {"stripe_unsettled:usd": 10_000, PAYABLE: -10_000}
    assert provisional(SALE).reference == "charge:ch_1:gross"
    assert provisional(SALE).forced


def test_money_of_a_seller_whom_nobody_knows_waits_for_its_balance_transaction() -> None:
    assert provisional_request(SOLD, {}, "ch_1", Money(10_000, "usd"), new_id()) is None


@pytest.mark.parametrize("payment", [SALE, SOLD])
@pytest.mark.parametrize("received", [10_000, 6_000])
def test_the_balance_transaction_takes_over_what_was_provisional(payment: Payment, received: int) -> None:
    """Also where Stripe books the whole authorisation first and then takes back what was not captured."""
    account = SELLER if payment.connected_account_id else None
    first = moved(provisional(payment, received).postings)
    charge = booked(Line(CHARGE, Concern(payment, account, provisional=standing(received), credited_minor=received)))
    plain = booked(Line(CHARGE, Concern(payment, account)))

    assert total(first, charge) == plain


def test_a_refund_that_is_booked_in_between_changes_nothing() -> None:
    first = moved(provisional(SOLD).postings)
    refund = row("refund", -4_000)
    stands = {
        "refund first": [
            (refund, Concern(SOLD, SELLER, credited_minor=10_000)),
            (CHARGE, Concern(SOLD, SELLER, provisional=standing(10_000), credited_minor=6_000)),
        ],
        "charge first": [
            (CHARGE, Concern(SOLD, SELLER, provisional=standing(10_000), credited_minor=10_000)),
            (refund, Concern(SOLD, SELLER, credited_minor=10_000)),
        ],
    }
    ends = [total(first, *(booked(Line(*line)) for line in lines)) for lines in stands.values()]

    assert ends == [{"stripe:usd": 5_680, "expense:stripe_fee:usd": 320, PAYABLE: -6_000}] * 2


def test_what_was_not_paid_in_the_end_is_reversed() -> None:
    request = provisional(SOLD)
    charge = ProvisionalCharge("ch_1", SOLD.id, Money(10_000, "usd"), request.transaction_id)

    reversal = reversal_request(charge, new_id(), "not paid in the end")

    assert (reversal.kind, reversal.target_id) == (TransactionKind.REVERSE, request.transaction_id)
    assert reversal.reference == "charge:ch_1:gross:reversed"
    assert reversal.forced


def test_the_accounts_can_be_made_on_first_use() -> None:
    keys = [key for posting in provisional(SOLD).postings for key in (posting.debit, posting.credit)]
    assert all(isinstance(key, AccountSpec) for key in keys)
    assert {code_of(key) for key in keys} == {"stripe_unsettled:usd", PAYABLE}
