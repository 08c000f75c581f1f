"""Stripe's events as the gateway hands them over, and what it is told of them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

from google.protobuf.timestamp_pb2 import Timestamp
from payments_api.internal.v1 import stripe_event_pb2
from payments_api.internal.v1 import stripe_event_service_pb2 as pb

from payments_service.application.events.model import StripeEvent
from payments_service.application.events.record import Recorded, Result
from payments_service.domain.errors import PaymentsError, invalid
from payments_service.domain.ids import new_id
from payments_service.transport.convert.basic import time_from_message
from payments_service.transport.status import internal_error

# A gateway may be newer than this service, so a category may be unknown here; an endpoint is checked by its rule.
_CATEGORIES = {
    value: name.removeprefix("STRIPE_EVENT_CATEGORY_") for name, value in stripe_event_pb2.StripeEventCategory.items()
}
_ENDPOINTS = {
    value: name.removeprefix("STRIPE_ENDPOINT_") for name, value in stripe_event_pb2.StripeEndpoint.items() if value
}

_TEXTS = (
    "envelope.event_id",
    "envelope.type",
    "envelope.stripe_account_id",
    "envelope.api_version",
    "envelope.object_type",
    "envelope.object_id",
    "envelope.related_ids",
    "request_id",
)
_PRINTABLE = bytes(range(ord(" "), ord("~") + 1))
_ITEMS_MAX = 64
_BODY_BYTES_MAX, _REQUEST_ID_MAX, _NAME_MAX, _VERSION_MAX, _RELATED_MAX, _KIND_MAX = 262_144, 128, 255, 64, 16, 64
_SECONDS_END = 253_402_300_800
"""The first second of the year 10000."""

_RECORDED = pb.RecordEventsResult(recording=pb.EVENT_RECORDING_RECORDED)
_DUPLICATE = pb.RecordEventsResult(recording=pb.EVENT_RECORDING_DUPLICATE)


def keeps_rules(request: pb.RecordEventsRequest | pb.RecordEventGroupsRequest) -> bool:
    """Whether a group keeps the rule of its message; those of its items are for `event_from_item`."""
    return 1 <= len(request.items) <= _ITEMS_MAX


def event_from_item(item: pb.RecordEventsItem, request_id: str) -> StripeEvent | None:
    """One event of several; None when it breaks a rule of its message.

    The same as asking the validator, which copies body and all for it and costs as much as the rest of reading an
    event. It has the last word on what is wrong with an item that keeps no rules. Every field is read once: each time
    makes a new object of it.

    Args:
        item: the event.
        request_id: of the call, for an item that has none.

    Raises:
        PaymentsError: REQUEST_INVALID for a time that is none, or a text that a database cannot keep.
    """
    envelope, body, own_id = item.envelope, item.body, item.request_id
    event_id, event_type, stripe_account = envelope.event_id, envelope.type, envelope.stripe_account_id
    api_version, object_type, object_id = envelope.api_version, envelope.object_type, envelope.object_id
    related = envelope.related_ids
    related_ids = {kind: related[kind] for kind in related}
    endpoint, secret_index = _ENDPOINTS.get(envelope.endpoint), envelope.secret_index
    keeps = (
        1 <= len(body) <= _BODY_BYTES_MAX
        and len(own_id) <= _REQUEST_ID_MAX
        and 1 <= len(event_id) <= _NAME_MAX
        and len(event_type) <= _NAME_MAX
        and len(stripe_account) <= _NAME_MAX
        and len(api_version) <= _VERSION_MAX
        and len(object_type) <= _NAME_MAX
        and len(object_id) <= _NAME_MAX
        and len(related_ids) <= _RELATED_MAX
        and (not related_ids or _are_related(related_ids))
        and secret_index >= 0
    )
    if endpoint is None or not keeps:
        return None
    request_id = own_id or request_id
    related_texts = "".join([*related_ids, *related_ids.values()])
    texts = (event_id, event_type, stripe_account, api_version, object_type, object_id, related_texts, request_id)
    if not _is_plain("".join(texts)):
        field = next(name for name, text in zip(_TEXTS, texts, strict=True) if not _is_plain(text))
        raise invalid(field, "must be printable ASCII")
    return StripeEvent(
        new_id(),
        event_id,
        event_type,
        _CATEGORIES.get(envelope.category, "UNSPECIFIED"),
        stripe_account,
        envelope.livemode,
        _time(envelope.create_time) if envelope.HasField("create_time") else None,
        api_version,
        object_type,
        object_id,
        related_ids,
        endpoint,
        secret_index,
        request_id,
        body,
    )


def event_from_message(envelope: stripe_event_pb2.StripeEventEnvelope, body: bytes, request_id: str) -> StripeEvent:
    """An event from a request that keeps the rules of its message.

    Raises:
        PaymentsError: REQUEST_INVALID for a time that is none, or a text that a database cannot keep.
        ValueError: it keeps no rules.
    """
    event = event_from_item(pb.RecordEventsItem(envelope=envelope, body=body), request_id)
    if event is None:
        raise ValueError("ask the validator first: the event breaks a rule of its message")
    return event


def result_to_message(result: Result, request_id: str) -> pb.RecordEventsResult:
    """What became of an event; a defect is only told by the id that finds it in the logs."""
    if result is Recorded.DUPLICATE:
        return _DUPLICATE
    if isinstance(result, Recorded):
        return _RECORDED
    error = result if isinstance(result, PaymentsError) else internal_error(request_id)
    return pb.RecordEventsResult(
        recording=pb.EVENT_RECORDING_FAILED, reason=f"ERROR_REASON_{error.reason.name}", message=error.message
    )


def _time(message: Timestamp) -> datetime:
    """When Stripe made an event; whole seconds, which Python converts for a tenth of what others cost."""
    seconds = message.seconds
    if message.nanos == 0 and 0 <= seconds < _SECONDS_END:
        return _moment(seconds)
    return time_from_message(message, "envelope.create_time")


@lru_cache(maxsize=1024)
def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)  # of a burst, many are of the same second


def _are_related(related_ids: Mapping[str, str]) -> bool:
    return max(map(len, related_ids)) <= _KIND_MAX and max(map(len, related_ids.values())) <= _NAME_MAX


def _is_plain(text: str) -> bool:
    """Whether it looks like Stripe's ids and names do: printable ASCII, and no NUL, which Postgres has no text for."""
    return not text.encode().translate(None, _PRINTABLE)
