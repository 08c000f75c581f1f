"""What other backends are told: thin events about state changes, written with the change and read with PullEvents."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import TypeVar
from uuid import UUID

from payments_service.domain.ids import new_id

S = TypeVar("S", bound=Enum)


class EventType(StrEnum):
    """What happened; the words are those of the API, where their meaning is told."""

    PAYMENT_REQUIRES_ACTION = "payment.requires_action"
    PAYMENT_PROCESSING = "payment.processing"
    PAYMENT_AUTHORIZED = "payment.authorized"
    PAYMENT_SUCCEEDED = "payment.succeeded"
    PAYMENT_ATTEMPT_FAILED = "payment.attempt_failed"
    PAYMENT_CANCELED = "payment.canceled"
    PAYMENT_FAILED = "payment.failed"
    PAYMENT_RISK_CHANGED = "payment.risk_changed"
    REFUND_PENDING = "refund.pending"
    REFUND_SUCCEEDED = "refund.succeeded"
    REFUND_FAILED = "refund.failed"
    REFUND_CANCELED = "refund.canceled"
    ACCOUNT_UPDATED = "account.updated"
    DISPUTE_INQUIRY = "dispute.inquiry"
    DISPUTE_NEEDS_RESPONSE = "dispute.needs_response"
    DISPUTE_UNDER_REVIEW = "dispute.under_review"
    DISPUTE_WON = "dispute.won"
    DISPUTE_LOST = "dispute.lost"
    DISPUTE_CLOSED = "dispute.closed"
    PAYOUT_PENDING = "payout.pending"
    PAYOUT_IN_TRANSIT = "payout.in_transit"
    PAYOUT_PAID = "payout.paid"
    PAYOUT_FAILED = "payout.failed"
    PAYOUT_CANCELED = "payout.canceled"


@dataclass(frozen=True, slots=True)
class OutboxEvent:
    """An event to be written: see the message `Event` of the API. The database adds when it happened.

    Attributes:
        resource_id: the outside form of the resource's id, for example `pay_…`.
        state: the resource's state after the change, as the API names it, without a prefix.
        reference: of the purchase, where there is one.
    """

    type: EventType
    owner_id: str
    resource_id: str
    state: str
    livemode: bool
    reference: str = ""
    id: UUID = field(default_factory=new_id)


def entered(before: S | None, after: S, types: Mapping[S, EventType]) -> list[EventType]:
    """What entering a state is called: at most one type, none for a state that nobody is told of, or that stayed.

    Args:
        before: the state before the change; None for a resource that is new.
        after: the state after it.
        types: the states that others are told of, and how.
    """
    return [types[after]] if after is not before and after in types else []
