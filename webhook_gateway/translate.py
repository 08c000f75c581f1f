"""Turns an event's JSON into the envelope that the service stores and orders it by. Pure; never fails.

Anything that is JSON and signed is recorded. What has an odd shape (a list, `null`, no id, a number where a name should
be) gets an envelope with those fields empty and `sha256:` and the digest of the body for its id, so that a repeat is
still known as one.
"""

import hashlib

from payments_api.internal.v1.stripe_event_pb2 import StripeEndpoint, StripeEventEnvelope

from webhook_gateway.categories import category_of
from webhook_gateway.related import related_ids
from webhook_gateway.text import identifier

API_VERSION_CHARACTERS_MAX = 64
_SECONDS_MAX = 253_402_300_799
"""The last second of the year 9999, where protobuf's timestamps end."""

_CONNECT = StripeEndpoint.STRIPE_ENDPOINT_CONNECT
_NOTHING: dict[str, object] = {}


def translate(
    document: object,
    body: bytes,
    endpoint: StripeEndpoint,
    secret_index: int,
    into: StripeEventEnvelope | None = None,
) -> StripeEventEnvelope:
    """Returns the envelope of an event.

    Args:
        document: The parsed body.
        body: The body as signed, from which an id is derived where the document has none.
        endpoint: The endpoint that Stripe called.
        secret_index: Which of the endpoint's secrets the signature matched.
        into: An empty envelope to be filled and returned, as part of a larger message; a new one unless given.
    """
    # Field by field: as arguments of the message's constructor they cost twice as much.
    envelope = StripeEventEnvelope() if into is None else into
    event = _mapping(document)
    content = _mapping(_mapping(event.get("data")).get("object"))
    event_type = identifier(event.get("type"))
    object_type = identifier(content.get("object"))
    envelope.event_id = identifier(event.get("id")) or f"sha256:{hashlib.sha256(body).hexdigest()}"
    envelope.type = event_type
    envelope.category = category_of(event_type)
    envelope.stripe_account_id = identifier(event.get("account"))
    envelope.livemode = event.get("livemode") is True
    created = event.get("created")
    # True is an int to Python, and not to Stripe.
    if isinstance(created, int) and not isinstance(created, bool) and 0 <= created <= _SECONDS_MAX:
        create_time = envelope.create_time
        create_time.seconds = created
        create_time.SetInParent()  # 1970 began with 0, which alone would be as good as absent
    envelope.api_version = identifier(event.get("api_version"), API_VERSION_CHARACTERS_MAX)
    envelope.object_type = object_type
    envelope.object_id = identifier(content.get("id"))
    found = envelope.related_ids  # its own update() costs twice as much as a loop
    for name, related in related_ids(object_type, content).items():
        found[name] = related
    envelope.endpoint = endpoint
    envelope.secret_index = secret_index
    return envelope


def misrouted(envelope: StripeEventEnvelope) -> bool:
    """Tells whether an event came to the other endpoint than its kind does: a mistake in Stripe's dashboard.

    It is recorded all the same; the service goes by the event's account, not by the endpoint.
    """
    of_connected_account = bool(envelope.stripe_account_id)
    return of_connected_account != (envelope.endpoint == _CONNECT)


def _mapping(value: object) -> dict[str, object]:
    """Returns a JSON object, or an empty one in the place of anything else."""
    return value if isinstance(value, dict) else _NOTHING
