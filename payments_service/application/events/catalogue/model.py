"""What a type of event means: what is fetched because of it, and what others are told."""

from dataclasses import dataclass

from payments_service.domain.outbox import EventType
from payments_service.domain.stripe_object.model import ObjectKind


@dataclass(frozen=True, slots=True)
class Follow:
    """An object that is fetched because of an event.

    Attributes:
        kind: what it is.
        via: the kind under which the event names it among its related ids; empty for the event's own object.
    """

    kind: ObjectKind
    via: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What an event leads to. What it says itself is a hint: everything is fetched, and nothing is booked from it.

    Attributes:
        sent: when Stripe sends it, in a sentence.
        payment: the payment behind it follows its freshly fetched payment intent; on a connected account only a direct
            payment of ours does.
        refunds: so do the refunds of that payment.
        account: the connected account that it is of follows Stripe's freshly fetched one.
        follows: what else is fetched and kept.
        settles: the account's balance transactions are listed and booked.
        outbox: what other backends may be told because of it, if the fetched state is new.
        note: what else is worth knowing, in a sentence or two.
    """

    sent: str
    payment: bool = False
    refunds: bool = False
    account: bool = False
    follows: tuple[Follow, ...] = ()
    settles: bool = False
    outbox: tuple[EventType, ...] = ()
    note: str = ""


NOTHING = Effect(sent="")
"""The effect of a type that is not in the catalogue: it is stored, counted, and that is all."""
