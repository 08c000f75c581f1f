"""I7: what is kept for balances at an effective time is the fold of the entries that moved money at another time."""

from payments_service.domain.ids import Prefix
from payments_service.storage.ledger.effective_times import DAY, FIVE_MINUTES
from payments_service.storage.ledger.verification.ranges import BUCKETS, ENTRIES, SHIFTED, RangeCheck

KNOWN_CHECK = RangeCheck(
    ENTRIES,
    """
    SELECT e.account_id, 'entry ' || e.version || ': what is kept of when it happened is not what its transaction says'
    FROM ledger_entries e
    JOIN ledger_transactions t ON t.id = e.transaction_id
    LEFT JOIN ledger_shifted_entries s ON s.account_id = e.account_id AND s.version = e.version
    WHERE {e} AND CASE WHEN e.effect IN (1, 3) AND t.effective_time <> t.record_time
        THEN (s.side, s.amount_minor, s.effective_time) IS DISTINCT FROM (e.side, e.amount_minor, t.effective_time)
        ELSE s.version IS NOT NULL END
    ORDER BY e.account_id, e.version
    """,
    Prefix.LEDGER_ACCOUNT,
)

SUMS_CHECK = RangeCheck(
    SHIFTED,
    f"""
    SELECT s.account_id, 'shifted entry ' || s.version || ': its sums, or the totals of its time, are not right'
    FROM ledger_shifted_entries s
    LEFT JOIN LATERAL (
        SELECT shifted_debits, shifted_credits FROM ledger_shifted_entries
        WHERE account_id = s.account_id AND version < s.version ORDER BY version DESC LIMIT 1
    ) p ON true
    WHERE {{s}} AND (
        (s.shifted_debits, s.shifted_credits) IS DISTINCT FROM (
            coalesce(p.shifted_debits, 0) + CASE s.side WHEN 1 THEN s.amount_minor ELSE 0 END,
            coalesce(p.shifted_credits, 0) + CASE s.side WHEN 2 THEN s.amount_minor ELSE 0 END)
        OR NOT EXISTS (SELECT FROM ledger_entries e WHERE e.account_id = s.account_id AND e.version = s.version)
        OR (SELECT count(*) FROM ledger_effective_totals b
            WHERE b.account_id = s.account_id AND (b.width, b.start_time) IN (
                ({DAY}, to_timestamp(floor(extract(epoch FROM s.effective_time) / 86400) * 86400)),
                ({FIVE_MINUTES}, to_timestamp(floor(extract(epoch FROM s.effective_time) / 300) * 300)))) <> 2
    )
    ORDER BY s.account_id, s.version
    """,  # noqa: S608 - constants
    Prefix.LEDGER_ACCOUNT,
)

TOTALS_CHECK = RangeCheck(
    BUCKETS,
    f"""
    SELECT b.account_id, 'the totals from ' || b.start_time || ' on are ' || b.debits || '/' || b.credits
           || ', the entries come to ' || f.debits || '/' || f.credits
    FROM ledger_effective_totals b
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(s.amount_minor) FILTER (WHERE s.side = 1), 0) AS debits,
               coalesce(sum(s.amount_minor) FILTER (WHERE s.side = 2), 0) AS credits
        FROM ledger_shifted_entries s
        WHERE s.account_id = b.account_id AND s.effective_time >= b.start_time
          AND s.effective_time < b.start_time
              + CASE b.width WHEN {DAY} THEN interval '86400 seconds' ELSE interval '300 seconds' END
    ) f
    WHERE {{b}} AND (b.debits, b.credits) IS DISTINCT FROM (f.debits, f.credits)
    ORDER BY b.account_id, b.width, b.start_time
    """,  # noqa: S608 - constants
    Prefix.LEDGER_ACCOUNT,
)
