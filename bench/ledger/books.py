"""Whether the ledger's books are right after a benchmark: sums, versions, running totals, and how much was posted."""

from dataclasses import dataclass, fields

import psycopg

from bench.report import Books


@dataclass(frozen=True, slots=True)
class Findings:
    """What the database says of its books. All but the first three are to be zero.

    Attributes:
        transactions: how many there are.
        entries: how many there are.
        accounts: that have entries.
        lopsided: postings whose debits are not equal to their credits.
        without_entries: transactions that have none.
        with_gaps: accounts whose entries are not numbered from 1 without gaps.
        different: accounts whose version or totals are not the sum of their entries.
        backwards: entries recorded before the entry that precedes them.
        misrunning: entries whose running totals are not those before them and their own amount.
    """

    transactions: int
    entries: int
    accounts: int
    lopsided: int
    without_entries: int
    with_gaps: int
    different: int
    backwards: int
    misrunning: int


_SAID = {
    "lopsided": "postings whose debits are not equal to their credits",
    "without_entries": "transactions without entries",
    "with_gaps": "accounts whose entries are not numbered from 1 without gaps",
    "different": "accounts whose version or totals are not the sum of their entries",
    "backwards": "entries recorded before the one that precedes them",
    "misrunning": "entries whose running totals do not follow from the one before",
}


def judge(found: Findings, expected: int) -> Books:
    """Whether the books are right.

    Args:
        found: what the database says.
        expected: how many transactions there should be: those that were seeded and those that were acknowledged.
    """
    wrong = [f"{getattr(found, name):,} {what}" for name, what in _SAID.items() if getattr(found, name)]
    if found.transactions != expected:
        wrong.append(f"{found.transactions:,} transactions are there, and {expected:,} were posted")
    if wrong:
        return Books((), tuple(wrong))
    said = f"{found.transactions:,} transactions, as many as were acknowledged; {found.entries:,} entries of "
    said += f"{found.accounts:,} accounts balance, are numbered without gaps, and add up to the accounts' totals"
    return Books((said,))


async def check_ledger(url: str, expected: int) -> Books:
    """Look at every transaction, entry and account of a database.

    Args:
        url: as its owner.
        expected: how many transactions there should be.

    Raises:
        psycopg.Error: the database refuses.
    """
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("SET work_mem = '256MB'")
        counts = []
        for field in fields(Findings):
            row = await (await connection.execute(_COUNTS[field.name])).fetchone()
            counts.append(int(row[0]) if row else 0)
    return judge(Findings(*counts), expected)


_COUNTS = {
    "transactions": "SELECT count(*) FROM ledger_transactions",
    "entries": "SELECT count(*) FROM ledger_entries",
    "accounts": "SELECT count(*) FROM ledger_accounts WHERE version > 0",
    "lopsided": """
        SELECT count(*) FROM (
            SELECT FROM ledger_entries GROUP BY transaction_id, posting_index
            HAVING sum(amount_minor) FILTER (WHERE side = 1) IS DISTINCT FROM sum(amount_minor) FILTER (WHERE side = 2)
        ) t
    """,
    "without_entries": """
        SELECT count(*) FROM ledger_transactions t
        WHERE NOT EXISTS (SELECT FROM ledger_entries e WHERE e.transaction_id = t.id)
    """,
    "with_gaps": """
        SELECT count(*) FROM (
            SELECT FROM ledger_entries GROUP BY account_id HAVING min(version) <> 1 OR max(version) <> count(*)
        ) t
    """,
    "different": """
        SELECT count(*) FROM ledger_accounts a LEFT JOIN (
            SELECT account_id, max(version) AS version,
                   coalesce(sum(amount_minor) FILTER (WHERE side = 1 AND effect IN (1, 3)), 0) AS posted_debits,
                   coalesce(sum(amount_minor) FILTER (WHERE side = 2 AND effect IN (1, 3)), 0) AS posted_credits
            FROM ledger_entries GROUP BY account_id
        ) e ON e.account_id = a.id
        WHERE (a.version, a.posted_debits, a.posted_credits) IS DISTINCT FROM
              (coalesce(e.version, 0), coalesce(e.posted_debits, 0), coalesce(e.posted_credits, 0))
    """,
    "backwards": """
        SELECT count(*) FROM (
            SELECT record_time, lag(record_time) OVER (PARTITION BY account_id ORDER BY version) AS before
            FROM ledger_entries
        ) t WHERE record_time < before
    """,
    "misrunning": """
        SELECT count(*) FROM (
            SELECT posted_debits + posted_credits AS totals, amount_minor, effect,
                   lag(posted_debits + posted_credits, 1, 0::bigint)
                       OVER (PARTITION BY account_id ORDER BY version) AS before
            FROM ledger_entries
        ) t WHERE totals <> before + CASE WHEN effect IN (1, 3) THEN amount_minor ELSE 0 END
    """,
}
"""One statement a finding. Effects 1 and 3 are what moves posted totals (`domain.ledger.transaction.Effect`)."""
