"""What must hold between Stripe's balance transactions, provisional charges and the books, checked in SQL.

Each check gives the first rows that break it, as sentences; nothing means that it holds. Sources: the design's
reliability.md, invariants I3, I4 and I10. I13, which asks Stripe, is `application.settlement.mirrors`.
"""

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

FINDINGS_MAX = 20
"""Rows that a check names."""

UNSETTLED_SECONDS_MAX = 3_600
"""How long a paid charge may wait for Stripe to book it."""

IN_TRANSIT_SECONDS_MAX = 10 * 86_400
"""How long a payout may be under way."""

# A colon before a word would be taken for a parameter, were it not for the backslash.
ONE_TRANSACTION = text(
    r"""
    SELECT 'balance transaction ' || b.id || ' of ' || coalesce(nullif(b.stripe_account, ''), 'the platform') || ': '
           || CASE
                WHEN t.id IS NULL AND b.ledger_transaction_id IS NULL THEN 'moved money and has no ledger transaction'
                WHEN t.id IS NULL THEN 'its ledger transaction does not exist'
                ELSE 'ledger transaction ' || t.reference || ' is another one'
              END
    FROM stripe_balance_transactions b LEFT JOIN ledger_transactions t ON t.id = b.ledger_transaction_id
    WHERE (b.ledger_transaction_id IS NULL AND (b.net_minor <> 0 OR b.fee_minor <> 0))
       OR (b.ledger_transaction_id IS NOT NULL AND t.reference IS DISTINCT FROM 'stripe:' || b.id)
    UNION ALL
    SELECT 'ledger transaction ' || t.reference || ' has no balance transaction'
    FROM ledger_transactions t
    WHERE t.reference >= 'stripe:' AND t.reference < 'stripe;'
      AND NOT EXISTS (SELECT FROM stripe_balance_transactions b WHERE b.ledger_transaction_id = t.id)
    LIMIT :limit
    """
)
"""I3, one to one: each Stripe balance transaction is exactly one ledger transaction, and the other way round."""

EQUAL_FIGURES = text(
    r"""
    WITH moved AS (
        SELECT b.id, b.currency, b.amount_minor, b.fee_minor, b.net_minor,
               coalesce(sum(e.amount_minor * CASE e.side WHEN 1 THEN 1 ELSE -1 END) FILTER (
                   WHERE a.currency = b.currency AND (
                       (b.stripe_account = '' AND a.code = 'stripe\:' || kind.part || b.currency)
                       OR (b.stripe_account <> '' AND a.code LIKE 'connected\:%\:stripe\:' || kind.part || b.currency)
                   )
               ), 0) AS mirror,
               coalesce(sum(e.amount_minor * CASE e.side WHEN 1 THEN 1 ELSE -1 END) FILTER (
                   WHERE a.currency = b.currency AND (
                       (b.stripe_account = '' AND a.code IN (
                           'expense\:stripe_fee\:' || b.currency, 'expense\:dispute_fee\:' || b.currency
                       ))
                       OR (b.stripe_account <> '' AND a.code LIKE 'connected\:%\:fees\:' || b.currency)
                   )
               ), 0) AS fees
        FROM stripe_balance_transactions b
        CROSS JOIN LATERAL (
            SELECT CASE b.balance_type WHEN 'payments' THEN '' ELSE b.balance_type || ':' END AS part
        ) kind
        JOIN ledger_entries e ON e.transaction_id = b.ledger_transaction_id AND e.effect IN (1, 3)
        JOIN ledger_accounts a ON a.id = e.account_id
        GROUP BY b.stripe_account, b.id, b.currency, b.amount_minor, b.fee_minor, b.net_minor
    )
    SELECT 'balance transaction ' || id || ': the mirror moved by ' || mirror || ' ' || currency || ', not by '
           || net_minor
    FROM moved WHERE mirror <> net_minor
    UNION ALL
    -- Of what is a fee as a whole, the amount is in the fee account too.
    SELECT 'balance transaction ' || id || ': the fee accounts took ' || fees || ' ' || currency || ', not '
           || fee_minor
    FROM moved WHERE fees NOT IN (fee_minor, fee_minor - amount_minor)
    UNION ALL
    SELECT 'balance transaction ' || id || ': amount less fee is not net' FROM stripe_balance_transactions
    WHERE amount_minor - fee_minor <> net_minor
    LIMIT :limit
    """
)
"""I3, equal figures: the mirror of the right account and currency moved by exactly what Stripe's balance did, and
the fee accounts by its fees."""

ONE_GROSS = text(
    """
    SELECT 'charge ' || source_id || ' is booked ' || count(*) || ' times'
    FROM stripe_balance_transactions
    WHERE type IN ('charge', 'payment') AND source_id <> ''
    GROUP BY stripe_account, source_id HAVING count(*) > 1
    UNION ALL
    SELECT 'charge ' || p.charge_id || ' is booked provisionally although Stripe has booked it'
    FROM provisional_charges p
    JOIN stripe_balance_transactions b
      ON b.source_id = p.charge_id AND b.stripe_account = '' AND b.type IN ('charge', 'payment')
    WHERE p.state = 'STANDING'
    UNION ALL
    SELECT 'charge ' || p.charge_id || ' counts as settled, and no balance transaction of it is booked'
    FROM provisional_charges p
    WHERE p.state = 'SETTLED' AND NOT EXISTS (
        SELECT FROM stripe_balance_transactions b
        WHERE b.source_id = p.charge_id AND b.stripe_account = '' AND b.type IN ('charge', 'payment')
    )
    UNION ALL
    SELECT 'payment with charge ' || p.charge_id || ' is paid, and its money is nowhere in the books'
    FROM payments p
    WHERE p.state = 'SUCCEEDED' AND p.charge_id <> '' AND p.amount_captured_minor > 0
      AND p.update_time < clock_timestamp() - make_interval(secs => :unsettled)
      AND NOT EXISTS (SELECT FROM stripe_balance_transactions b WHERE b.source_id = p.charge_id)
      AND NOT EXISTS (SELECT FROM provisional_charges c WHERE c.charge_id = p.charge_id)
    LIMIT :limit
    """
)
"""I4: each charge that is paid stands in the books with its gross amount once, provisionally or for good."""

WINDOWS = text(
    r"""
    SELECT 'charge ' || charge_id || ' has been paid since ' || record_time || ' and Stripe has not booked it'
    FROM provisional_charges
    WHERE state = 'STANDING' AND record_time < clock_timestamp() - make_interval(secs => :unsettled)
    UNION ALL
    SELECT 'account ' || a.code || ' holds ' || (a.posted_debits - a.posted_credits) || ', of which the oldest is of '
           || min(e.record_time)
    FROM ledger_accounts a JOIN ledger_entries e ON e.account_id = a.id
    WHERE (a.code LIKE 'payouts\_in\_transit\:%' OR a.code LIKE 'connected\:%\:in\_transit\:%')
      AND a.posted_debits > a.posted_credits
      AND e.side = 1 AND e.effect IN (1, 3) AND e.posted_debits > a.posted_credits
    GROUP BY a.code, a.posted_debits, a.posted_credits
    HAVING min(e.record_time) < clock_timestamp() - make_interval(secs => :in_transit)
    UNION ALL
    SELECT 'account ' || a.code || ' holds ' || (a.posted_debits - a.posted_credits) || ', and provisional charges '
           || coalesce(sum(p.amount_minor), 0)
    FROM ledger_accounts a
    LEFT JOIN provisional_charges p ON p.currency = a.currency AND p.state = 'STANDING'
    WHERE a.code LIKE 'stripe\_unsettled\:%'
    GROUP BY a.code, a.posted_debits, a.posted_credits
    HAVING a.posted_debits - a.posted_credits <> coalesce(sum(p.amount_minor), 0)
    LIMIT :limit
    """
)
"""I10: what is under way comes to an end in its window, and `stripe_unsettled` is what stands provisionally."""

CHECKS: dict[str, tuple[TextClause, ...]] = {
    "I3": (ONE_TRANSACTION, EQUAL_FIGURES),
    "I4": (ONE_GROSS,),
    "I10": (WINDOWS,),
}
"""By the name of the invariant."""


async def findings(connection: AsyncConnection, invariant: str) -> list[str]:
    """What breaks an invariant, at most `FINDINGS_MAX` sentences for each of its checks.

    Args:
        connection: reading is enough.
        invariant: one of `CHECKS`.
    """
    values = {
        "limit": FINDINGS_MAX,
        "unsettled": UNSETTLED_SECONDS_MAX,
        "in_transit": IN_TRANSIT_SECONDS_MAX,
    }
    found: list[str] = []
    for check in CHECKS[invariant]:
        found += (await connection.execute(check, values)).scalars()
    return found
