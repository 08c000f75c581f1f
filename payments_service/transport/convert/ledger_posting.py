"""Requests to post as drafts, and what came of them as messages."""

from collections.abc import Mapping
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp
from payments_api.v1 import ledger_pb2
from payments_api.v1 import ledger_service_pb2 as pb

from payments_service.application.ledger.drafts import Draft, DraftCondition, Drafted, DraftPosting, Unreadable
from payments_service.application.ledger.posting import PostResult
from payments_service.domain.errors import FieldViolation, PaymentsError, invalid
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.ledger.hold import HoldState
from payments_service.domain.ledger.namespace import outside_reference
from payments_service.domain.ledger.transaction import TransactionKind
from payments_service.domain.ledger.transaction_view import PostingLine, TransactionView
from payments_service.transport.convert.basic import money_to_message, time_from_message, time_to_message
from payments_service.transport.convert.ledger import account_balance_to_message

KIND_TO_MESSAGE = {kind: f"LEDGER_TRANSACTION_KIND_{kind.name}" for kind in TransactionKind}
KIND_FROM_MESSAGE = {ledger_pb2.LedgerTransactionKind.Value(name): kind for kind, name in KIND_TO_MESSAGE.items()}
_HOLD_STATE_TO_MESSAGE = {state: f"PENDING_STATE_{state.name}" for state in HoldState}

ITEM_KINDS: Mapping[str, TransactionKind] = {
    "post_pending": TransactionKind.CAPTURE,
    "void_pending": TransactionKind.VOID,
    "reverse": TransactionKind.REVERSE,
}
"""What an item of a batch does to its target, by the name of its field."""


def new_draft(message: ledger_pb2.NewTransaction, atomic_group: str = "") -> Draft:
    """A new transaction from a request.

    Raises:
        PaymentsError: REQUEST_INVALID for a time that is none.
    """
    return Draft(
        kind=TransactionKind.HOLD if message.pending else TransactionKind.POST,
        reference=message.reference,
        postings=tuple(
            DraftPosting(
                posting.debit_account,
                posting.credit_account,
                posting.amount.amount_minor,
                posting.amount.currency_code,
            )
            for posting in message.postings
        ),
        effective_time=_time(message, "effective_time"),
        expire_time=_time(message, "expire_time"),
        description=message.description,
        metadata=dict(message.metadata),
        conditions=_conditions(message),
        atomic_group=atomic_group,
    )


def targeted_draft(kind: TransactionKind, message: ledger_pb2.TargetedTransaction, atomic_group: str = "") -> Draft:
    """What is to be done to a transaction, from a request.

    Raises:
        PaymentsError: REQUEST_INVALID for a time that is none.
    """
    return Draft(
        kind=kind,
        reference=message.reference,
        target_id=message.target_transaction_id,
        target_reference=message.target_reference,
        part_minor=tuple(message.part_minor),
        effective_time=_time(message, "effective_time"),
        at_original_time=message.at_original_time,
        description=message.description,
        metadata=dict(message.metadata),
        conditions=_conditions(message),
        atomic_group=atomic_group,
    )


def item_draft(item: pb.BatchPostTransactionsItem) -> Drafted:
    """An item of a batch; one that cannot be read is an item too."""
    action = item.WhichOneof("action")
    try:
        if action is None:
            raise invalid("action", "is required: give post, post_pending, void_pending or reverse")
        if action == "post":
            return new_draft(item.post, item.atomic_group)
        return targeted_draft(ITEM_KINDS[action], getattr(item, action), item.atomic_group)
    except PaymentsError as error:
        return Unreadable(error, item.atomic_group)


def below(field: str, error: PaymentsError) -> PaymentsError:
    """The error about a message that stands in this field of the request."""
    if not error.violations or error.replayed:
        return error
    violations = [FieldViolation(f"{field}.{one.field}", one.description) for one in error.violations]
    return PaymentsError(error.reason, f"{field}.{error.message}", metadata=error.metadata, violations=violations)


def view_to_message(view: TransactionView, *, dry_run: bool = False) -> ledger_pb2.LedgerTransaction:
    """A transaction for a reply; one of a dry run has no id."""
    transaction = view.transaction
    return ledger_pb2.LedgerTransaction(
        id="" if dry_run else format_id(Prefix.LEDGER_TRANSACTION, transaction.id),
        reference=outside_reference(transaction.reference),
        kind=KIND_TO_MESSAGE[transaction.kind],
        target_transaction_id=format_id(Prefix.LEDGER_TRANSACTION, transaction.target_id)
        if transaction.target_id
        else "",
        postings=[_line_to_message(line) for line in view.lines],
        pending_state=_HOLD_STATE_TO_MESSAGE[view.hold_state] if view.hold_state else None,
        effective_time=time_to_message(transaction.effective_time),
        record_time=time_to_message(transaction.record_time),
        expire_time=time_to_message(transaction.expire_time) if transaction.expire_time else None,
        description=transaction.description,
        metadata=transaction.metadata,
        actor=transaction.actor,
    )


def outcome_to_message(outcome: PostResult | PaymentsError) -> pb.BatchPostTransactionsOutcome:
    """What became of an item of a batch."""
    if isinstance(outcome, PaymentsError):
        return pb.BatchPostTransactionsOutcome(error=_error_to_message(outcome))
    return pb.BatchPostTransactionsOutcome(
        transaction=view_to_message(outcome.view, dry_run=outcome.dry_run),
        balances=[account_balance_to_message(account) for account in outcome.accounts],
        duplicate=outcome.duplicate,
    )


def _error_to_message(error: PaymentsError) -> pb.PostingError:
    return pb.PostingError(
        reason=f"ERROR_REASON_{error.reason.name}",
        message=error.message,
        metadata=error.metadata,
        field_violations={violation.field: violation.description for violation in error.violations},
    )


def _line_to_message(line: PostingLine) -> ledger_pb2.Posting:
    return ledger_pb2.Posting(
        debit_account=line.debit.code,
        credit_account=line.credit.code,
        amount=money_to_message(line.amount),
        remaining=money_to_message(line.remaining) if line.remaining.amount_minor else None,
        added_by_ledger=line.added,
    )


def _conditions(
    message: ledger_pb2.NewTransaction | ledger_pb2.TargetedTransaction,
) -> tuple[DraftCondition, ...]:
    return tuple(
        DraftCondition(
            one.account,
            one.expected_version if one.HasField("expected_version") else None,
            one.available_min_minor if one.HasField("available_min_minor") else None,
        )
        for one in message.conditions
    )


def _time(message: ledger_pb2.NewTransaction | ledger_pb2.TargetedTransaction, field: str) -> datetime | None:
    """A time field; None when it was left out."""
    value: Timestamp = getattr(message, field)
    return time_from_message(value, field) if message.HasField(field) else None
