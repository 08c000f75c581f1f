"""The writer's SQL, all of it. `%b` is a parameter in binary, here always an array that carries a whole column.

Every statement handles a batch of any size, so a batch costs the same number of statements whether it holds one
posting or a thousand.
"""

from payments_service.domain.ledger.transaction import SETTLING_INDEX_FIRST
from payments_service.storage.ledger.rows import ACCOUNT_COLUMNS, ENTRY_COLUMNS, TRANSACTION_COLUMNS

LOCK_IF_ALL_EXIST = f"""
SELECT {ACCOUNT_COLUMNS} FROM ledger_accounts
WHERE code = ANY(%b::text[])
  AND (SELECT count(*) FROM ledger_accounts WHERE code = ANY(%b::text[])) = cardinality(%b::text[])
ORDER BY id FOR UPDATE
"""  # noqa: S608 - columns are constants
"""Lock accounts in id order, but none of them while one is missing.

Who locks some, then inserts the missing, then locks these holds locks out of order, and deadlocks with its like.
"""

LOCK = f"""
SELECT {ACCOUNT_COLUMNS} FROM ledger_accounts WHERE code = ANY(%b::text[]) ORDER BY id FOR UPDATE
"""  # noqa: S608 - columns are constants
"""Lock those accounts that exist, in id order."""

LOCK_DEBTS = f"""
SELECT {ACCOUNT_COLUMNS} FROM ledger_accounts
WHERE code = ANY(%b::text[]) AND posted_debits > posted_credits ORDER BY id FOR UPDATE
"""  # noqa: S608 - columns are constants
"""Lock those receivables on which something is owed, in id order.

Only facts make a debt, and they hold the lock of the wallet or payable: so once that is held, this sees every debt.
Receivables without one, nearly all of them, cost neither a lock nor a row. A receivable's id is higher than that of its
wallet or payable: so also who locks all at once, in id order, holds the wallet before the receivable.
"""

SELECT_ACCOUNTS = f"SELECT {ACCOUNT_COLUMNS} FROM ledger_accounts WHERE code = ANY(%b::text[])"  # noqa: S608 - columns
"""The same, without a lock: for a decision that is not written."""

INSERT_ACCOUNTS = """
INSERT INTO ledger_accounts (id, code, currency, kind, owner_id, floor_minor, create_time, update_time)
SELECT made.*, clock.now, clock.now
FROM unnest(%b::uuid[], %b::text[], %b::text[], %b::text[], %b::text[], %b::bigint[]) AS made,
     (SELECT clock_timestamp() AS now) clock
ON CONFLICT DO NOTHING
"""
"""Make accounts on first use; the rows come in one order, so two that make the same ones wait in the same order."""

SELECT_CODES = "SELECT code FROM ledger_accounts WHERE code = ANY(%b::text[])"

SELECT_REFERENCES_AND_CLOCK = f"""
SELECT clock.now, {TRANSACTION_COLUMNS}
FROM (SELECT clock_timestamp() AS now) clock
LEFT JOIN ledger_transactions t ON t.reference = ANY(%b::text[])
"""  # noqa: S608 - columns are constants
"""The time, and the transactions that have one of the references; when none has, one row with nothing but the time."""

WRITE = f"""
WITH transactions AS (
INSERT INTO ledger_transactions ({TRANSACTION_COLUMNS})
SELECT id, reference, kind, target_id, effective_time, %b, expire_time, description, metadata::jsonb, actor, request_id,
       digest
FROM unnest(%b::uuid[], %b::text[], %b::text[], %b::uuid[], %b::timestamptz[], %b::timestamptz[], %b::text[],
            %b::text[], %b::text[], %b::text[], %b::bytea[])
     AS t (id, reference, kind, target_id, effective_time, expire_time, description, metadata, actor, request_id,
           digest)
), entries AS (
INSERT INTO ledger_entries ({ENTRY_COLUMNS})
SELECT *, %b FROM unnest(%b::uuid[], %b::bigint[], %b::uuid[], %b::smallint[], %b::smallint[], %b::smallint[],
                         %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[])
), queued AS (
INSERT INTO ledger_queue (record_time, first_id, transaction_ids) VALUES (%b, %b, %b::uuid[])
)
UPDATE ledger_accounts a
SET version = t.version, posted_debits = t.posted_debits, posted_credits = t.posted_credits,
    pending_debits = t.pending_debits, pending_credits = t.pending_credits, last_record_time = %b
FROM unnest(%b::uuid[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[])
     AS t (id, version, posted_debits, posted_credits, pending_debits, pending_credits)
WHERE a.id = t.id
"""  # noqa: S608 - columns are constants
"""Insert transactions and entries and set the totals of the accounts, in one statement.

Transactions come sorted by reference: rows with unique keys that two batches insert in different orders deadlock.
Totals are set as they are, not as differences: the accounts are locked, so nothing came between. One statement instead
of three saves a tenth of a millisecond of driver work a batch, which is what small batches are made of. One row tells
the sequencer of the whole batch, in the order in which it was decided.
"""

INSERT_SHIFTED_ENTRIES = """
INSERT INTO ledger_shifted_entries
    (account_id, version, amount_minor, shifted_debits, shifted_credits, effective_time, side)
SELECT n.account_id, n.version, n.amount_minor,
       coalesce(o.shifted_debits, 0) + coalesce(sum(n.amount_minor) FILTER (WHERE n.side = 1) OVER up_to_here, 0),
       coalesce(o.shifted_credits, 0) + coalesce(sum(n.amount_minor) FILTER (WHERE n.side = 2) OVER up_to_here, 0),
       n.effective_time, n.side
FROM unnest(%b::uuid[], %b::bigint[], %b::bigint[], %b::smallint[], %b::timestamptz[])
     AS n (account_id, version, amount_minor, side, effective_time)
LEFT JOIN LATERAL (
    SELECT shifted_debits, shifted_credits FROM ledger_shifted_entries
    WHERE account_id = n.account_id ORDER BY version DESC LIMIT 1
) o ON true
WINDOW up_to_here AS (PARTITION BY n.account_id ORDER BY n.version)
"""
"""Remember entries that moved money at another time than they were recorded, with the sums of such entries so far."""

ADD_TO_EFFECTIVE_TOTALS = """
INSERT INTO ledger_effective_totals AS t (account_id, width, start_time, debits, credits)
SELECT * FROM unnest(%b::uuid[], %b::smallint[], %b::timestamptz[], %b::bigint[], %b::bigint[])
ON CONFLICT (account_id, width, start_time)
DO UPDATE SET debits = t.debits + excluded.debits, credits = t.credits + excluded.credits
"""

INSERT_HOLD_EXPIRIES = """
INSERT INTO ledger_hold_expiries (expire_time, transaction_id) SELECT * FROM unnest(%b::timestamptz[], %b::uuid[])
"""

SELECT_TARGETS = f"""
SELECT t.id, t.kind, t.effective_time, t.expire_time, d.posting_index, da.code, ca.code, da.currency, d.amount_minor
FROM ledger_transactions t
JOIN ledger_entries d ON d.transaction_id = t.id AND d.side = 1 AND d.posting_index < {SETTLING_INDEX_FIRST}
JOIN ledger_entries c ON c.transaction_id = t.id AND c.side = 2 AND c.posting_index = d.posting_index
JOIN ledger_accounts da ON da.id = d.account_id
JOIN ledger_accounts ca ON ca.id = c.account_id
WHERE t.id = ANY(%b::uuid[])
ORDER BY t.id, d.posting_index
"""  # noqa: S608 - a constant
"""What targets were made of. It never changes, so it may be read before their accounts are locked."""

SELECT_LINKS = f"""
SELECT l.target_id, l.kind, e.posting_index, sum(e.amount_minor)::bigint
FROM ledger_transactions l
JOIN ledger_entries e ON e.transaction_id = l.id AND e.side = 1 AND e.posting_index < {SETTLING_INDEX_FIRST}
WHERE l.target_id = ANY(%b::uuid[])
GROUP BY l.target_id, l.kind, e.posting_index
"""  # noqa: S608 - a constant
"""What has been captured from holds, released, and reversed. Only true once the accounts of the targets are locked."""
