"""Samples that tests change where it matters to them."""

from dataclasses import replace
from datetime import UTC, datetime

from payments_service.domain.account.model import AccountState, BusinessType, ConnectedAccount
from payments_service.domain.dispute.model import Dispute, DisputeReason, DisputeState
from payments_service.domain.ids import new_id
from payments_service.domain.money import Money
from payments_service.domain.payment.model import ChargeModel, Payment, PaymentState
from payments_service.domain.payout.model import Payout, PayoutState
from payments_service.domain.refund.model import AbsorbBy, Refund, RefundReason, RefundState
from payments_service.domain.settlement.model import BalanceTransaction, FeeDetail

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

CHARGE = BalanceTransaction(
    id="txn_1",
    stripe_account="",
    type="charge",
    reporting_category="charge",
    amount=10_000,
    fee=320,
    net=9_680,
    currency="usd",
    created=NOON,
    available_on=NOON,
    fee_details=(FeeDetail("stripe_fee", 320, "Stripe processing fees"),),
    source_id="ch_1",
    intent_id="pi_1",
)
"""What Stripe books for a charge of 100.00 usd with a US card."""


def a_payment(currency: str = "usd", **changes: object) -> Payment:
    """A payment of 25.00 that was just stored."""
    payment = Payment(
        id=new_id(),
        owner_id="user_1",
        reference="order_1",
        amount=Money(2500, currency),
        charge_model=ChargeModel.PLATFORM,
        state=PaymentState.CREATING,
        description="",
        metadata={},
        livemode=False,
        create_time=NOON,
        update_time=NOON,
        amount_captured=Money(0, currency),
        amount_refunded=Money(0, currency),
        amount_capturable=Money(0, currency),
        platform_fee=Money(0, currency),
    )
    return replace(payment, **changes)  # type: ignore[arg-type]  # each test names real fields


def a_captured_payment(amount: int = 10_000, **changes: object) -> Payment:
    """A payment of 100.00 usd that is paid."""
    whole = Money(amount, "usd")
    return a_payment(**{"amount": whole, "amount_captured": whole, "state": PaymentState.SUCCEEDED, **changes})  # type: ignore[arg-type]  # each test names real fields


def a_refund(amount: int = 2_500, **changes: object) -> Refund:
    """A refund in usd that was just stored."""
    refund = Refund(
        id=new_id(),
        payment_id=new_id(),
        owner_id="user_1",
        reference="order_1",
        amount=Money(amount, "usd"),
        state=RefundState.CREATING,
        reason=RefundReason.UNSPECIFIED,
        absorb_by=AbsorbBy.UNSPECIFIED,
        reverse_transfer=False,
        refund_platform_fee=False,
        metadata={},
        livemode=False,
        create_time=NOON,
        update_time=NOON,
    )
    return replace(refund, **changes)  # type: ignore[arg-type]  # each test names real fields


def a_dispute(amount: int = 10_000, **changes: object) -> Dispute:
    """A dispute about a charge in usd that was just stored."""
    dispute = Dispute(
        id=new_id(),
        stripe_dispute_id="du_1",
        stripe_account="",
        payment_id=new_id(),
        connected_account_id=None,
        owner_id="user_1",
        reference="order_1",
        charge_id="ch_1",
        intent_id="pi_1",
        amount=Money(amount, "usd"),
        state=DisputeState.NEEDS_RESPONSE,
        stripe_status="needs_response",
        reason=DisputeReason.FRAUDULENT,
        stripe_reason="fraudulent",
        livemode=False,
        create_time=NOON,
        update_time=NOON,
    )
    return replace(dispute, **changes)  # type: ignore[arg-type]  # each test names real fields


def a_payout(amount: int = 5_000, **changes: object) -> Payout:
    """A payout of the platform in usd that was just stored."""
    payout = Payout(
        id=new_id(),
        stripe_payout_id="po_1",
        stripe_account="",
        connected_account_id=None,
        owner_id="",
        amount=Money(amount, "usd"),
        moved=Money(amount, "usd"),
        state=PayoutState.PENDING,
        stripe_status="pending",
        livemode=False,
        create_time=NOON,
        update_time=NOON,
    )
    return replace(payout, **changes)  # type: ignore[arg-type]  # each test names real fields


def an_account(**changes: object) -> ConnectedAccount:
    """A seller's account that was just stored."""
    account = ConnectedAccount(
        id=new_id(),
        owner_id="seller_1",
        state=AccountState.CREATING,
        country="US",
        email="seller@example.com",
        business_type=BusinessType.INDIVIDUAL,
        metadata={},
        livemode=False,
        create_time=NOON,
        update_time=NOON,
    )
    return replace(account, **changes)  # type: ignore[arg-type]  # each test names real fields
