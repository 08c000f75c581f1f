"""I8: what has come from Stripe is done, or dead and waiting for a person, or has come just now."""

from payments_service.application.events.model import EventState
from payments_service.domain.ids import Prefix
from payments_service.storage.ledger.verification.ranges import EVENTS, RangeCheck

PENDING_SECONDS_MAX = 300
"""How long an event may wait: its attempts take less, so one that is older is forgotten or kept from being tried."""

_ENDED = ", ".join(f"'{state.value}'" for state in (EventState.DONE, EventState.DEAD, EventState.REFUSED))

CHECK = RangeCheck(
    EVENTS,
    f"""
    SELECT e.id, 'event ' || e.event_id || ' (' || e.type || ') '
           || CASE WHEN e.state = 'PENDING' THEN 'has waited since ' || s.since || ', after ' || e.attempts
                        || ' attempts' || CASE e.last_error WHEN '' THEN '' ELSE ': ' || e.last_error END
                   WHEN e.state = 'DONE' THEN 'is done, and nobody knows since when'
                   ELSE 'is ' || quote_literal(e.state) || ', which is no state of an event' END
    FROM stripe_events e
    CROSS JOIN LATERAL (
        -- What has not failed since it was replayed waits from then on.
        SELECT CASE e.last_error WHEN '' THEN greatest(e.next_attempt_time, e.receive_time) ELSE e.receive_time END
               AS since
    ) s
    WHERE {{e}} AND (
        (e.state = 'PENDING' AND s.since < clock_timestamp() - interval '{PENDING_SECONDS_MAX} seconds')
        OR e.state NOT IN ('PENDING', {_ENDED})
        OR (e.state = 'DONE' AND e.done_time IS NULL)
    )
    ORDER BY e.id
    """,  # noqa: S608 - constants
    Prefix.STRIPE_EVENT,
)
"""Outages do not count as attempts, so they are found here too: an event that they keep waiting is not applied."""
