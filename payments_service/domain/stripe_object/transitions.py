"""How an object of Stripe without a model of its own is followed: the newest answer counts."""

from datetime import datetime

from payments_service.domain.stripe_object.model import ObjectKey, ObjectKind, ObjectSnapshot, StripeObject

_RISKS = {ObjectKind.EARLY_FRAUD_WARNING: "early_fraud_warning", ObjectKind.REVIEW: "review_open"}


def follow_object(
    before: StripeObject | None, key: ObjectKey, said: ObjectSnapshot | None, *, event_id: str, ended: datetime
) -> StripeObject:
    """The object after Stripe's answer, which is known to be newer than what is stored.

    Args:
        before: as it is stored, under its lock; None when it is new.
        key: which object.
        said: what Stripe said; None when it has no such object (any more).
        event_id: of the event that led here; empty when none did.
        ended: database time after the call to Stripe ended.
    """
    return StripeObject(
        key=key,
        status=said.status if said else "",
        facts=said.facts if said else {},
        livemode=said.livemode if said else before is not None and before.livemode,
        deleted=said is None,
        event_id=event_id or (before.event_id if before else ""),
        create_time=before.create_time if before else ended,
        update_time=ended,
        observed_time=ended,
    )


def risk_of(key: ObjectKey, said: ObjectSnapshot | None) -> str | None:
    """What an object warns of; empty when it warns of nothing (any more), None for a kind that never warns."""
    flag = _RISKS.get(key.kind)
    if flag is None:
        return None
    # A warning of a card network stays; a review warns until somebody has closed it.
    stands = said is not None and (key.kind is ObjectKind.EARLY_FRAUD_WARNING or said.facts.get("open") is True)
    return flag if stands else ""
