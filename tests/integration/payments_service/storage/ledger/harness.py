"""Requests to post, and the checks of the books that Postgres holds."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from payments_service.domain.ids import new_id
from payments_service.domain.ledger.account import AccountKind, AccountSpec
from payments_service.domain.ledger.outcome import Outcome
from payments_service.domain.ledger.transaction import AccountKey, Posting, PostRequest
from payments_service.domain.money import Money
from payments_service.storage.ledger.repository import LedgerRepository
from payments_service.storage.retry import ATTEMPTS_MAX, retry

ATTEMPTS_MAX_SERIALIZABLE = 100
"""In tables of a few rows any two transactions meet on one index page, and at SERIALIZABLE one of them then fails."""


def spec(code: str, floor_minor: int | None = None) -> AccountSpec:
    """A liability in usd."""
    return AccountSpec(code, "usd", AccountKind.LIABILITY, floor_minor=floor_minor)


def transfer(debit: AccountKey, credit: AccountKey, amount: int, **fields: object) -> PostRequest:
    """One posting in usd, with a reference of its own unless `fields` has one."""
    number = new_id()
    given: dict[str, object] = {"transaction_id": number, "reference": f"test:{number}", **fields}
    given["postings"] = (Posting(debit, credit, Money(amount, "usd")),)
    return PostRequest(**given)  # type: ignore[arg-type]  # passed through


async def post(engine: AsyncEngine, *requests: PostRequest) -> Sequence[Outcome]:
    """Post in a transaction of its own, run again as the service does."""

    async def once() -> Sequence[Outcome]:
        async with engine.begin() as connection:
            return await LedgerRepository(connection).post(requests)

    serializable = engine.get_execution_options().get("isolation_level") == "SERIALIZABLE"
    return await retry(once, attempts_max=ATTEMPTS_MAX_SERIALIZABLE if serializable else ATTEMPTS_MAX)


async def rows(engine: AsyncEngine, statement: str, **values: object) -> list[tuple[Any, ...]]:
    """What a query gives."""
    async with engine.begin() as connection:
        return [tuple(row) for row in await connection.execute(text(statement), values)]


async def check_books(engine: AsyncEngine) -> None:
    """Debits equal credits, versions have no gap, and accounts are the fold of their entries."""
    unbalanced = await rows(
        engine,
        """
        SELECT transaction_id, posting_index FROM ledger_entries GROUP BY transaction_id, posting_index
        HAVING sum(amount_minor) FILTER (WHERE side = 1) IS DISTINCT FROM sum(amount_minor) FILTER (WHERE side = 2)
        """,
    )
    assert unbalanced == []
    different = await rows(
        engine,
        """
        SELECT a.code FROM ledger_accounts a LEFT JOIN (
            SELECT account_id, count(*) AS entries, min(version) AS first, max(version) AS last,
                   coalesce(sum(amount_minor) FILTER (WHERE side = 1 AND effect IN (1, 3)), 0) AS posted_debits,
                   coalesce(sum(amount_minor) FILTER (WHERE side = 2 AND effect IN (1, 3)), 0) AS posted_credits,
                   coalesce(sum(CASE effect WHEN 2 THEN amount_minor WHEN 1 THEN 0 ELSE -amount_minor END)
                            FILTER (WHERE side = 1), 0) AS pending_debits,
                   coalesce(sum(CASE effect WHEN 2 THEN amount_minor WHEN 1 THEN 0 ELSE -amount_minor END)
                            FILTER (WHERE side = 2), 0) AS pending_credits
            FROM ledger_entries GROUP BY account_id) f ON f.account_id = a.id
        WHERE (a.version, a.posted_debits, a.posted_credits, a.pending_debits, a.pending_credits) IS DISTINCT FROM
              (coalesce(f.last, 0), coalesce(f.posted_debits, 0), coalesce(f.posted_credits, 0),
               coalesce(f.pending_debits, 0), coalesce(f.pending_credits, 0))
           OR f.first <> 1 OR f.last <> f.entries
        """,
    )
    assert different == []
    backwards = await rows(
        engine,
        """
        SELECT account_id, version FROM (
            SELECT account_id, version, record_time, lag(record_time) OVER (PARTITION BY account_id ORDER BY version) p
            FROM ledger_entries) t WHERE record_time < p
        """,
    )
    assert backwards == []
