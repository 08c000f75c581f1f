"""I11, numbers: each transaction has one or waits for it, and each number has its transaction."""

from payments_service.domain.ids import Prefix
from payments_service.storage.ledger.verification.ranges import NUMBERS, TRANSACTIONS, RangeCheck

NUMBERED_CHECK = RangeCheck(
    TRANSACTIONS,
    """
    SELECT t.id, 'transaction ' || t.reference || ' has no number and does not wait for one'
    FROM ledger_transactions t
    WHERE {t} AND NOT EXISTS (SELECT FROM ledger_sequence s WHERE s.transaction_id = t.id)
      AND NOT EXISTS (SELECT FROM ledger_queue q WHERE t.id = ANY(q.transaction_ids))
    ORDER BY t.id
    """,
    Prefix.LEDGER_TRANSACTION,
)

COUNTED_CHECK = RangeCheck(
    NUMBERS,
    """
    SELECT s.transaction_id, 'number ' || s.number || ': '
           || CASE WHEN t.id IS NULL THEN 'its transaction is gone' ELSE 'the number before it is missing' END
    FROM ledger_sequence s
    LEFT JOIN ledger_transactions t ON t.id = s.transaction_id
    WHERE {s} AND (t.id IS NULL OR (s.number > 1 AND NOT EXISTS (
        SELECT FROM ledger_sequence p WHERE p.number = s.number - 1)))
    ORDER BY s.number
    """,
    Prefix.LEDGER_TRANSACTION,
)
