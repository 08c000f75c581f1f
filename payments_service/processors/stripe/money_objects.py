"""Disputes, payouts and transfers, as our types."""

from collections.abc import Mapping
from typing import Any

from payments_service.domain.dispute.model import DisputeReason, DisputeSnapshot, DisputeState
from payments_service.domain.money import Money
from payments_service.domain.payout.model import PayoutSnapshot, PayoutState
from payments_service.domain.transfer.model import TransferSnapshot
from payments_service.processors.stripe.values import object_id, time

Json = Mapping[str, Any]


def dispute(body: Json) -> DisputeSnapshot:
    """A dispute, with the balance transactions that it always carries (docs.stripe.com/api/disputes/object)."""
    status = str(body.get("status") or "")
    reason = str(body.get("reason") or "")
    evidence = body.get("evidence_details") or {}
    card = (body.get("payment_method_details") or {}).get("card") or {}
    return DisputeSnapshot(
        id=str(body["id"]),
        charge_id=object_id(body.get("charge")),
        intent_id=object_id(body.get("payment_intent")),
        state=DisputeState[status.upper()] if status.upper() in DisputeState.__members__ else DisputeState.OTHER,
        status=status,
        reason=DisputeReason[reason.upper()] if reason.upper() in DisputeReason.__members__ else DisputeReason.OTHER,
        stripe_reason=reason,
        amount=Money(int(body["amount"]), str(body["currency"])),
        created=time(body["created"]),
        livemode=bool(body["livemode"]),
        withheld_minor=_withheld(body),
        network_reason_code=str(card.get("network_reason_code") or ""),
        evidence_due_time=time(evidence["due_by"]) if evidence.get("due_by") else None,
        submission_count=int(evidence.get("submission_count") or 0),
    )


def payout(body: Json) -> PayoutSnapshot:
    """A payout; its balance transaction may be an id or, expanded, an object (docs.stripe.com/api/payouts/object)."""
    status = str(body.get("status") or "")
    amount = Money(int(body["amount"]), str(body["currency"]))
    booked = body.get("balance_transaction")
    moved = Money(-int(booked["amount"]), str(booked["currency"])) if isinstance(booked, Mapping) else amount
    return PayoutSnapshot(
        id=str(body["id"]),
        state=PayoutState[status.upper()] if status.upper() in PayoutState.__members__ else PayoutState.OTHER,
        status=status,
        amount=amount,
        moved=moved,
        created=time(body["created"]),
        livemode=bool(body["livemode"]),
        arrival_time=time(body["arrival_date"]) if body.get("arrival_date") else None,
        automatic=bool(body.get("automatic")),
        method=str(body.get("method") or ""),
        failure_code=str(body.get("failure_code") or ""),
        balance_transaction_id=object_id(booked),
        failure_balance_transaction_id=object_id(body.get("failure_balance_transaction")),
        original_payout_id=object_id(body.get("original_payout")),
        reversed_by_id=object_id(body.get("reversed_by")),
        reconciliation_status=str(body.get("reconciliation_status") or ""),
    )


def transfer(body: Json) -> TransferSnapshot:
    """A transfer (docs.stripe.com/api/transfers/object)."""
    currency = str(body["currency"])
    return TransferSnapshot(
        id=str(body["id"]),
        amount=Money(int(body["amount"]), currency),
        amount_reversed=Money(int(body.get("amount_reversed") or 0), currency),
        destination=object_id(body.get("destination")),
        created=time(body["created"]),
        livemode=bool(body["livemode"]),
        source_transaction_id=object_id(body.get("source_transaction")),
        destination_payment_id=object_id(body.get("destination_payment")),
        balance_transaction_id=object_id(body.get("balance_transaction")),
        transfer_group=str(body.get("transfer_group") or ""),
    )


def _withheld(body: Json) -> dict[str, int]:
    """What Stripe has taken and not given back, by currency."""
    taken: dict[str, int] = {}
    for row in body.get("balance_transactions") or ():
        currency = str(row["currency"])
        taken[currency] = taken.get(currency, 0) - int(row["amount"])
    return {currency: minor for currency, minor in taken.items() if minor > 0}
