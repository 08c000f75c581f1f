"""Rows as domain objects: which columns are read, in which order, and what they make."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from payments_service.domain.ledger.account import Account, AccountKind, AccountState, Side
from payments_service.domain.ledger.transaction import Effect, Entry, Transaction, TransactionKind

Row = Sequence[Any]
"""A row as the driver gives it; the functions below say what its columns are."""

ACCOUNT_COLUMNS = (
    "id, code, currency, kind, owner_id, floor_minor, state, version, "
    "posted_debits, posted_credits, pending_debits, pending_credits, last_record_time"
)

TRANSACTION_COLUMNS = (
    "id, reference, kind, target_id, effective_time, record_time, expire_time, "
    "description, metadata, actor, request_id, digest"
)

ENTRY_COLUMNS = (
    "account_id, version, transaction_id, posting_index, side, effect, amount_minor, "
    "posted_debits, posted_credits, pending_debits, pending_credits, record_time"
)

_KINDS = {kind.value: kind for kind in AccountKind}
_STATES = {state.value: state for state in AccountState}
_TRANSACTION_KINDS = {kind.value: kind for kind in TransactionKind}


def account_from(row: Row) -> Account:
    """An account from `ACCOUNT_COLUMNS`."""
    id_, code, currency, kind, owner_id, floor_minor, state, *totals = row
    return Account(id_, code, currency, _KINDS[kind], owner_id, floor_minor, _STATES[state], *totals)


def transaction_from(row: Row) -> Transaction:
    """A transaction from `TRANSACTION_COLUMNS`."""
    id_, reference, kind, *rest = row
    return Transaction(id_, reference, _TRANSACTION_KINDS[kind], *rest)


def entry_from(row: Row) -> Entry:
    """An entry from `ENTRY_COLUMNS`."""
    account_id: UUID
    version: int
    account_id, version, transaction_id, posting_index, side, effect, *rest = row
    return Entry(account_id, version, transaction_id, posting_index, Side(side), Effect(effect), *rest)


def time_from(row: Row) -> datetime:
    """The one column of a row, a time."""
    time: datetime = row[0]
    return time
