"""Which of Stripe's events may have an effect. All that is signed is stored, so that nothing is ever lost."""

from enum import Enum
from typing import NamedTuple

from payments_service.application.events.model import StripeEvent

CONNECT, PLATFORM = "CONNECT", "PLATFORM"
"""The endpoints that Stripe calls."""


class Refusal(Enum):
    """Why an event is stored and has no effect; the value is the sentence that is kept with it."""

    OTHER_MODE = "livemode does not match this service's Stripe key"
    PLATFORM_WITH_ACCOUNT = "an event of a connected account came to the platform's endpoint"
    CONNECT_WITHOUT_ACCOUNT = "an event of the platform came to the connected accounts' endpoint"


class AdmittedEvent(NamedTuple):
    """An event that is to be stored.

    Attributes:
        refusal: why it must have no effect; None when it may have one.
    """

    event: StripeEvent
    refusal: Refusal | None


def admit(event: StripeEvent, *, livemode: bool) -> AdmittedEvent:
    """Decide whether an event may have an effect.

    Each endpoint has secrets of its own, so Stripe itself has sent an event to where it came. One that came to the
    other endpoint than its kind does is a mistake in the set-up, and is kept for a person to look at. Events of the
    other mode are ordinary at the connected accounts' endpoint (docs.stripe.com/connect/webhooks), and have to be
    turned away.

    Args:
        event: as the gateway handed it over.
        livemode: whether this service's Stripe key works on real money.
    """
    refusal: Refusal | None = None
    if event.livemode != livemode:
        refusal = Refusal.OTHER_MODE
    elif event.endpoint == PLATFORM and event.stripe_account:
        refusal = Refusal.PLATFORM_WITH_ACCOUNT
    elif event.endpoint == CONNECT and not event.stripe_account:
        refusal = Refusal.CONNECT_WITHOUT_ACCOUNT
    return AdmittedEvent(event, refusal)
