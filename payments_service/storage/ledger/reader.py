"""Reading the ledger: balances now and in the past, histories, the trial balance."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.ledger.account import Account
from payments_service.domain.ledger.hold import Hold
from payments_service.domain.ledger.outcome import at
from payments_service.domain.ledger.transaction import Transaction
from payments_service.domain.ledger.views import Balance, EffectiveBalance, HistoryLine, TrialBalance
from payments_service.domain.money import Money
from payments_service.storage.driver import driver_connection
from payments_service.storage.ledger.arrays import uuids
from payments_service.storage.ledger.balances import (
    balances_at_effective_time,
    balances_at_record_time,
    balances_now,
)
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
from payments_service.storage.ledger.statements import SELECT_LINKS
from payments_service.storage.ledger.targets import read_targets, with_links
from payments_service.storage.tables.ledger import ledger_accounts, ledger_entries, ledger_transactions

_ACCOUNT = [ledger_accounts.c[name] for name in ACCOUNT_COLUMNS.split(", ")]
_ENTRY = [ledger_entries.c[name] for name in ENTRY_COLUMNS.split(", ")]
_TRANSACTION = [ledger_transactions.c[name] for name in TRANSACTION_COLUMNS.split(", ")]


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
        """The balance of an account now, or as it stood in the books at `record_time`; None: no such account."""
        return next(iter(await self.balances([which], record_time)), None)

    async def balances(self, which: Sequence[str | UUID], record_time: datetime | None = None) -> list[Balance]:
        """The balances of the accounts that exist, by code or id, now or at a record time, in no order."""
        if record_time is None:
            return await balances_now(self._connection, which)
        return await balances_at_record_time(self._connection, which, record_time)

    async def effective_balances(self, which: Sequence[str | UUID], effective_time: datetime) -> list[EffectiveBalance]:
        """The balances by what had happened up to a time, of the accounts that exist, in no order."""
        return await balances_at_effective_time(self._connection, which, effective_time)

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
        targets = await read_targets(driver, [transaction_id])
        if not isinstance(targets.get(transaction_id), Hold):
            return None
        cursor = driver.cursor(binary=True)
        await cursor.execute(SELECT_LINKS, (uuids(list(targets)),))
        target = with_links(targets, await cursor.fetchall())[transaction_id]
        return target if isinstance(target, Hold) else None


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
