"""Events about payments and refunds."""

from payments_service.application.events.catalogue.model import Effect, Follow
from payments_service.domain.outbox import EventType
from payments_service.domain.stripe_object.model import ObjectKind

_E = EventType
_SESSION = Follow(ObjectKind.CHECKOUT_SESSION)
_INTENT_ONLY = (
    "What the connected account gets is in its book; the payment behind it follows the platform's own events."
)
_REFUNDED = (
    _E.REFUND_PENDING,
    _E.REFUND_SUCCEEDED,
    _E.REFUND_FAILED,
    _E.REFUND_CANCELED,
)
_SESSION_NOTE = "A session is fulfilled by its payment, and only when that is paid: the session itself grants nothing."


def _refund(sent: str) -> Effect:
    return Effect(sent=sent, payment=True, refunds=True, settles=True, outbox=_REFUNDED)


PAYMENTS: dict[str, Effect] = {
    "payment_intent.created": Effect(sent="A payment intent was created, by this service or by anybody.", payment=True),
    "payment_intent.processing": Effect(
        sent="A payment that takes a while, such as a bank debit, is under way.",
        payment=True,
        outbox=(_E.PAYMENT_PROCESSING,),
    ),
    "payment_intent.requires_action": Effect(
        sent="The customer has to do something, such as 3-D Secure.",
        payment=True,
        outbox=(_E.PAYMENT_REQUIRES_ACTION,),
    ),
    "payment_intent.partially_funded": Effect(
        sent="A customer's balance or bank transfer covers a part of the amount.", payment=True
    ),
    "payment_intent.amount_capturable_updated": Effect(
        sent="The amount is authorised and waits for its capture, or less of it is left.",
        payment=True,
        outbox=(_E.PAYMENT_AUTHORIZED,),
    ),
    "payment_intent.succeeded": Effect(
        sent="A payment intent was paid.",
        payment=True,
        settles=True,
        outbox=(_E.PAYMENT_SUCCEEDED,),
        note="If Stripe has no balance transaction for the charge yet, it is booked provisionally from the fetched "
        "intent, and taken over when the balance transaction comes.",
    ),
    "payment_intent.payment_failed": Effect(
        sent="An attempt was declined or failed; another one may follow.",
        payment=True,
        outbox=(_E.PAYMENT_ATTEMPT_FAILED,),
    ),
    "payment_intent.canceled": Effect(
        sent="A payment intent was canceled: it can never be paid any more.",
        payment=True,
        outbox=(_E.PAYMENT_CANCELED,),
    ),
    "charge.succeeded": Effect(
        sent="A charge was made or authorised.", payment=True, settles=True, outbox=(_E.PAYMENT_SUCCEEDED,)
    ),
    "charge.updated": Effect(
        sent="A charge changed; with asynchronous capture this is when its balance transaction is there.",
        payment=True,
        settles=True,
        outbox=(_E.PAYMENT_SUCCEEDED,),
    ),
    "charge.captured": Effect(
        sent="An authorised charge was captured, all of it or a part.",
        payment=True,
        settles=True,
        outbox=(_E.PAYMENT_SUCCEEDED,),
    ),
    "charge.failed": Effect(
        sent="A charge failed: at once, or days later for a bank debit that had seemed paid.",
        payment=True,
        settles=True,
        outbox=(_E.PAYMENT_ATTEMPT_FAILED,),
        note="A late failure is a balance transaction of its own, which takes back what the charge credited; a "
        "provisional booking is reversed.",
    ),
    "charge.pending": Effect(
        sent="A charge was made whose outcome takes days.", payment=True, outbox=(_E.PAYMENT_PROCESSING,)
    ),
    "charge.expired": Effect(
        sent="An authorisation ran out before it was captured.", payment=True, outbox=(_E.PAYMENT_CANCELED,)
    ),
    "charge.refunded": _refund("A charge was given back, all of it or a part."),
    "charge.refund.updated": _refund("A refund changed (the older name of refund.updated)."),
    "refund.created": _refund("A refund was made, here or in Stripe's dashboard."),
    "refund.updated": _refund("A refund changed, for example from pending to succeeded."),
    "refund.failed": _refund("A refund failed, perhaps days after it had succeeded: the money is back in the balance."),
    "payment.created": Effect(
        sent="A connected account got a payment from a destination charge or a transfer.",
        settles=True,
        note=_INTENT_ONLY,
    ),
    "checkout.session.completed": Effect(
        sent="A customer went through Checkout; the money may still be on its way.",
        payment=True,
        follows=(_SESSION,),
        outbox=(_E.PAYMENT_SUCCEEDED, _E.PAYMENT_PROCESSING),
        note=_SESSION_NOTE,
    ),
    "checkout.session.async_payment_succeeded": Effect(
        sent="The money of a completed session has come.",
        payment=True,
        follows=(_SESSION,),
        outbox=(_E.PAYMENT_SUCCEEDED,),
        note=_SESSION_NOTE,
    ),
    "checkout.session.async_payment_failed": Effect(
        sent="The money of a completed session did not come.",
        payment=True,
        follows=(_SESSION,),
        outbox=(_E.PAYMENT_ATTEMPT_FAILED,),
        note=_SESSION_NOTE,
    ),
    "checkout.session.expired": Effect(
        sent="A session ran out before the customer had paid.",
        payment=True,
        follows=(_SESSION,),
        outbox=(_E.PAYMENT_CANCELED,),
    ),
}
