"""I5 and I12: refunds take no more than was captured, and money of one payment stays in its owner's hands."""

from payments_service.domain.ids import Prefix
from payments_service.domain.refund.model import RESERVING
from payments_service.storage.ledger.verification.ranges import PAYMENTS, RangeCheck

_RESERVING = ", ".join(sorted(f"'{state.value}'" for state in RESERVING))

REFUNDS_CHECK = RangeCheck(
    PAYMENTS,
    f"""
    SELECT p.id, 'captured ' || p.amount_captured_minor || ', refunded ' || p.amount_refunded_minor
           || ', refunded or reserved by refunds ' || r.reserved
    FROM payments p
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(amount_minor), 0) AS reserved FROM refunds
        WHERE payment_id = p.id AND state IN ({_RESERVING}) AND currency = p.currency
    ) r
    WHERE {{p}} AND (p.amount_refunded_minor < 0 OR p.amount_refunded_minor > p.amount_captured_minor
                     OR r.reserved > p.amount_captured_minor OR p.amount_captured_minor < 0)
    ORDER BY p.id
    """,  # noqa: S608 - constants
    Prefix.PAYMENT,
)

REFERENCES_CHECK = RangeCheck(
    PAYMENTS,
    """
    SELECT p.id, 'refund ' || r.id || ' is in ' || r.currency || ' of owner ' || quote_literal(r.owner_id)
           || ', its payment in ' || p.currency || ' of ' || quote_literal(p.owner_id)
    FROM payments p
    JOIN refunds r ON r.payment_id = p.id
    WHERE {p} AND (r.currency <> p.currency OR r.owner_id <> p.owner_id)
    ORDER BY p.id
    """,
    Prefix.PAYMENT,
)
