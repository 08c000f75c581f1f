"""I9: no hold stays open past its time, and no call to Stripe stays without an outcome."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.verification.model import FINDINGS_MAX, Finding, Stretch

_OVERDUE = text(
    """
    SELECT transaction_id::text, 'hold has been past its time since ' || expire_time
    FROM ledger_hold_expiries WHERE expire_time < clock_timestamp() - interval '5 minutes'
    UNION ALL
    SELECT id::text, 'operation ' || kind || ' has had no outcome since ' || create_time
    FROM stripe_operations WHERE state = 'IN_PROGRESS' AND create_time < clock_timestamp() - interval '1 hour'
    LIMIT :limit
    """
)


async def look(connection: AsyncConnection, name: str) -> Stretch:
    """Look at all of it: queues are short."""
    rows = await connection.execute(_OVERDUE, {"limit": FINDINGS_MAX})
    return Stretch(findings=tuple(Finding(name, subject, message) for subject, message in rows))
