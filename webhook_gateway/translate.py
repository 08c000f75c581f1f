"""Turns an event's JSON into the envelope that the service stores and orders it by. Pure; never fails.

Anything that is JSON and signed is recorded. What has an odd shape (a list, `null`, no id, a number where a name should
be) gets an envelope with those fields empty and `sha256:` and the digest of the body for its id, so that a repeat is
still known as one.
"""

import hashlib

from google.protobuf.timestamp_pb2 import Timestamp
from payments_api.internal.v1.stripe_event_pb2 import StripeEndpoint, StripeEventEnvelope

from webhook_gateway.categories import category_of
from webhook_gateway.related import related_ids
from webhook_gateway.text import identifier

API_VERSION_CHARACTERS_MAX = 64
_SECONDS_MAX = 253_402_300_799
"""The last second of the year 9999, where protobuf's timestamps end."""

_CONNECT = StripeEndpoint.STRIPE_ENDPOINT_CONNECT
_NOTHING: dict[str, object] = {}


def translate(document: object, body: bytes, endpoint: StripeEndpoint, secret_index: int) -> StripeEventEnvelope:
    """Returns the envelope of an event.

    Args:
        document: The parsed body.
        body: The body as signed, from which an id is derived where the document has none.
        endpoint: The endpoint that Stripe called.
        secret_index: Which of the endpoint's secrets the signature matched.
    """
    event = _mapping(document)
    content = _mapping(_mapping(event.get("data")).get("object"))
    event_type = identifier(event.get("type"))
    object_type = identifier(content.get("object"))
    return StripeEventEnvelope(
        event_id=identifier(event.get("id")) or f"sha256:{hashlib.sha256(body).hexdigest()}",
        type=event_type,
        category=category_of(event_type),
        stripe_account_id=identifier(event.get("account")),
        livemode=event.get("livemode") is True,
        create_time=_timestamp(event.get("created")),
        api_version=identifier(event.get("api_version"), API_VERSION_CHARACTERS_MAX),
        object_type=object_type,
        object_id=identifier(content.get("id")),
        related_ids=related_ids(object_type, content),
        endpoint=endpoint,
        secret_index=secret_index,
    )


def misrouted(envelope: StripeEventEnvelope) -> bool:
    """Tells whether an event came to the other endpoint than its kind does: a mistake in Stripe's dashboard.

    It is recorded all the same; the service goes by the event's account, not by the endpoint.
    """
    of_connected_account = bool(envelope.stripe_account_id)
    return of_connected_account != (envelope.endpoint == _CONNECT)


def _mapping(value: object) -> dict[str, object]:
    """Returns a JSON object, or an empty one in the place of anything else."""
    return value if isinstance(value, dict) else _NOTHING


def _timestamp(value: object) -> Timestamp | None:
    """Returns seconds since 1970 as a timestamp, or nothing for what is none."""
    # True is an int to Python, and not to Stripe.
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _SECONDS_MAX:
        return Timestamp(seconds=value)
    return None
