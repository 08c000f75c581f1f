"""Transactions with their postings and what is left of them: by id, by reference, and listed."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.ledger.ports import TransactionFilter, TransactionPosition
from payments_service.domain.ledger.outcome import AccountEntry
from payments_service.domain.ledger.transaction import SETTLING_INDEX_FIRST, Transaction, TransactionKind
from payments_service.domain.ledger.transaction_view import Link, TransactionView, view_of
from payments_service.storage.ledger.rows import (
    ACCOUNT_COLUMNS,
    ENTRY_COLUMNS,
    TRANSACTION_COLUMNS,
    Row,
    account_from,
    entry_from,
    transaction_from,
)
from payments_service.storage.tables.ledger import ledger_accounts as a
from payments_service.storage.tables.ledger import ledger_entries as e
from payments_service.storage.tables.ledger import ledger_transactions as t

_TRANSACTION = [t.c[name] for name in TRANSACTION_COLUMNS.split(", ")]
_ACCOUNT = [a.c[name] for name in ACCOUNT_COLUMNS.split(", ")]
_ENTRY = [e.c[name] for name in ENTRY_COLUMNS.split(", ")]
_NOW = func.clock_timestamp().label("now")


class LedgerTransactionReader:
    """See `application.ledger.ports.LedgerTransactionReads`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, ids: Collection[UUID], references: Collection[str] = ()) -> list[Transaction]:
        """See the port."""
        if not ids and not references:
            return []
        query = select(*_TRANSACTION).where(t.c.id.in_(ids) | t.c.reference.in_(references))
        return [transaction_from(row) for row in await self._connection.execute(query)]

    async def entries(self, ids: Collection[UUID]) -> dict[UUID, list[AccountEntry]]:
        """See the port."""
        query = (
            select(*_ACCOUNT, *_ENTRY)
            .join_from(e, a, a.c.id == e.c.account_id)
            .where(e.c.transaction_id.in_(ids))
            .order_by(e.c.transaction_id, e.c.posting_index, e.c.side)
        )
        found: dict[UUID, list[AccountEntry]] = defaultdict(list)
        for row in await self._connection.execute(query):
            account, entry = account_from(row[: len(_ACCOUNT)]), entry_from(row[len(_ACCOUNT) :])
            found[entry.transaction_id].append((account, entry))
        return found

    async def views(self, transactions: Sequence[Transaction]) -> list[TransactionView]:
        """See the port."""
        if not transactions:
            return []
        ids = [transaction.id for transaction in transactions]
        entries = await self.entries(ids)
        links, now = await self._links(ids)
        return [view_of(one, entries[one.id], links.get(one.id, ()), now) for one in transactions]

    async def page(
        self, which: TransactionFilter, before: TransactionPosition | None, limit: int
    ) -> list[tuple[TransactionPosition, TransactionView]]:
        """See the port."""
        query = _of_account(which, before) if which.account_id is not None else _of_all(which, before)
        rows: Sequence[Row] = (await self._connection.execute(query.where(*_conditions(which)).limit(limit))).all()
        views = await self.views([transaction_from(row[1:]) for row in rows])
        return [(row[0], view) for row, view in zip(rows, views, strict=True)]

    async def _links(self, ids: Collection[UUID]) -> tuple[dict[UUID, list[Link]], datetime]:
        """What others have done to these transactions, and the time."""
        clock = select(_NOW).subquery()
        linked = (
            select(t.c.target_id, t.c.kind, e.c.posting_index, func.sum(e.c.amount_minor).label("amount"))
            .join_from(t, e, (e.c.transaction_id == t.c.id) & (e.c.side == 1))
            .where(t.c.target_id.in_(ids), e.c.posting_index < SETTLING_INDEX_FIRST)
            .group_by(t.c.target_id, t.c.kind, e.c.posting_index)
            .subquery()
        )
        rows: Sequence[Row] = (
            await self._connection.execute(
                select(clock.c.now, linked).select_from(clock.outerjoin(linked, linked.c.target_id.is_not(None)))
            )
        ).all()
        found: dict[UUID, list[Link]] = defaultdict(list)
        for _, target_id, kind, index, amount in rows:
            if target_id is not None:
                found[target_id].append(Link(TransactionKind(kind), index, int(amount)))
        return found, rows[0][0]


def _of_all(which: TransactionFilter, before: TransactionPosition | None) -> Select[Any]:
    """Transactions by id, newest first, with their ids as positions."""
    query = select(t.c.id, *_TRANSACTION).order_by(t.c.id.desc())
    if isinstance(before, UUID):
        query = query.where(t.c.id < before)
    if which.owner_ids is not None:
        owned = select(e.c.transaction_id).join_from(e, a, a.c.id == e.c.account_id)
        query = query.where(t.c.id.in_(owned.where(a.c.owner_id.in_(sorted(which.owner_ids)))))
    return query


def _of_account(which: TransactionFilter, before: TransactionPosition | None) -> Select[Any]:
    """Transactions of an account by the last of their entries in it, newest first, with its version as position.

    The entries of a transaction in an account stand next to each other, so the last is the one that an entry of another
    transaction follows, or none.
    """
    following = e.alias("following")
    query = (
        select(e.c.version, *_TRANSACTION)
        .select_from(
            e.join(t, t.c.id == e.c.transaction_id).outerjoin(
                following,
                (following.c.account_id == e.c.account_id) & (following.c.version == e.c.version + 1),
            )
        )
        .where(e.c.account_id == which.account_id, following.c.transaction_id.is_distinct_from(e.c.transaction_id))
        .order_by(e.c.version.desc())
    )
    return query.where(e.c.version < before) if isinstance(before, int) else query


def _conditions(which: TransactionFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if which.reference_prefix:
        conditions.append(t.c.reference.startswith(which.reference_prefix, autoescape=True))
    if which.metadata:
        # The second condition is that of the partial index.
        conditions += [t.c.metadata.contains(dict(which.metadata)), t.c.metadata != {}]
    if which.kinds:
        conditions.append(t.c.kind.in_(sorted(kind.value for kind in which.kinds)))
    if which.target_id is not None:
        conditions.append(t.c.target_id == which.target_id)
    if which.effective_time_from is not None:
        conditions.append(t.c.effective_time >= which.effective_time_from)
    if which.effective_time_before is not None:
        conditions.append(t.c.effective_time < which.effective_time_before)
    return conditions
