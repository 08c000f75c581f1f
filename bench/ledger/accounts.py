"""Accounts as callers of the ledger have them, and histories for them, made set-based in Postgres."""

from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from payments_service.domain.ledger.namespace import ACCOUNT_PREFIX

CURRENCY = "usd"
_CHUNK = 100_000
"""Transactions made by one statement: a few seconds' work, after which progress can be told and Ctrl-C heard."""


def code(number: int, prefix: str = "bench") -> str:
    """The code of an account of a caller: callers may post to it, and no receivable goes with it."""
    return f"{ACCOUNT_PREFIX}{prefix}:{number:07d}:{CURRENCY}"


@dataclass(frozen=True, slots=True)
class Ring:
    """Accounts in a ring: transaction `n` moves one minor unit from account `n` to the next, round after round.

    So an account's history follows from its position, and can be written without looking at what is there.

    Attributes:
        accounts: how many; at least two.
        transactions: how many, two entries each.
        prefix: of the accounts' codes, behind that of callers' accounts.
        backdated_every: one in so many happened up to a month before it was recorded; 0: none did.
    """

    accounts: int
    transactions: int
    prefix: str = "bench"
    backdated_every: int = 0


async def make_ring(url: str, ring: Ring, say: Callable[[str], None]) -> None:
    """Make the accounts of a ring with their history, as the ledger's own writer would have left them.

    Ids are time-ordered and record times rise, a millisecond from transaction to transaction, and end now.

    Args:
        url: a migrated database, as its owner.
        ring: what to make.
        say: told of the progress.

    Raises:
        psycopg.Error: the database refuses.
    """
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        # What is lost in a crash is made again; the benchmark itself commits with its own settings.
        await connection.execute("SET synchronous_commit = off")
        name = ACCOUNT_PREFIX + ring.prefix
        await connection.execute(_ACCOUNTS, {"accounts": ring.accounts, "name": name, "currency": CURRENCY})
        await connection.execute(_NUMBERED, {"name": name})
        for first in range(0, ring.transactions, _CHUNK):
            say(f"seeding: {2 * first:,} of {2 * ring.transactions:,} entries")
            last = min(first + _CHUNK, ring.transactions) - 1
            values = {"first": first, "last": last, "all": ring.transactions, "accounts": ring.accounts}
            await connection.execute(_HISTORY, values | {"name": name, "backdated": ring.backdated_every})
        if ring.transactions:
            await connection.execute(_TOTALS)
        if ring.backdated_every:
            say("seeding: what was back-dated")
            await connection.execute(_SHIFTED)
            await connection.execute(_EFFECTIVE_TOTALS)
        await connection.execute("DROP TABLE ring")
        say("analysing")
        await connection.execute("VACUUM (ANALYZE)")
        await connection.execute("CHECKPOINT")


_ACCOUNTS = """
INSERT INTO ledger_accounts (id, code, currency, kind)
SELECT uuidv7(), %(name)s || ':' || lpad(n::text, 7, '0') || ':' || %(currency)s, %(currency)s, 'liability'
FROM generate_series(0, %(accounts)s - 1) n
"""

_NUMBERED = """
CREATE TEMPORARY TABLE ring AS
SELECT row_number() OVER (ORDER BY code) - 1 AS n, id FROM ledger_accounts WHERE starts_with(code, %(name)s || ':')
"""

_HISTORY = """
WITH made AS (
    SELECT n, uuidv7((n - %(all)s) * interval '1 millisecond') AS id, n / %(accounts)s AS turn,
           (n %% %(accounts)s)::bigint AS debit, ((n + 1) %% %(accounts)s)::bigint AS credit,
           statement_timestamp() + (n - %(last)s) * interval '1 millisecond'
               + (%(last)s - %(all)s) * interval '1 millisecond' AS time
    FROM generate_series(%(first)s::bigint, %(last)s) n
), transactions AS (
    INSERT INTO ledger_transactions (id, reference, kind, effective_time, record_time, description, metadata, actor,
                                     request_id, digest)
    SELECT id, 'seed/' || %(name)s || '/' || n, 'post',
           CASE WHEN %(backdated)s > 0 AND n %% greatest(%(backdated)s, 1) = 0
                THEN time - (n %% 720 + 1) * interval '1 hour' ELSE time END,
           time, '', '{}', 'bench', '', ''
    FROM made ORDER BY n
)
INSERT INTO ledger_entries (account_id, version, transaction_id, amount_minor, posted_debits, posted_credits,
                            pending_debits, pending_credits, record_time, posting_index, side, effect)
-- Account 0 is debited before it is credited in each turn, all others the other way round.
SELECT ring.id, 2 * turn + CASE WHEN debit = 0 THEN 1 ELSE 2 END, made.id, 1, turn + 1,
       turn + CASE WHEN debit = 0 THEN 0 ELSE 1 END, 0, 0, time, 0, 1, 1
FROM made JOIN ring ON ring.n = debit
UNION ALL
SELECT ring.id, 2 * turn + CASE WHEN credit = 0 THEN 2 ELSE 1 END, made.id, 1,
       turn + CASE WHEN credit = 0 THEN 1 ELSE 0 END, turn + 1, 0, 0, time, 0, 2, 1
FROM made JOIN ring ON ring.n = credit
"""

_TOTALS = """
UPDATE ledger_accounts a
SET version = e.version, posted_debits = e.posted_debits, posted_credits = e.posted_credits,
    last_record_time = e.record_time
FROM ring
CROSS JOIN LATERAL (
    SELECT version, posted_debits, posted_credits, record_time FROM ledger_entries
    WHERE account_id = ring.id ORDER BY version DESC LIMIT 1
) e
WHERE a.id = ring.id
"""

_SHIFTED = """
INSERT INTO ledger_shifted_entries (account_id, version, amount_minor, shifted_debits, shifted_credits, effective_time,
                                    side)
SELECT e.account_id, e.version, e.amount_minor,
       coalesce(sum(e.amount_minor) FILTER (WHERE e.side = 1) OVER so_far, 0),
       coalesce(sum(e.amount_minor) FILTER (WHERE e.side = 2) OVER so_far, 0), t.effective_time, e.side
FROM ring JOIN ledger_entries e ON e.account_id = ring.id JOIN ledger_transactions t ON t.id = e.transaction_id
WHERE t.effective_time <> t.record_time
WINDOW so_far AS (PARTITION BY e.account_id ORDER BY e.version)
"""

_EFFECTIVE_TOTALS = """
INSERT INTO ledger_effective_totals (account_id, width, start_time, debits, credits)
SELECT s.account_id, w.width, date_bin(w.span, s.effective_time, 'epoch'::timestamptz) AS start_time,
       coalesce(sum(s.amount_minor) FILTER (WHERE s.side = 1), 0),
       coalesce(sum(s.amount_minor) FILTER (WHERE s.side = 2), 0)
FROM ring JOIN ledger_shifted_entries s ON s.account_id = ring.id
CROSS JOIN (VALUES (1, interval '1 day'), (2, interval '5 minutes')) AS w (width, span)
GROUP BY s.account_id, w.width, start_time
"""
