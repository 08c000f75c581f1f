"""Events: what happened to which object, as told to webhook endpoints and listed by `/v1/events`."""

from dataclasses import dataclass

import orjson

from stripe_sandbox import API_VERSION
from stripe_sandbox.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class Cause:
    """The request that led to an event; both are None for what happens by itself."""

    request_id: str | None = None
    idempotency_key: str | None = None


BY_ITSELF = Cause()


@dataclass(slots=True)
class Event:
    """One event.

    Attributes:
        account: Id of the account that it happened in.
        connect: Whether that is a connected account, so that its id is part of the event.
        object_json: The object as it was at that moment, already written as JSON: a snapshot that costs no copy.
        previous: The fields that an update changed, with their values before.
        pending_webhooks: Endpoints that have not yet taken the event.
        twin_of: Id of the event that this one tells a second time under an id of its own.
    """

    id: str
    kind: str
    created: int
    account: str
    connect: bool
    object_json: bytes
    previous: JsonObject | None
    cause: Cause
    pending_webhooks: int = 0
    twin_of: str | None = None

    def render(self) -> JsonObject:
        """The event as Stripe shows and sends it. `data.object` is an `orjson.Fragment`."""
        data: JsonObject = {"object": orjson.Fragment(self.object_json)}
        if self.previous is not None:
            data["previous_attributes"] = self.previous
        shown: JsonObject = {"id": self.id, "object": "event"}
        if self.connect:
            shown["account"] = self.account
        shown.update(
            api_version=API_VERSION,
            created=self.created,
            data=data,
            livemode=False,
            pending_webhooks=self.pending_webhooks,
            request={"id": self.cause.request_id, "idempotency_key": self.cause.idempotency_key},
            type=self.kind,
        )
        return shown
