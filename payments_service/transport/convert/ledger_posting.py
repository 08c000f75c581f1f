"""Requests to post as drafts, and what came of them as messages."""

from collections.abc import Mapping
from datetime import datetime
from typing import cast

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
from payments_service.transport.convert.basic import fill_money, fill_time, time_from_message
from payments_service.transport.convert.ledger import fill_balance

KIND_TO_MESSAGE = {kind: f"LEDGER_TRANSACTION_KIND_{kind.name}" for kind in TransactionKind}
KIND_FROM_MESSAGE = {ledger_pb2.LedgerTransactionKind.Value(name): kind for kind, name in KIND_TO_MESSAGE.items()}
_KIND_NUMBERS = cast(
    "Mapping[TransactionKind, ledger_pb2.LedgerTransactionKind]",
    {kind: number for number, kind in KIND_FROM_MESSAGE.items()},
)
_HOLD_STATE_NUMBERS = cast(
    "Mapping[HoldState, ledger_pb2.PendingState]",
    {state: ledger_pb2.PendingState.Value(f"PENDING_STATE_{state.name}") for state in HoldState},
)

Posted = (
    pb.PostTransactionResponse
    | pb.PostPendingTransactionResponse
    | pb.VoidPendingTransactionResponse
    | pb.ReverseTransactionResponse
    | pb.BatchPostTransactionsOutcome
)
"""Messages that tell what became of a posting, with the same fields."""

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


def view_to_message(view: TransactionView) -> ledger_pb2.LedgerTransaction:
    """A transaction for a reply."""
    message = ledger_pb2.LedgerTransaction()
    _fill_transaction(message, view, dry_run=False)
    return message


def fill_posted(message: Posted, result: PostResult) -> None:
    """Write what became of a posting into a reply: the transaction, and the balances that it left."""
    _fill_transaction(message.transaction, result.view, dry_run=result.dry_run)
    for account in result.accounts:
        fill_balance(message.balances.add(), account)
    message.duplicate = result.duplicate


def fill_outcome(message: pb.BatchPostTransactionsOutcome, outcome: PostResult | PaymentsError) -> None:
    """Write what became of an item of a batch into a reply."""
    if isinstance(outcome, PaymentsError):
        message.error.CopyFrom(_error_to_message(outcome))
    else:
        fill_posted(message, outcome)


def _fill_transaction(message: ledger_pb2.LedgerTransaction, view: TransactionView, *, dry_run: bool) -> None:
    """Write a transaction into a reply; one of a dry run has no id. In place, see `fill_balance`."""
    transaction = view.transaction
    if not dry_run:
        message.id = format_id(Prefix.LEDGER_TRANSACTION, transaction.id)
    message.reference = outside_reference(transaction.reference)
    message.kind = _KIND_NUMBERS[transaction.kind]
    if transaction.target_id is not None:
        message.target_transaction_id = format_id(Prefix.LEDGER_TRANSACTION, transaction.target_id)
    for line in view.lines:
        _fill_line(message.postings.add(), line)
    if view.hold_state is not None:
        message.pending_state = _HOLD_STATE_NUMBERS[view.hold_state]
    fill_time(message.effective_time, transaction.effective_time)
    fill_time(message.record_time, transaction.record_time)
    if transaction.expire_time is not None:
        fill_time(message.expire_time, transaction.expire_time)
    message.description = transaction.description
    if transaction.metadata:
        message.metadata.update(transaction.metadata)
    message.actor = transaction.actor


def _fill_line(message: ledger_pb2.Posting, line: PostingLine) -> None:
    message.debit_account = line.debit.code
    message.credit_account = line.credit.code
    fill_money(message.amount, line.amount.amount_minor, line.amount.currency)
    if line.remaining.amount_minor:
        fill_money(message.remaining, line.remaining.amount_minor, line.remaining.currency)
    message.added_by_ledger = line.added


def _error_to_message(error: PaymentsError) -> pb.PostingError:
    return pb.PostingError(
        reason=f"ERROR_REASON_{error.reason.name}",
        message=error.message,
        metadata=error.metadata,
        field_violations={violation.field: violation.description for violation in error.violations},
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
