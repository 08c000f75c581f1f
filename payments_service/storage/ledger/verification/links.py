"""I7: what acts on a transaction fits it, and takes no more of it than there is; a hold's state follows from that."""

from payments_service.domain.ids import Prefix
from payments_service.domain.ledger.transaction import SETTLING_INDEX_FIRST
from payments_service.storage.ledger.verification.ranges import TRANSACTIONS, RangeCheck

LINK_CHECK = RangeCheck(
    TRANSACTIONS,
    f"""
    SELECT l.id, CASE WHEN l.target_id IS NULL THEN 'is a ' || l.kind || ' of nothing'
                      WHEN t.id IS NULL THEN 'acts on a transaction that does not exist'
                      ELSE 'is a ' || l.kind || ' of a ' || t.kind || ' that it does not fit' END
    FROM ledger_transactions l
    LEFT JOIN ledger_transactions t ON t.id = l.target_id
    WHERE {{l}} AND (
        (l.target_id IS NULL) <> (l.kind IN ('post', 'hold')) OR (l.target_id IS NOT NULL AND t.id IS NULL)
        OR (l.kind IN ('capture', 'void', 'expire') AND t.kind <> 'hold')
        OR (l.kind = 'reverse' AND t.kind NOT IN ('post', 'capture'))
        OR (t.id IS NOT NULL AND EXISTS (
            SELECT FROM ledger_entries e WHERE e.transaction_id = l.id AND e.posting_index < {SETTLING_INDEX_FIRST}
            AND NOT EXISTS (
                SELECT FROM ledger_entries o
                WHERE o.transaction_id = t.id AND o.posting_index = e.posting_index AND o.account_id = e.account_id
                  AND o.side = CASE WHEN l.kind = 'reverse' THEN 3 - e.side ELSE e.side END
            )
        ))
    )
    ORDER BY l.id
    """,  # noqa: S608 - a constant
    Prefix.LEDGER_TRANSACTION,
)

TAKEN_CHECK = RangeCheck(
    TRANSACTIONS,
    f"""
    SELECT t.id, 'posting ' || e.posting_index || ' of ' || e.amount_minor || ': ' || m.taken || ' of it is '
           || CASE t.kind WHEN 'hold' THEN 'captured or released' ELSE 'reversed' END
           || CASE WHEN m.released THEN ', and the hold is over' ELSE '' END
    FROM ledger_transactions t
    JOIN ledger_entries e ON e.transaction_id = t.id AND e.side = 1 AND e.posting_index < {SETTLING_INDEX_FIRST}
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(le.amount_minor), 0) AS taken
        FROM ledger_transactions l
        JOIN ledger_entries le ON le.transaction_id = l.id AND le.posting_index = e.posting_index
         AND le.side = CASE WHEN l.kind = 'reverse' THEN 2 ELSE 1 END
        WHERE l.target_id = t.id
    ) s
    CROSS JOIN LATERAL (
        SELECT s.taken, EXISTS (
            SELECT FROM ledger_transactions l WHERE l.target_id = t.id AND l.kind IN ('void', 'expire')
        ) AS released
    ) m
    WHERE {{t}} AND (m.taken > e.amount_minor OR (m.released AND m.taken <> e.amount_minor))
    ORDER BY t.id, e.posting_index
    """,  # noqa: S608 - a constant
    Prefix.LEDGER_TRANSACTION,
)
