"""I1: every transaction balances, posting by posting, in one currency."""

from payments_service.domain.ids import Prefix
from payments_service.storage.ledger.verification.ranges import TRANSACTIONS, RangeCheck

CHECK = RangeCheck(
    TRANSACTIONS,
    """
    SELECT t.id, CASE WHEN e.posting_index IS NULL THEN 'has no entries' ELSE
           'posting ' || e.posting_index || ': debits ' || coalesce(sum(e.amount_minor) FILTER (WHERE e.side = 1), 0)
           || ' and credits ' || coalesce(sum(e.amount_minor) FILTER (WHERE e.side = 2), 0) || ' in '
           || coalesce(string_agg(DISTINCT a.currency, ', '), 'accounts that do not exist') || ' do not match' END
    FROM ledger_transactions t
    LEFT JOIN ledger_entries e ON e.transaction_id = t.id
    LEFT JOIN ledger_accounts a ON a.id = e.account_id
    WHERE {t}
    GROUP BY t.id, e.posting_index
    HAVING count(*) FILTER (WHERE e.side = 1) <> 1 OR count(*) FILTER (WHERE e.side = 2) <> 1
        OR min(e.amount_minor) <> max(e.amount_minor) OR min(e.effect) <> max(e.effect)
        OR count(a.id) <> 2 OR count(DISTINCT a.currency) <> 1
    ORDER BY t.id, e.posting_index
    """,
    Prefix.LEDGER_TRANSACTION,
)
