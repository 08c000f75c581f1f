"""Stripe's events as the inbox keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple
from uuid import UUID


class EventState(Enum):
    """Where an event in the inbox stands."""

    PENDING = "PENDING"
    """It waits to be applied, for the first time or once more."""
    DONE = "DONE"
    """It has had its effect, if its type has one."""
    DEAD = "DEAD"
    """It was tried as often as is allowed: it waits for a person."""
    REFUSED = "REFUSED"
    """It is of the other mode, test or live, and has no effect."""


class StripeEvent(NamedTuple):
    """An event as the gateway handed it over. A tuple, which is made several times as fast as a frozen dataclass.

    Attributes:
        id: our id of the inbox row.
        event_id: Stripe's id.
        stripe_account: the connected account it is of; empty for the platform.
        object_type: kind of the object in its body, for example `charge`.
        object_id: Stripe's id of that object.
        related_ids: ids of other objects, by kind, for example the `payment_intent` of a charge.
        body: the bytes that were signed.
    """

    id: UUID
    event_id: str
    type: str
    category: str
    stripe_account: str
    livemode: bool
    create_time: datetime | None
    api_version: str
    object_type: str
    object_id: str
    related_ids: Mapping[str, str]
    endpoint: str
    secret_index: int
    request_id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class InboxEvent:
    """An event as a person may see it, without its body.

    Attributes:
        endpoint: how it came: `PLATFORM`, `CONNECT` or `POLL`.
        last_error: why it failed last or was refused; empty when it is done.
    """

    id: UUID
    event_id: str
    type: str
    stripe_account: str
    livemode: bool
    state: EventState
    object_type: str
    object_id: str
    related_ids: Mapping[str, str]
    endpoint: str
    attempts: int
    last_error: str
    create_time: datetime | None
    receive_time: datetime
    next_attempt_time: datetime
    done_time: datetime | None
    api_version: str
    request_id: str


@dataclass(frozen=True, slots=True)
class EventRow:
    """What applying a leased event needs of it.

    Attributes:
        attempts: how often it was leased, this time included; outages do not count.
        receive_time: when the inbox took it in.
        subject: what it is about: its payment intent, else its object, else nothing but itself.
    """

    id: UUID
    event_id: str
    type: str
    stripe_account: str
    object_type: str
    object_id: str
    related_ids: Mapping[str, str]
    attempts: int
    receive_time: datetime
    subject: str = ""

    @property
    def intent_id(self) -> str:
        """The payment intent that the event is about; empty when it is about none."""
        return self.object_id if self.object_type == "payment_intent" else self.related_ids.get("payment_intent", "")
