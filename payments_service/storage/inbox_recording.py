"""Stripe's events on their way into the inbox: any number of them in one statement."""

from collections.abc import Sequence
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.events.admission import AdmittedEvent
from payments_service.application.events.model import EventState
from payments_service.storage.driver import driver_connection
from payments_service.storage.ledger.arrays import bigints, byteas, texts, timestamps, uuids

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

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, events: Sequence[AdmittedEvent]) -> set[UUID]:
        """See the port."""
        driver = await driver_connection(self._connection)
        rows = [admitted.event for admitted in events]
        columns = (
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
        cursor = await driver.execute(_INSERT, columns, binary=True)
        return {row[0] for row in await cursor.fetchall()}
