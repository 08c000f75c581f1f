"""A stored call to Stripe, and what can come of sending it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from payments_service.domain.errors import PaymentsError

Json = Mapping[str, Any]
"""A JSON object as Stripe sends and takes it."""


@dataclass(frozen=True, slots=True)
class StripeCall:
    """One request to Stripe, exactly as it is repeated until its outcome is known.

    Attributes:
        method: HTTP method in lower case.
        path: path with ids filled in, for example `/v1/payment_intents`.
        params: parameters, nested as stripe-python takes them.
        stripe_account: the connected account it is made for; empty for the platform.
    """

    method: str
    path: str
    params: Json
    stripe_account: str = ""


class OperationState(Enum):
    """Where an operation stands."""

    IN_PROGRESS = "IN_PROGRESS"
    DONE = "DONE"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Operation:
    """A mutating call to Stripe that was decided on, and must end in exactly one known outcome.

    Attributes:
        kind: which `OperationKind` knows what its outcome means.
        object_id: id of our object that it is about.
        claim: digest of the idempotency key that it answers.
        method: full name of the RPC, which gives the shape of the stored reply.
        call: the request.
        execute_until: until when it may be sent; after that it is only looked up.
        lease_until: until when somebody is at it.
        attempts: how often the completer has tried.
    """

    id: UUID
    kind: str
    object_id: UUID
    claim: bytes
    method: str
    request_id: str
    call: StripeCall
    state: OperationState
    create_time: datetime
    execute_until: datetime
    lease_until: datetime
    next_attempt_time: datetime
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Answered:
    """Stripe did it.

    Attributes:
        body: the object.
        observed_from: database time from which on Stripe was asked for it; None: the operation's own start.
        stripe_time: what Stripe's clock showed when it answered, in whole seconds; None: it did not say.
    """

    body: Json
    observed_from: datetime | None = None
    stripe_time: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """Stripe answered that it did not do it, and a repeat would not change that.

    Attributes:
        error: what to tell the caller.
        body: Stripe's error object, which may carry the payment intent that was declined.
        observed_from: see Answered.
        unread: whether Stripe turned it away before it looked at the idempotency key, which says nothing about an
            earlier attempt with the same key.
    """

    error: PaymentsError
    body: Json = field(default_factory=dict)
    observed_from: datetime | None = None
    unread: bool = False


@dataclass(frozen=True, slots=True)
class NotExecuted:
    """It is certain that nothing was done: the connection was refused, or Stripe turned the request away unread."""

    why: str
    retry_after_ms: int = 1_000


@dataclass(frozen=True, slots=True)
class Unknown:
    """It was sent, and whether it was done is not known."""

    why: str


class StaleAnswerError(Exception):
    """An answer may be older than what is stored already: ask Stripe again, and try with what it says then."""


Outcome = Answered | Refused | NotExecuted | Unknown
