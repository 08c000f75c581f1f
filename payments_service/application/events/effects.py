"""Which events mean what (the table of the design's stripe.md, as far as its areas are built).

An event is a hint: what it says is fetched from Stripe, and money moves only by balance transactions.
"""

from enum import Flag, auto


class Effect(Flag):
    """What an event leads to."""

    NONE = 0
    PAYMENT = auto()
    """The payment behind it follows its freshly fetched payment intent."""
    REFUNDS = auto()
    """The refunds of the payment behind it follow Stripe's freshly fetched ones."""
    ACCOUNT = auto()
    """The connected account behind it follows Stripe's freshly fetched one."""
    SETTLE = auto()
    """The account's balance transactions are listed and booked."""


_PAYMENT_ONLY = (
    "payment_intent.created",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.partially_funded",
    "payment_intent.amount_capturable_updated",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "charge.pending",
    "charge.expired",
)
_PAYMENT_AND_SETTLE = (
    "payment_intent.succeeded",
    "charge.succeeded",
    "charge.updated",
    "charge.captured",
    "charge.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
)
_REFUND = (
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "charge.refund.updated",
    "refund.failed",
)
_ACCOUNT = (
    "account.updated",
    "capability.updated",
)
_SETTLE_ONLY = (
    "application_fee.created",
    "application_fee.refunded",
    "payment.created",
    "transfer.created",
    "transfer.updated",
    "transfer.reversed",
    "payout.created",
    "payout.updated",
    "payout.paid",
    "payout.failed",
    "payout.canceled",
    "payout.reconciliation_completed",
    "balance.available",
    "topup.created",
    "topup.succeeded",
    "topup.failed",
    "topup.canceled",
    "topup.reversed",
)

EFFECTS: dict[str, Effect] = (
    dict.fromkeys(_PAYMENT_ONLY, Effect.PAYMENT)
    | dict.fromkeys(_PAYMENT_AND_SETTLE, Effect.PAYMENT | Effect.SETTLE)
    | dict.fromkeys(_REFUND, Effect.PAYMENT | Effect.REFUNDS | Effect.SETTLE)
    | dict.fromkeys(_ACCOUNT, Effect.ACCOUNT)
    | dict.fromkeys(_SETTLE_ONLY, Effect.SETTLE)
)
"""By type. A type that is not here is stored, counted and has no effect."""


def effect_of(event_type: str) -> Effect:
    """What an event of this type leads to."""
    return EFFECTS.get(event_type, Effect.NONE)


def is_known(event_type: str) -> bool:
    """Whether the table has this type."""
    return event_type in EFFECTS
