"""I6: no account has less available than its floor. Facts that take more go to a receivable, so none explains it."""

from payments_service.domain.ids import Prefix
from payments_service.storage.ledger.verification.ranges import ACCOUNTS, RangeCheck

CHECK = RangeCheck(
    ACCOUNTS,
    """
    SELECT a.id, 'account ' || a.code || ' has ' || b.available || ' available, below its floor of ' || a.floor_minor
    FROM ledger_accounts a
    CROSS JOIN LATERAL (
        SELECT CASE WHEN a.kind IN ('asset', 'expense')
                    THEN a.posted_debits - a.posted_credits - a.pending_credits
                    ELSE a.posted_credits - a.posted_debits - a.pending_debits END AS available
    ) b
    WHERE {a} AND b.available < a.floor_minor
    ORDER BY a.id
    """,
    Prefix.LEDGER_ACCOUNT,
)
