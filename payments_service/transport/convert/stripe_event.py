"""Stripe's events as the gateway hands them over, and what it is told of them."""

from collections.abc import Mapping

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

_RECORDED = pb.RecordEventsResult(recording=pb.EVENT_RECORDING_RECORDED)
_DUPLICATE = pb.RecordEventsResult(recording=pb.EVENT_RECORDING_DUPLICATE)


def event_from_message(envelope: stripe_event_pb2.StripeEventEnvelope, body: bytes, request_id: str) -> StripeEvent:
    """An event from a request that keeps the rules of its message.

    Raises:
        PaymentsError: REQUEST_INVALID for a time that is none, or a text that a database cannot keep.
    """
    related_ids = dict(envelope.related_ids)
    _check(envelope, related_ids, request_id)
    return StripeEvent(
        id=new_id(),
        event_id=envelope.event_id,
        type=envelope.type,
        category=_CATEGORIES.get(envelope.category, "UNSPECIFIED"),
        stripe_account=envelope.stripe_account_id,
        livemode=envelope.livemode,
        create_time=time_from_message(envelope.create_time, "envelope.create_time")
        if envelope.HasField("create_time")
        else None,
        api_version=envelope.api_version,
        object_type=envelope.object_type,
        object_id=envelope.object_id,
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


def _check(envelope: stripe_event_pb2.StripeEventEnvelope, related_ids: Mapping[str, str], request_id: str) -> None:
    """Refuse what no id or name of Stripe's looks like, and NUL, which Postgres has no text for."""
    texts = [getattr(envelope, name) for name in _TEXTS]
    if _is_plain("".join([*texts, *related_ids, *related_ids.values(), request_id])):
        return
    named = {f"envelope.{name}": text for name, text in zip(_TEXTS, texts, strict=True)}
    named |= {"envelope.related_ids": "".join([*related_ids, *related_ids.values()]), "request_id": request_id}
    raise invalid(next(name for name, text in named.items() if not _is_plain(text)), "must be printable ASCII")


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()
