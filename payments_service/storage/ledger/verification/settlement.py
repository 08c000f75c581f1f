"""I3, I4 and I10: what must hold between Stripe's balance transactions, provisional charges and the books.

I13, which asks Stripe, is `application.verification.mirrors`.
"""

from payments_service.domain.ids import Prefix
from payments_service.storage.ledger.verification.ranges import (
    ACCOUNTS,
    BALANCE_TRANSACTIONS,
    PAYMENTS,
    PROVISIONAL,
    TRANSACTIONS,
    RangeCheck,
)

UNSETTLED_SECONDS_MAX = 3_600
"""How long a paid charge may wait for Stripe to book it."""

DIRECT_SECONDS_MAX = 7_200
"""The same of a connected account's charge, which without its events is seen when the account is settled anyway."""

IN_TRANSIT_SECONDS_MAX = 10 * 86_400
"""How long a payout may be under way."""

# A colon before a word would be taken for a parameter, were it not for the backslash.
BOOKED_CHECK = RangeCheck(
    BALANCE_TRANSACTIONS,
    r"""
    SELECT b.id, 'of ' || coalesce(nullif(b.stripe_account, ''), 'the platform') || ': '
           || CASE
                WHEN t.id IS NULL AND b.ledger_transaction_id IS NULL THEN 'moved money and has no ledger transaction'
                WHEN t.id IS NULL THEN 'its ledger transaction does not exist'
                ELSE 'ledger transaction ' || t.reference || ' is another one'
              END
    FROM stripe_balance_transactions b LEFT JOIN ledger_transactions t ON t.id = b.ledger_transaction_id
    WHERE {b} AND (
        (b.ledger_transaction_id IS NULL AND (b.net_minor <> 0 OR b.fee_minor <> 0))
        OR (b.ledger_transaction_id IS NOT NULL AND t.reference IS DISTINCT FROM 'stripe:' || b.id)
    )
    ORDER BY b.stripe_account, b.id
    """,
)
"""I3: each Stripe balance transaction is exactly one ledger transaction, by its id and by its name."""

KNOWN_CHECK = RangeCheck(
    TRANSACTIONS,
    r"""
    SELECT t.id, 'ledger transaction ' || t.reference || ' has no balance transaction'
    FROM ledger_transactions t
    LEFT JOIN stripe_balance_transactions b
      ON b.stripe_account = coalesce(t.metadata ->> 'stripe_account', '') AND b.id = substr(t.reference, 8)
    WHERE {t} AND t.reference >= 'stripe:' AND t.reference < 'stripe;' AND b.ledger_transaction_id IS DISTINCT FROM t.id
    ORDER BY t.id
    """,
    Prefix.LEDGER_TRANSACTION,
)
"""I3, the other way round: found by the account that the transaction names, as that is how they are kept."""

FIGURES_CHECK = RangeCheck(
    BALANCE_TRANSACTIONS,
    r"""
    SELECT b.id, concat_ws(', ',
               CASE WHEN b.amount_minor - b.fee_minor <> b.net_minor THEN 'amount less fee is not net' END,
               CASE WHEN m.mirror <> b.net_minor
                    THEN 'the mirror moved by ' || m.mirror || ' ' || b.currency || ', not by ' || b.net_minor END,
               CASE WHEN m.fees NOT IN (b.fee_minor, b.fee_minor - b.amount_minor)
                    THEN 'the fee accounts took ' || m.fees || ' ' || b.currency || ', not ' || b.fee_minor END)
    FROM stripe_balance_transactions b
    CROSS JOIN LATERAL (
        SELECT CASE b.balance_type WHEN 'payments' THEN '' ELSE b.balance_type || ':' END || b.currency AS part
    ) kind
    LEFT JOIN ledger_transactions t ON t.id = b.ledger_transaction_id
    LEFT JOIN LATERAL (
        SELECT coalesce(sum(e.moved) FILTER (WHERE CASE b.stripe_account
                   WHEN '' THEN a.code = 'stripe\:' || kind.part
                   ELSE a.code LIKE 'connected\:%\:stripe\:' || kind.part END), 0) AS mirror,
               coalesce(sum(e.moved) FILTER (WHERE CASE b.stripe_account
                   WHEN '' THEN a.code IN ('expense\:stripe_fee\:' || b.currency,
                                           'expense\:dispute_fee\:' || b.currency)
                   ELSE a.code LIKE 'connected\:%\:fees\:' || b.currency END), 0) AS fees
        FROM (
            SELECT account_id, amount_minor * CASE side WHEN 1 THEN 1 ELSE -1 END AS moved
            FROM ledger_entries WHERE transaction_id = t.id AND effect IN (1, 3)
        ) e
        JOIN ledger_accounts a ON a.id = e.account_id AND a.currency = b.currency
    ) m ON t.id IS NOT NULL
    -- Of what is a fee as a whole, the amount is in the fee account too.
    WHERE {b} AND (b.amount_minor - b.fee_minor <> b.net_minor OR m.mirror <> b.net_minor
                   OR m.fees NOT IN (b.fee_minor, b.fee_minor - b.amount_minor))
    ORDER BY b.stripe_account, b.id
    """,
)
"""I3, equal figures: the mirror of the right account and currency moved by exactly what Stripe's balance did, and
the fee accounts by its fees."""

ONCE_CHECK = RangeCheck(
    BALANCE_TRANSACTIONS,
    """
    SELECT b.source_id, 'balance transaction ' || b.id || ' books the charge once more'
    FROM stripe_balance_transactions b
    WHERE {b} AND b.type IN ('charge', 'payment') AND b.source_id <> '' AND EXISTS (
        SELECT FROM stripe_balance_transactions o
        WHERE o.source_id = b.source_id AND o.source_id <> '' AND o.stripe_account = b.stripe_account
          AND o.type IN ('charge', 'payment') AND o.id < b.id
    )
    ORDER BY b.stripe_account, b.id
    """,
)
"""I4: no charge is booked twice."""

PROVISIONAL_CHECK = RangeCheck(
    PROVISIONAL,
    """
    SELECT p.charge_id, CASE p.state WHEN 'STANDING' THEN 'is booked provisionally although Stripe has booked it'
                        ELSE 'counts as settled, and no balance transaction of it is booked' END
    FROM provisional_charges p
    WHERE {p} AND p.state IN ('STANDING', 'SETTLED') AND (p.state = 'STANDING') = EXISTS (
        SELECT FROM stripe_balance_transactions b
        WHERE b.source_id = p.charge_id AND b.source_id <> '' AND b.stripe_account = ''
          AND b.type IN ('charge', 'payment')
    )
    ORDER BY p.charge_id
    """,
)
"""I4: what is booked provisionally is not booked for good, and what was taken over is."""

PAID_CHECK = RangeCheck(
    PAYMENTS,
    f"""
    SELECT p.id, 'charge ' || p.charge_id || ' is paid, and its money is nowhere in the books'
    FROM payments p
    WHERE {{p}} AND p.state = 'SUCCEEDED' AND p.charge_id <> '' AND p.amount_captured_minor > 0
      AND p.update_time < clock_timestamp() - make_interval(
          secs => CASE p.stripe_account WHEN '' THEN {UNSETTLED_SECONDS_MAX} ELSE {DIRECT_SECONDS_MAX} END)
      AND NOT EXISTS (
          SELECT FROM stripe_balance_transactions b WHERE b.source_id = p.charge_id AND b.source_id <> ''
      )
      AND NOT EXISTS (SELECT FROM provisional_charges c WHERE c.charge_id = p.charge_id)
    ORDER BY p.id
    """,  # noqa: S608 - a constant
    Prefix.PAYMENT,
)
"""I4: each charge that is paid stands in the books with its gross amount, provisionally or for good."""

WAITING_CHECK = RangeCheck(
    PROVISIONAL,
    f"""
    SELECT p.charge_id, 'has been paid since ' || p.record_time || ' and Stripe has not booked it'
    FROM provisional_charges p
    WHERE {{p}} AND p.state = 'STANDING'
      AND p.record_time < clock_timestamp() - interval '{UNSETTLED_SECONDS_MAX} seconds'
    ORDER BY p.charge_id
    """,  # noqa: S608 - a constant
)
"""I10: what is paid is booked in its window."""

UNDER_WAY_CHECK = RangeCheck(
    ACCOUNTS,
    rf"""
    SELECT a.id, 'account ' || a.code || ' holds ' || (a.posted_debits - a.posted_credits) || ', '
           || CASE WHEN a.code LIKE 'stripe\_unsettled\:%' THEN 'and provisional charges ' || s.standing
                   ELSE 'of which ' || (d.posted_debits - a.posted_credits) || ' has been under way since '
                        || d.record_time || ' or longer' END
    FROM ledger_accounts a
    LEFT JOIN LATERAL (
        -- What had been sent when the window began: totals only grow, so what is above all that has arrived is late.
        SELECT e.posted_debits, e.record_time FROM ledger_entries e
        WHERE (a.code LIKE 'payouts\_in\_transit\:%' OR a.code LIKE 'connected\:%\:in\_transit\:%')
          AND a.posted_debits > a.posted_credits AND e.account_id = a.id
          AND e.record_time < clock_timestamp() - interval '{IN_TRANSIT_SECONDS_MAX} seconds'
        ORDER BY e.version DESC LIMIT 1
    ) d ON true
    CROSS JOIN LATERAL (
        SELECT CASE WHEN a.code LIKE 'stripe\_unsettled\:%' THEN (
            SELECT coalesce(sum(p.amount_minor), 0) FROM provisional_charges p
            WHERE p.state = 'STANDING' AND p.currency = a.currency
        ) END AS standing
    ) s
    WHERE {{a}} AND (d.posted_debits > a.posted_credits OR s.standing <> a.posted_debits - a.posted_credits)
    ORDER BY a.id
    """,  # noqa: S608 - a constant
    Prefix.LEDGER_ACCOUNT,
)
"""I10: payouts arrive or come back in their window, and `stripe_unsettled` is what stands provisionally."""
