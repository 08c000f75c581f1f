"""Balances of many accounts at once: now, as they were recorded at a time, or as of the time when things happened.

Each is one statement, so that all of it is from one moment of the books.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from payments_service.domain.ledger.account import Account
from payments_service.domain.ledger.outcome import at, before_first
from payments_service.domain.ledger.views import Balance, EffectiveBalance
from payments_service.domain.money import Money
from payments_service.storage.driver import driver_connection
from payments_service.storage.ledger.arrays import PackedArray, texts, uuids
from payments_service.storage.ledger.effective_times import DAY, FIVE_MINUTES, start_of
from payments_service.storage.ledger.rows import ACCOUNT_COLUMNS, ENTRY_COLUMNS, Row, account_from, entry_from
from payments_service.storage.retry import retry
from payments_service.storage.statements import Statements

_WANTED = f"""
SELECT {ACCOUNT_COLUMNS} FROM ledger_accounts
WHERE code = ANY(CAST(:codes AS text[])) OR id = ANY(CAST(:ids AS uuid[]))
"""  # noqa: S608 - columns are constants

_FOUND = f"""
WITH RECURSIVE wanted AS MATERIALIZED ({_WANTED}),
search (account_id, low, high) AS (
    SELECT id, 0::bigint, version FROM wanted
    UNION ALL
    SELECT s.account_id,
           CASE WHEN e.record_time <= :time THEN e.version ELSE s.low END,
           CASE WHEN e.record_time <= :time THEN s.high ELSE e.version - 1 END
    FROM search s CROSS JOIN LATERAL (
        SELECT version, record_time FROM ledger_entries
        WHERE account_id = s.account_id AND version = (s.low + s.high + 1) / 2 LIMIT 1
    ) e
    WHERE s.low < s.high
),
found AS MATERIALIZED (SELECT account_id, max(low) AS version FROM search GROUP BY account_id)
"""  # noqa: S608 - columns are constants
"""The version of each account at a record time.

A binary search over (account, version), which is the table's key: times rise with versions, so no index on time is
needed, and an account of a million entries takes twenty steps.
"""

_NOW = f"""
SELECT {ACCOUNT_COLUMNS} FROM ledger_accounts WHERE code = ANY(%b::text[]) OR id = ANY(%b::uuid[])
"""  # noqa: S608 - columns are constants

_AT_RECORD_TIME = text(
    f"""
    {_FOUND}
    SELECT w.*, e.* FROM wanted w JOIN found f ON f.account_id = w.id
    LEFT JOIN LATERAL (
        SELECT {ENTRY_COLUMNS} FROM ledger_entries WHERE account_id = w.id AND version = f.version LIMIT 1
    ) e ON true
    """  # noqa: S608 - columns are constants
)

_AT_EFFECTIVE_TIME = text(
    f"""
    {_FOUND}
    SELECT w.*,
           coalesce(e.posted_debits, 0) - coalesce(s.shifted_debits, 0) + coalesce(t.debits, 0)::bigint,
           coalesce(e.posted_credits, 0) - coalesce(s.shifted_credits, 0) + coalesce(t.credits, 0)::bigint
    FROM wanted w JOIN found f ON f.account_id = w.id
    LEFT JOIN LATERAL (
        SELECT posted_debits, posted_credits FROM ledger_entries
        WHERE account_id = w.id AND version = f.version LIMIT 1
    ) e ON true
    LEFT JOIN LATERAL (
        SELECT shifted_debits, shifted_credits FROM ledger_shifted_entries
        WHERE account_id = w.id AND version <= f.version ORDER BY version DESC LIMIT 1
    ) s ON true
    CROSS JOIN LATERAL (
        SELECT sum(debits) AS debits, sum(credits) AS credits FROM (
            SELECT debits, credits FROM ledger_effective_totals
            WHERE account_id = w.id AND width = {DAY} AND start_time < :day
            UNION ALL
            SELECT debits, credits FROM ledger_effective_totals
            WHERE account_id = w.id AND width = {FIVE_MINUTES} AND start_time >= :day AND start_time < :five_minutes
            UNION ALL
            SELECT CASE side WHEN 1 THEN amount_minor ELSE 0 END, CASE side WHEN 2 THEN amount_minor ELSE 0 END
            FROM ledger_shifted_entries
            WHERE account_id = w.id AND effective_time >= :five_minutes AND effective_time <= :time
        ) parts
    ) t
    """  # noqa: S608 - columns are constants
)
"""The balance at that record time, without what shifted entries did to it, with those that had happened by then."""

_ACCOUNT_WIDTH = ACCOUNT_COLUMNS.count(",") + 1


class PostgresCurrentBalances:
    """See `application.ledger.ports.CurrentBalances`."""

    def __init__(self, engine: AsyncEngine) -> None:
        # One: balances are read in groups, one at a time.
        self._statements = Statements(engine, connections_max=1)

    async def of(self, which: Sequence[str | UUID]) -> list[Balance]:
        """See the port."""

        async def once() -> list[Balance]:
            return _balances(await self._statements.rows(_NOW, _packed(which)))

        return await retry(once)


async def balances_now(connection: AsyncConnection, which: Iterable[str | UUID]) -> list[Balance]:
    """The balances of those accounts that exist, by code or id, in no order."""
    cursor = await (await driver_connection(connection)).execute(_NOW, _packed(which), binary=True)
    return _balances(await cursor.fetchall())


async def balances_at_record_time(
    connection: AsyncConnection, which: Iterable[str | UUID], time: datetime
) -> list[Balance]:
    """The balances as they stood in the books at a time.

    A past balance no longer changes once no transaction that began before that time is still being written.
    """
    rows: Sequence[Row] = (await connection.execute(_AT_RECORD_TIME, {**_names(which), "time": time})).all()
    return [Balance.of(_as_recorded(row)) for row in rows]


async def balances_at_effective_time(
    connection: AsyncConnection, which: Iterable[str | UUID], time: datetime
) -> list[EffectiveBalance]:
    """The balances by what had happened up to a time, as far as it is known now."""
    values = {
        **_names(which),
        "time": time,
        "day": start_of(time, DAY),
        "five_minutes": start_of(time, FIVE_MINUTES),
    }
    balances = []
    for row in await connection.execute(_AT_EFFECTIVE_TIME, values):
        account = account_from(row[:_ACCOUNT_WIDTH])
        debits, credits_ = row[_ACCOUNT_WIDTH:]
        then = replace(before_first(account), posted_debits=debits, posted_credits=credits_)
        balances.append(EffectiveBalance(account, Money(then.posted_minor, account.currency)))
    return balances


def _balances(rows: Iterable[Row]) -> list[Balance]:
    return [Balance.of(account_from(row)) for row in rows]


def _as_recorded(row: Row) -> Account:
    account = account_from(row[:_ACCOUNT_WIDTH])
    entry = row[_ACCOUNT_WIDTH:]
    return before_first(account) if entry[0] is None else at(account, entry_from(entry))


def _packed(which: Iterable[str | UUID]) -> tuple[PackedArray, PackedArray]:
    names = _names(which)
    return texts(names["codes"]), uuids(names["ids"])


def _names(which: Iterable[str | UUID]) -> dict[str, list[Any]]:
    """Codes and ids apart."""
    names = list(which)
    return {
        "codes": [name for name in names if isinstance(name, str)],
        "ids": [name for name in names if isinstance(name, UUID)],
    }
