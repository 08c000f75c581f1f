"""Events about disputes, early fraud warnings and reviews."""

from payments_service.application.events.catalogue.model import Effect, Follow
from payments_service.domain.outbox import EventType
from payments_service.domain.stripe_object.model import ObjectKind

_DISPUTE = Follow(ObjectKind.DISPUTE)
_E = EventType
_OF_DISPUTES = (
    _E.DISPUTE_INQUIRY,
    _E.DISPUTE_NEEDS_RESPONSE,
    _E.DISPUTE_UNDER_REVIEW,
    _E.DISPUTE_WON,
    _E.DISPUTE_LOST,
    _E.DISPUTE_CLOSED,
)


def _dispute(sent: str, note: str = "") -> Effect:
    return Effect(sent=sent, payment=True, follows=(_DISPUTE,), settles=True, outbox=_OF_DISPUTES, note=note)


def _warning(sent: str, kind: ObjectKind, note: str) -> Effect:
    return Effect(sent=sent, payment=True, follows=(Follow(kind),), outbox=(_E.PAYMENT_RISK_CHANGED,), note=note)


_FRAUD = "The payment shows the risk flag `early_fraud_warning` from then on."
_REVIEW = "The payment shows the risk flag `review_open` while the review is open."

RISK: dict[str, Effect] = {
    "charge.dispute.created": _dispute(
        "A customer's bank disputes a charge, or asks about it.",
        "What Stripe has withheld is set aside from what the connected account is owed, as far as it is there. An "
        "inquiry posts nothing.",
    ),
    "charge.dispute.updated": _dispute("A dispute changed, for example because evidence was submitted."),
    "charge.dispute.closed": _dispute(
        "A dispute was decided.",
        "Lost: what is withheld is moved from `disputes_held` to whom it concerns, once. Won: nothing, since Stripe "
        "gives it back by a balance transaction. Should a lost one be opened again, the move is reversed.",
    ),
    "charge.dispute.funds_withdrawn": _dispute("Stripe took the disputed amount, and its fee, from the balance."),
    "charge.dispute.funds_reinstated": _dispute("Stripe gave the disputed amount back."),
    "radar.early_fraud_warning.created": _warning(
        "A card network warns that a charge may be fraudulent.", ObjectKind.EARLY_FRAUD_WARNING, _FRAUD
    ),
    "radar.early_fraud_warning.updated": _warning(
        "A warning changed, for example because the charge was refunded.", ObjectKind.EARLY_FRAUD_WARNING, _FRAUD
    ),
    "review.opened": _warning("A rule put a payment up for review.", ObjectKind.REVIEW, _REVIEW),
    "review.closed": _warning("A review was closed: approved, refunded or disputed.", ObjectKind.REVIEW, _REVIEW),
}
