"""What is known to be paid before its balance transaction exists: booked provisionally, replaced or taken back.

With asynchronous capture Stripe shows a payment as paid some time before it books it. Meanwhile the gross amount stands
in `stripe_unsettled`, against the accounts that the charge credits. Both ways of booking a charge look at it under the
payment's lock, so it is credited once whichever comes first.

Source: the design's ledger.md, "Provisional"; docs.stripe.com/payments/payment-intents/asynchronous-capture.
"""

from collections.abc import Mapping
from uuid import UUID

from payments_service.domain.account.model import ConnectedAccount
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.ledger import chart
from payments_service.domain.ledger.legs import Leg, pair
from payments_service.domain.ledger.transaction import PostRequest, TransactionKind
from payments_service.domain.money import Money
from payments_service.domain.payment.model import ChargeSnapshot, IntentSnapshot, Payment, PaymentState
from payments_service.domain.settlement.counters import credited
from payments_service.domain.settlement.model import ProvisionalCharge
from payments_service.domain.settlement.recipe import ACTOR
from payments_service.domain.settlement.shares import shares


def waits_for_stripe(payment: Payment, intent: IntentSnapshot) -> ChargeSnapshot | None:
    """The charge that is paid, by what was fetched of its intent, and that Stripe has not booked; else None."""
    if payment.stripe_account:
        return None  # a connected account's book has what its balance transactions say, and nothing before
    charge = intent.charge
    paid = payment.state is PaymentState.SUCCEEDED and intent.state is PaymentState.SUCCEEDED
    if charge is None or not paid or charge.failed or intent.amount_received <= 0:
        return None
    return None if charge.balance_transaction_id or payment.balance_transaction_id else charge


def provisional_request(
    payment: Payment,
    accounts: Mapping[UUID, ConnectedAccount],
    charge_id: str,
    amount: Money,
    transaction_id: UUID,
) -> PostRequest | None:
    """The provisional booking of a charge; None when nobody knows whom it is to credit.

    Args:
        payment: whose charge it is.
        accounts: the connected accounts that it pays.
        charge_id: Stripe's id.
        amount: what was received.
        transaction_id: id of the ledger transaction.
    """
    account = accounts.get(payment.connected_account_id) if payment.connected_account_id else None
    weighted = credited(payment, account, accounts, amount.currency)
    if not weighted:
        return None
    parts = shares(amount.amount_minor, [weight for _, weight in weighted])
    counters = [Leg(spec, part) for (spec, _), part in zip(weighted, parts, strict=True)]
    return PostRequest(
        transaction_id=transaction_id,
        reference=f"charge:{charge_id}:gross",
        postings=pair([Leg(chart.stripe_unsettled(amount.currency), amount.amount_minor)], counters, amount.currency),
        forced=True,
        description="paid, not yet in Stripe's balance",
        metadata={"stripe_source": charge_id, "payment_id": format_id(Prefix.PAYMENT, payment.id)},
        actor=ACTOR,
    )


def reversal_request(charge: ProvisionalCharge, transaction_id: UUID, why: str) -> PostRequest:
    """What takes a provisional booking back."""
    return PostRequest(
        transaction_id=transaction_id,
        reference=f"charge:{charge.charge_id}:gross:reversed",
        kind=TransactionKind.REVERSE,
        target_id=charge.ledger_transaction_id,
        forced=True,
        description=why,
        metadata={"stripe_source": charge.charge_id, "payment_id": format_id(Prefix.PAYMENT, charge.payment_id)},
        actor=ACTOR,
    )
