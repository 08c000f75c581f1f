"""Stripe's events on their way into the inbox: any number of them in one statement, which commits by itself."""

from collections.abc import Sequence

import orjson
from sqlalchemy.ext.asyncio import AsyncEngine

from payments_service.application.events.admission import AdmittedEvent
from payments_service.application.events.model import EventState
from payments_service.storage.ledger.arrays import PackedArray, bigints, byteas, encoded_texts, texts, timestamps, uuids
from payments_service.storage.retry import retry
from payments_service.storage.statements import Statements

CONNECTIONS_MAX = 2
"""As many as `RecordEvents` commits at the same time."""

_INSERT = f"""
INSERT INTO stripe_events
    (id, stripe_account, livemode, event_id, type, category, create_time, api_version, object_type, object_id,
     related_ids, endpoint, secret_index, request_id, body, state, last_error)
SELECT id, stripe_account, livemode = 1, event_id, type, category, create_time, api_version, object_type, object_id,
       related_ids::jsonb, endpoint, secret_index::integer, request_id, body,
       CASE WHEN refused = '' THEN '{EventState.PENDING.value}' ELSE '{EventState.REFUSED.value}' END, refused
FROM (
    SELECT unnest(%b::uuid[]) AS id, unnest(%b::text[]) AS stripe_account, unnest(%b::bigint[]) AS livemode,
           unnest(%b::text[]) AS event_id, unnest(%b::text[]) AS type, unnest(%b::text[]) AS category,
           unnest(%b::timestamptz[]) AS create_time, unnest(%b::text[]) AS api_version,
           unnest(%b::text[]) AS object_type, unnest(%b::text[]) AS object_id, unnest(%b::text[]) AS related_ids,
           unnest(%b::text[]) AS endpoint, unnest(%b::bigint[]) AS secret_index, unnest(%b::text[]) AS request_id,
           unnest(%b::bytea[]) AS body, unnest(%b::text[]) AS refused
) AS t
ON CONFLICT (stripe_account, livemode, event_id) DO NOTHING
RETURNING uuid_send(id)
"""  # noqa: S608 - constants
"""Rows are made from the arrays in their order, all columns in step, as they are inserted. In FROM, each array would be
a table of its own first, which cost a tenth of the statement. The ids that come back, of what was not there before, are
bytes, which compare at a fraction of what UUIDs take."""


class EventRecordingRepository:
    """See `application.events.ports.EventRecordingStore`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._statements = Statements(engine, CONNECTIONS_MAX, planned_once=True)

    async def add(self, events: Sequence[AdmittedEvent]) -> list[bool]:
        """See the port."""
        columns = _columns(events)
        new = {id_ for (id_,) in await retry(lambda: self._statements.rows(_INSERT, columns))}
        return [admitted.event.id.bytes in new for admitted in events]


def _columns(events: Sequence[AdmittedEvent]) -> tuple[PackedArray, ...]:
    (
        ids,
        event_ids,
        types,
        categories,
        stripe_accounts,
        livemodes,
        create_times,
        api_versions,
        object_types,
        object_ids,
        related_ids,
        endpoints,
        secret_indexes,
        request_ids,
        bodies,
    ) = zip(*[admitted.event for admitted in events], strict=True)
    return (
        uuids(ids),
        texts(stripe_accounts),
        bigints(livemodes),
        texts(event_ids),
        texts(types),
        texts(categories),
        timestamps(create_times),
        texts(api_versions),
        texts(object_types),
        texts(object_ids),
        encoded_texts([orjson.dumps(ids) for ids in related_ids]),
        texts(endpoints),
        bigints(secret_indexes),
        texts(request_ids),
        byteas(bodies),
        texts(["" if admitted.refusal is None else admitted.refusal.value for admitted in events]),
    )
