"""I2, and I7 for times: an account is the fold of its entries, and each entry follows from the one before it.

An entry is compared with its predecessor alone: if each is right by the one before, all are. So a stretch needs no
sums from the beginning, and one account with all the entries costs no more than many with a few.
"""

from payments_service.domain.ids import Prefix
from payments_service.storage.ledger.verification.ranges import ACCOUNTS, ENTRIES, RangeCheck

ENTRY_CHECK = RangeCheck(
    ENTRIES,
    """
    SELECT e.account_id, 'entry ' || e.version || ' of account ' || coalesce(a.code, 'that does not exist') || ': '
           || concat_ws(', ',
                CASE WHEN e.version > 1 AND p.version IS NULL THEN 'the entry before it is missing' END,
                CASE WHEN (e.posted_debits, e.posted_credits, e.pending_debits, e.pending_credits) IS DISTINCT FROM
                          (n.posted_debits, n.posted_credits, n.pending_debits, n.pending_credits)
                     THEN 'totals are not those before it and its own amount' END,
                CASE WHEN e.record_time < p.record_time THEN 'recorded before the entry before it' END,
                CASE WHEN t.id IS NULL THEN 'its transaction does not exist'
                     WHEN t.record_time <> e.record_time THEN 'not recorded when its transaction was' END)
    FROM ledger_entries e
    LEFT JOIN ledger_accounts a ON a.id = e.account_id
    LEFT JOIN ledger_entries p ON p.account_id = e.account_id AND p.version = e.version - 1
    LEFT JOIN ledger_transactions t ON t.id = e.transaction_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN e.effect IN (1, 3) THEN e.amount_minor ELSE 0 END AS posted,
               CASE e.effect WHEN 2 THEN e.amount_minor WHEN 1 THEN 0 ELSE -e.amount_minor END AS pending
    ) m
    CROSS JOIN LATERAL (
        SELECT coalesce(p.posted_debits, 0) + CASE e.side WHEN 1 THEN m.posted ELSE 0 END AS posted_debits,
               coalesce(p.posted_credits, 0) + CASE e.side WHEN 2 THEN m.posted ELSE 0 END AS posted_credits,
               coalesce(p.pending_debits, 0) + CASE e.side WHEN 1 THEN m.pending ELSE 0 END AS pending_debits,
               coalesce(p.pending_credits, 0) + CASE e.side WHEN 2 THEN m.pending ELSE 0 END AS pending_credits
    ) n
    WHERE {e} AND (
        a.id IS NULL OR e.version < 1 OR (e.version > 1 AND p.version IS NULL) OR e.record_time < p.record_time
        OR t.id IS NULL OR t.record_time <> e.record_time
        OR (e.posted_debits, e.posted_credits, e.pending_debits, e.pending_credits) IS DISTINCT FROM
           (n.posted_debits, n.posted_credits, n.pending_debits, n.pending_credits)
    )
    ORDER BY e.account_id, e.version
    """,
    Prefix.LEDGER_ACCOUNT,
)

ACCOUNT_CHECK = RangeCheck(
    ACCOUNTS,
    """
    SELECT a.id, 'account ' || a.code || ' has version ' || a.version || ' and totals '
           || concat_ws('/', a.posted_debits, a.posted_credits, a.pending_debits, a.pending_credits)
           || ', its last entry ' || coalesce(e.version, 0) || ' and '
           || concat_ws('/', coalesce(e.posted_debits, 0), coalesce(e.posted_credits, 0),
                        coalesce(e.pending_debits, 0), coalesce(e.pending_credits, 0))
    FROM ledger_accounts a
    LEFT JOIN LATERAL (
        SELECT * FROM ledger_entries WHERE account_id = a.id ORDER BY version DESC LIMIT 1
    ) e ON true
    WHERE {a} AND (a.version, a.posted_debits, a.posted_credits, a.pending_debits, a.pending_credits,
                   a.last_record_time) IS DISTINCT FROM
                  (coalesce(e.version, 0), coalesce(e.posted_debits, 0), coalesce(e.posted_credits, 0),
                   coalesce(e.pending_debits, 0), coalesce(e.pending_credits, 0), e.record_time)
    ORDER BY a.id
    """,
    Prefix.LEDGER_ACCOUNT,
)
