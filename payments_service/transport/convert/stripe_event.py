"""Stripe's events as the gateway hands them over, and what it is told of them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

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
_ENDPOINTS = {value: name.removeprefix("STRIPE_ENDPOINT_") for name, value in stripe_event_pb2.StripeEndpoint.items()}

_TEXTS = ("event_id", "type", "stripe_account_id", "api_version", "object_type", "object_id")
_BODY_BYTES_MAX, _REQUEST_ID_MAX, _NAME_MAX, _VERSION_MAX, _RELATED_MAX, _KIND_MAX = 262_144, 128, 255, 64, 16, 64
_SECONDS_END = 253_402_300_800
"""The first second of the year 10000."""

_RECORDED = pb.RecordEventsResult(recording=pb.EVENT_RECORDING_RECORDED)
_DUPLICATE = pb.RecordEventsResult(recording=pb.EVENT_RECORDING_DUPLICATE)


def keeps_rules(item: pb.RecordEventsItem) -> bool:
    """Whether an item keeps the rules of its message.

    The same as asking the validator, which copies body and all for it and costs as much as the rest of reading an
    event. It has the last word on what is wrong with an item that does not.
    """
    envelope = item.envelope
    related_ids = envelope.related_ids
    return (
        item.HasField("envelope")
        and 1 <= len(item.body) <= _BODY_BYTES_MAX
        and len(item.request_id) <= _REQUEST_ID_MAX
        and 1 <= len(envelope.event_id) <= _NAME_MAX
        and len(envelope.type) <= _NAME_MAX
        and len(envelope.stripe_account_id) <= _NAME_MAX
        and len(envelope.api_version) <= _VERSION_MAX
        and len(envelope.object_type) <= _NAME_MAX
        and len(envelope.object_id) <= _NAME_MAX
        and len(related_ids) <= _RELATED_MAX
        and all(len(kind) <= _KIND_MAX and len(name) <= _NAME_MAX for kind, name in related_ids.items())
        and envelope.endpoint != stripe_event_pb2.STRIPE_ENDPOINT_UNSPECIFIED
        and envelope.endpoint in _ENDPOINTS
        and envelope.secret_index >= 0
    )


def event_from_message(envelope: stripe_event_pb2.StripeEventEnvelope, body: bytes, request_id: str) -> StripeEvent:
    """An event from a request that keeps the rules of its message.

    Raises:
        PaymentsError: REQUEST_INVALID for a time that is none, or a text that a database cannot keep.
    """
    related_ids = dict(envelope.related_ids)
    texts = [getattr(envelope, name) for name in _TEXTS]
    _check(texts, related_ids, request_id)
    event_id, event_type, stripe_account, api_version, object_type, object_id = texts
    return StripeEvent(
        id=new_id(),
        event_id=event_id,
        type=event_type,
        category=_CATEGORIES.get(envelope.category, "UNSPECIFIED"),
        stripe_account=stripe_account,
        livemode=envelope.livemode,
        create_time=_time(envelope.create_time) if envelope.HasField("create_time") else None,
        api_version=api_version,
        object_type=object_type,
        object_id=object_id,
        related_ids=related_ids,
        endpoint=_ENDPOINTS[envelope.endpoint],
        secret_index=envelope.secret_index,
        request_id=request_id,
        body=body,
    )


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
        return datetime.fromtimestamp(seconds, UTC)
    return time_from_message(message, "envelope.create_time")


def _check(texts: Sequence[str], related_ids: Mapping[str, str], request_id: str) -> None:
    """Refuse what no id or name of Stripe's looks like, and NUL, which Postgres has no text for."""
    if _is_plain("".join([*texts, *related_ids, *related_ids.values(), request_id])):
        return
    named = {f"envelope.{name}": text for name, text in zip(_TEXTS, texts, strict=True)}
    named |= {"envelope.related_ids": "".join([*related_ids, *related_ids.values()]), "request_id": request_id}
    raise invalid(next(name for name, text in named.items() if not _is_plain(text)), "must be printable ASCII")


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()
