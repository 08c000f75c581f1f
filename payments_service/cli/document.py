"""The purchase and the figures after it as one JSON document for programs. Amounts are minor units."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from payments_api.v1 import fee_pb2, reporting_pb2, reporting_service_pb2

from payments_service.cli.purchase.facts import Facts
from payments_service.cli.purchase.names import (
    account_kind,
    account_state,
    payment_state,
    purchase_status,
    refund_state,
)
from payments_service.cli.steps import Step


def as_document(
    startup: Sequence[Step], steps: Sequence[Step], facts: Facts, problems: Sequence[str]
) -> dict[str, Any]:
    """The facts, whether they are right, and how long each step took."""
    return {
        "ok": not problems,
        "problems": list(problems),
        "startup": [_step(step) for step in startup],
        "steps": [_step(step) for step in steps],
        "seller": {
            "id": facts.seller.id,
            "owner_id": facts.seller.owner_id,
            "state": account_state(facts.seller),
            "stripe_account_id": facts.seller.stripe_account_id,
        },
        "payment": _payment(facts),
        "refunds": [
            {
                "id": refund.id,
                "state": refund_state(refund),
                "amount_minor": refund.amount.amount_minor,
                "stripe_refund_id": refund.stripe_refund_id,
                "stripe_transfer_reversal_id": refund.stripe_transfer_reversal_id,
            }
            for refund in facts.refunds
        ],
        "purchase": {
            "reference": facts.purchase.reference,
            "status": purchase_status(facts.purchase),
            "amount_captured_minor": facts.purchase.amount_captured.amount_minor,
            "amount_refunded_minor": facts.purchase.amount_refunded.amount_minor,
        },
        "fee_schedule_id": facts.schedule.id if facts.schedule else None,
        "estimated_stripe_fee_minor": facts.estimate.estimated_stripe_fee.amount_minor,
        "fees": [_fees(fees) for fees in facts.fees],
        "events": [
            {"id": event.id, "type": event.type, "state": event.state, "resource_id": event.resource_id}
            for event in facts.events
        ],
        "balance_transactions": [
            asdict(booking) | {"ledger_minor": list(facts.entries.get(booking.id, ()))} for booking in facts.bookings
        ],
        "ledger_accounts": [
            {"code": code, "posted_minor": balance.posted.amount_minor, "entries": balance.version}
            for code, balance in facts.balances.items()
        ],
        "trial_balance": _books(facts.books),
        "stripe_balance": [_mirror(line) for line in facts.mirrors],
        "seller_stripe_balance": [_mirror(line) for line in facts.seller_mirrors],
        "stripe_balance_over_http_minor": facts.at_stripe,
        "seller_balance_over_http_minor": facts.seller_at_stripe,
    }


def _payment(facts: Facts) -> dict[str, Any]:
    payment = facts.payment
    return {
        "id": payment.id,
        "reference": payment.reference,
        "state": payment_state(payment),
        "amount_minor": payment.amount.amount_minor,
        "amount_captured_minor": payment.amount_captured.amount_minor,
        "amount_refunded_minor": payment.amount_refunded.amount_minor,
        "platform_fee_minor": payment.platform_fee.amount_minor,
        "currency": payment.amount.currency_code,
        "stripe_payment_intent_id": payment.stripe_payment_intent_id,
        "stripe_charge_id": payment.stripe_charge_id,
        "stripe_balance_transaction_id": payment.stripe_balance_transaction_id,
        "stripe_transfer_id": payment.stripe_transfer_id,
        "stripe_application_fee_id": payment.stripe_application_fee_id,
        "stripe_event_ids": list(payment.stripe_event_ids),
    }


def _fees(fees: fee_pb2.PaymentFees) -> dict[str, Any]:
    share = fees.connected_share
    return {
        "currency": fees.gross.currency_code,
        "gross_minor": fees.gross.amount_minor,
        "fees_minor": fees.fees.amount_minor,
        "refunded_minor": fees.refunded.amount_minor,
        "transferred_minor": fees.transferred.amount_minor,
        "platform_fee_minor": fees.platform_fee.amount_minor,
        "net_minor": fees.net.amount_minor,
        "seller": {
            "gross_minor": share.gross.amount_minor,
            "fees_minor": share.fees.amount_minor,
            "refunded_minor": share.refunded.amount_minor,
            "net_minor": share.net.amount_minor,
        },
    }


def _books(books: reporting_service_pb2.GetTrialBalanceResponse) -> dict[str, Any]:
    return {
        "lines": [
            {
                "code": line.code,
                "kind": account_kind(line.kind),
                "currency": line.debit.currency_code,
                "debit_minor": line.debit.amount_minor,
                "credit_minor": line.credit.amount_minor,
            }
            for line in books.lines
        ],
        "totals": [
            {
                "currency": total.debit.currency_code,
                "debit_minor": total.debit.amount_minor,
                "credit_minor": total.credit.amount_minor,
                "difference_minor": total.difference.amount_minor,
            }
            for total in books.totals
        ],
    }


def _mirror(line: reporting_pb2.StripeBalance) -> dict[str, Any]:
    return {
        "currency": line.ledger.currency_code,
        "available_minor": line.stripe_available.amount_minor,
        "pending_minor": line.stripe_pending.amount_minor,
        "ledger_minor": line.ledger.amount_minor,
        "difference_minor": line.difference.amount_minor,
    }


def _step(step: Step) -> dict[str, Any]:
    return {"name": step.name, "took_ms": round(step.milliseconds, 1)}
