"""Reading the ledger: balances now and in the past, histories, the trial balance."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import TextClause, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.ledger.account import Account
from payments_service.domain.ledger.hold import Hold
from payments_service.domain.ledger.outcome import at
from payments_service.domain.ledger.transaction import Transaction
from payments_service.domain.ledger.views import Balance, HistoryLine, TrialBalance
from payments_service.domain.money import Money
from payments_service.storage.driver import driver_connection
from payments_service.storage.ledger.arrays import uuids
from payments_service.storage.ledger.holds import read_holds, with_links
from payments_service.storage.ledger.rows import (
    ACCOUNT_COLUMNS,
    ENTRY_COLUMNS,
    TRANSACTION_COLUMNS,
    Row,
    account_from,
    entry_from,
    time_from,
    transaction_from,
)
from payments_service.storage.ledger.statements import SELECT_HOLD_LINKS
from payments_service.storage.tables.ledger import ledger_accounts, ledger_entries, ledger_transactions

_ACCOUNT = [ledger_accounts.c[name] for name in ACCOUNT_COLUMNS.split(", ")]
_ENTRY = [ledger_entries.c[name] for name in ENTRY_COLUMNS.split(", ")]
_TRANSACTION = [ledger_transactions.c[name] for name in TRANSACTION_COLUMNS.split(", ")]

_ENTRY_AT: TextClause = text(
    f"""
    WITH RECURSIVE search (low, high) AS (
        SELECT 0::bigint, CAST(:version AS bigint)
        UNION ALL
        SELECT CASE WHEN e.record_time <= :record_time THEN e.version ELSE s.low END,
               CASE WHEN e.record_time <= :record_time THEN s.high ELSE e.version - 1 END
        FROM search s
        JOIN ledger_entries e ON e.account_id = :account_id AND e.version = (s.low + s.high + 1) / 2
        WHERE s.low < s.high
    )
    SELECT {ENTRY_COLUMNS} FROM ledger_entries
    WHERE account_id = :account_id AND version = (SELECT max(low) FROM search)
    """  # noqa: S608 - columns are constants
)
"""The last entry of an account that was recorded at or before a time.

A binary search over (account, version), which is the table's key: times rise with versions, so no index on time is
needed, and an account of a million entries takes twenty steps.
"""


class LedgerReader:
    """Reads the ledger inside a transaction of the caller.

    What an owner may see is the caller's business: results carry `owner_id`.

    Args:
        connection: with a transaction open; each method reads one snapshot.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def account(self, which: str | UUID) -> Account | None:
        """The account with this code or id, with its totals now."""
        column = ledger_accounts.c.code if isinstance(which, str) else ledger_accounts.c.id
        row = (await self._connection.execute(select(*_ACCOUNT).where(column == which))).first()
        return None if row is None else account_from(row)

    async def balance(self, which: str | UUID, record_time: datetime | None = None) -> Balance | None:
        """The balance of an account now, or as it stood in the books at `record_time`; None: no such account.

        A past balance no longer changes once no transaction that began before `record_time` is still being written.
        """
        account = await self.account(which)
        if account is None:
            return None
        if record_time is None or account.last_record_time is None or account.last_record_time <= record_time:
            return Balance.of(account)
        values = {"account_id": account.id, "version": account.version, "record_time": record_time}
        row = (await self._connection.execute(_ENTRY_AT, values)).first()
        return Balance.of(_before_first(account) if row is None else at(account, entry_from(row)))

    async def balances_under(self, prefix: str) -> list[Balance]:
        """The balances of the accounts that have entries and whose codes begin with `prefix`, by code."""
        code = ledger_accounts.c.code
        # A range of the index of codes, which sorts by bytes.
        after = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        query = select(*_ACCOUNT).where(code >= prefix, code < after, ledger_accounts.c.version > 0).order_by(code)
        return [Balance.of(account_from(row)) for row in await self._connection.execute(query)]

    async def entries(self, account_id: UUID, before_version: int | None, limit: int) -> list[HistoryLine]:
        """An account's entries, newest first.

        Args:
            account_id: the account; one that does not exist has no entries.
            before_version: only entries older than this one, to go on after a page; None: from the newest.
            limit: how many at most.
        """
        account = await self.account(account_id)
        if account is None:
            return []
        lines = ledger_transactions.c
        statement = (
            select(*_ENTRY, lines.reference, lines.effective_time, lines.description)
            .join(ledger_transactions, lines.id == ledger_entries.c.transaction_id)
            .where(ledger_entries.c.account_id == account_id)
            .order_by(ledger_entries.c.version.desc())
            .limit(limit)
        )
        if before_version is not None:
            statement = statement.where(ledger_entries.c.version < before_version)
        rows: Sequence[Row] = (await self._connection.execute(statement)).all()
        return [_line(account, row) for row in rows]

    async def trial_balance(self, currency: str | None = None) -> TrialBalance:
        """Every account that has entries, of one currency or of all, by code, from one snapshot."""
        now = select(func.clock_timestamp().label("now")).subquery()
        wanted = ledger_accounts.c.version > 0
        if currency is not None:
            wanted &= ledger_accounts.c.currency == currency
        # Joined to the clock from the left, so that empty books have a time too.
        statement = (
            select(now.c.now, *_ACCOUNT)
            .select_from(now.outerjoin(ledger_accounts, wanted))
            .order_by(ledger_accounts.c.code)
        )
        rows: Sequence[Row] = (await self._connection.execute(statement)).all()
        accounts = tuple(account_from(row[1:]) for row in rows if row[1] is not None)
        return TrialBalance(accounts, time_from(rows[0]))

    async def transactions(self, references: Sequence[str]) -> dict[str, Transaction]:
        """Transactions by their references; those that do not exist are left out."""
        statement = select(*_TRANSACTION).where(ledger_transactions.c.reference.in_(references))
        found = map(transaction_from, await self._connection.execute(statement))
        return {transaction.reference: transaction for transaction in found}

    async def hold(self, transaction_id: UUID) -> Hold | None:
        """The hold that a transaction made, and what is left of it; None: the transaction is no hold."""
        driver = await driver_connection(self._connection)
        holds = await read_holds(driver, [transaction_id])
        if not holds:
            return None
        cursor = driver.cursor(binary=True)
        await cursor.execute(SELECT_HOLD_LINKS, (uuids(list(holds)),))
        return with_links(holds, await cursor.fetchall())[transaction_id]


def _before_first(account: Account) -> Account:
    """The account as it was before its first entry."""
    return replace(
        account,
        version=0,
        posted_debits=0,
        posted_credits=0,
        pending_debits=0,
        pending_credits=0,
        last_record_time=None,
    )


def _line(account: Account, row: Row) -> HistoryLine:
    *columns, reference, effective_time, description = row
    entry = entry_from(columns)
    return HistoryLine(
        entry=entry,
        amount=Money(entry.amount_minor, account.currency),
        posted_after=Money(at(account, entry).posted_minor, account.currency),
        reference=reference,
        effective_time=effective_time,
        description=description,
    )
