"""The service's own events about one purchase, as any backend pulls them."""

import time
from collections.abc import Collection

from google.protobuf import duration_pb2
from payments_api.v1 import event_pb2, event_service_pb2

from payments_service.cli.purchase.check import missing_events
from payments_service.cli.purchase.service import PATIENCE_SECONDS, Service

_WAIT_SECONDS = 2


async def pull_events(
    service: Service, cursor: str, resource_ids: Collection[str], reference: str
) -> list[event_pb2.Event]:
    """The events after a cursor that are about these resources or this purchase, until none is missing any more.

    After some patience gives those that have come.

    Raises:
        CommandError: a call failed.
    """
    found: list[event_pb2.Event] = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    while missing_events(found) and time.monotonic() < deadline:
        request = event_service_pb2.PullEventsRequest(cursor=cursor, wait=duration_pb2.Duration(seconds=_WAIT_SECONDS))
        page = await service.call(service.events.PullEvents, request)
        cursor = page.next_cursor
        found += [event for event in page.events if event.reference == reference or event.resource_id in resource_ids]
    return found
