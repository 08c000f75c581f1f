"""Stripe's events on their way into the inbox: any number of them in one statement, which commits by itself."""

from collections.abc import Sequence
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncEngine

from payments_service.application.events.admission import AdmittedEvent
from payments_service.application.events.model import EventState
from payments_service.storage.driver import committing_each
from payments_service.storage.ledger.arrays import PackedArray, bigints, byteas, texts, timestamps, uuids
from payments_service.storage.retry import retry

_INSERT = f"""
INSERT INTO stripe_events
    (id, stripe_account, livemode, event_id, type, category, create_time, api_version, object_type, object_id,
     related_ids, endpoint, secret_index, request_id, body, state, last_error)
SELECT id, stripe_account, livemode = 1, event_id, type, category, create_time, api_version, object_type, object_id,
       related_ids::jsonb, endpoint, secret_index::integer, request_id, body,
       CASE WHEN refused = '' THEN '{EventState.PENDING.value}' ELSE '{EventState.REFUSED.value}' END, refused
FROM unnest(%b::uuid[], %b::text[], %b::bigint[], %b::text[], %b::text[], %b::text[], %b::timestamptz[], %b::text[],
            %b::text[], %b::text[], %b::text[], %b::text[], %b::bigint[], %b::text[], %b::bytea[], %b::text[])
     WITH ORDINALITY
     AS t (id, stripe_account, livemode, event_id, type, category, create_time, api_version, object_type, object_id,
           related_ids, endpoint, secret_index, request_id, body, refused, number)
ORDER BY number
ON CONFLICT (stripe_account, livemode, event_id) DO NOTHING
RETURNING id
"""  # noqa: S608 - constants


class EventRecordingRepository:
    """See `application.events.ports.EventRecordingStore`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, events: Sequence[AdmittedEvent]) -> set[UUID]:
        """See the port."""
        columns = _columns(events)

        async def once() -> set[UUID]:
            async with committing_each(self._engine) as driver:
                cursor = await driver.execute(_INSERT, columns, binary=True)
                return {row[0] for row in await cursor.fetchall()}

        return await retry(once)


def _columns(events: Sequence[AdmittedEvent]) -> tuple[PackedArray, ...]:
    rows = [admitted.event for admitted in events]
    return (
        uuids([row.id for row in rows]),
        texts([row.stripe_account for row in rows]),
        bigints([row.livemode for row in rows]),
        texts([row.event_id for row in rows]),
        texts([row.type for row in rows]),
        texts([row.category for row in rows]),
        timestamps([row.create_time for row in rows]),
        texts([row.api_version for row in rows]),
        texts([row.object_type for row in rows]),
        texts([row.object_id for row in rows]),
        texts([orjson.dumps(row.related_ids).decode() for row in rows]),
        texts([row.endpoint for row in rows]),
        bigints([row.secret_index for row in rows]),
        texts([row.request_id for row in rows]),
        byteas([row.body for row in rows]),
        texts([admitted.refusal.value if admitted.refusal else "" for admitted in events]),
    )
