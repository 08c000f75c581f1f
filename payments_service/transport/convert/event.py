"""Events as messages, and what PullEvents is asked for."""

from collections.abc import Sequence
from difflib import get_close_matches

from payments_api.v1 import event_pb2
from payments_api.v1 import event_service_pb2 as pb

from payments_service.application.outbox.cursor import encode_cursor
from payments_service.application.outbox.model import EventPage
from payments_service.application.outbox.pull import Pull
from payments_service.domain.errors import invalid
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.outbox import EventType
from payments_service.transport.convert.basic import time_to_message

PAGE_SIZE_DEFAULT = 100
PAGE_SIZE_MAX = 1000

_SHOWN_MAX = 64


def pull_from_message(request: pb.PullEventsRequest) -> Pull:
    """What a request asks for.

    Raises:
        PaymentsError: REQUEST_INVALID for a type that is unknown here.
    """
    return Pull(
        cursor=request.cursor,
        from_now=request.start == pb.EVENT_START_FROM_NOW,
        types=_types(request.types),
        limit=min(request.page_size, PAGE_SIZE_MAX) or PAGE_SIZE_DEFAULT,
    )


def page_to_message(page: EventPage) -> pb.PullEventsResponse:
    """A page of events for a reply."""
    return pb.PullEventsResponse(
        events=[
            event_pb2.Event(
                id=format_id(Prefix.OUTBOX_EVENT, event.id),
                type=event.type,
                owner_id=event.owner_id,
                resource_id=event.resource_id,
                reference=event.reference,
                state=event.state,
                livemode=event.livemode,
                create_time=time_to_message(event.create_time),
                cursor=encode_cursor(page.incarnation, event.number),
            )
            for event in page.events
        ],
        next_cursor=encode_cursor(page.incarnation, page.through),
        has_more=page.has_more,
    )


def _types(names: Sequence[str]) -> frozenset[EventType]:
    types = set()
    for index, name in enumerate(names):
        try:
            types.add(EventType(name))
        except ValueError:
            raise invalid(f"types[{index}]", _advice(name)) from None
    return frozenset(types)


def _advice(name: str) -> str:
    shown = name[:_SHOWN_MAX]
    close = get_close_matches(shown, [event_type.value for event_type in EventType], n=1)
    if close:
        return f"{shown!r} is unknown here: use {close[0]}"
    return f"{shown!r} is unknown here: must be one of {', '.join(EventType)}"
