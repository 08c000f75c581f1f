"""Events about subscriptions, invoices and what can be bought."""

from payments_service.application.events.catalogue.model import Effect, Follow
from payments_service.domain.stripe_object.model import ObjectKind

_K = ObjectKind
_SUBSCRIPTION = Follow(_K.SUBSCRIPTION)
_OF_INVOICE = Follow(_K.SUBSCRIPTION, via="subscription")
_CATALOGUE_NOTE = "What is kept is the cache that plans are read from."


def _subscription(sent: str) -> Effect:
    return Effect(sent=sent, follows=(_SUBSCRIPTION,))


def _invoice(sent: str) -> Effect:
    return Effect(sent=sent, payment=True, follows=(Follow(_K.INVOICE), _OF_INVOICE), settles=True)


def _credit_note(sent: str) -> Effect:
    return Effect(
        sent=sent,
        follows=(Follow(_K.CREDIT_NOTE), Follow(_K.INVOICE, via="invoice")),
        settles=True,
    )


BILLING: dict[str, Effect] = {
    "customer.subscription.created": _subscription("A subscription was made."),
    "customer.subscription.updated": _subscription("A subscription changed, or began a new period."),
    "customer.subscription.deleted": _subscription("A subscription ended."),
    "customer.subscription.paused": _subscription("A subscription was paused."),
    "customer.subscription.resumed": _subscription("A paused subscription goes on."),
    "customer.subscription.pending_update_applied": _subscription("A change that waited for its payment took effect."),
    "customer.subscription.pending_update_expired": _subscription("A change that waited for its payment was dropped."),
    "customer.subscription.trial_will_end": _subscription("A trial ends in three days."),
    "invoice.created": _invoice("A draft of an invoice was made."),
    "invoice.finalized": _invoice("An invoice is final and waits for its payment."),
    "invoice.updated": _invoice("An invoice changed."),
    "invoice.paid": _invoice("An invoice is paid, by a payment or out of band."),
    "invoice.payment_succeeded": _invoice("A payment of an invoice succeeded."),
    "invoice.payment_failed": _invoice("A payment of an invoice failed; Stripe may try again."),
    "invoice.payment_action_required": _invoice("The customer has to do something for an invoice to be paid."),
    "invoice.upcoming": Effect(
        sent="A subscription will be renewed in a few days.",
        follows=(_OF_INVOICE,),
        settles=True,
        note="The invoice does not exist yet and has no id: the subscription is fetched instead.",
    ),
    "invoice.voided": _invoice("An invoice was voided."),
    "invoice.marked_uncollectible": _invoice("An invoice was given up."),
    "invoice.overdue": _invoice("An invoice is past its due date."),
    "invoice_payment.paid": Effect(
        sent="One of the payments of an invoice is done.",
        payment=True,
        follows=(Follow(_K.INVOICE_PAYMENT), Follow(_K.INVOICE, via="invoice")),
        settles=True,
    ),
    "credit_note.created": _credit_note("An invoice was lowered after it had become final."),
    "credit_note.updated": _credit_note("A credit note changed."),
    "credit_note.voided": _credit_note("A credit note was voided."),
} | {
    f"{kind.value}.{action}": Effect(
        sent=f"A {kind.value} was {action}.", follows=(Follow(kind),), note=_CATALOGUE_NOTE
    )
    for kind in (_K.PRODUCT, _K.PRICE, _K.PLAN)
    for action in ("created", "updated", "deleted")
}
