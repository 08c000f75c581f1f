"""A customer's bank disputes a charge, or asks about it first."""

from dataclasses import dataclass
from typing import Literal

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.charges.booking import complete_capture
from stripe_sandbox.resources.disputes.booking import is_withdrawn, withdraw
from stripe_sandbox.resources.disputes.deciding import lapse
from stripe_sandbox.resources.disputes.shape import card_details, new_dispute
from stripe_sandbox.resources.radar.doubts import end_doubts
from stripe_sandbox.resources.refunds.giving_back import refunded_of_captured
from stripe_sandbox.state.scope import Scope

Case = Literal["chargeback", "inquiry", "resolution", "block"]
_STATUS: dict[Case, str] = {
    "chargeback": "needs_response",
    "inquiry": "warning_needs_response",
    "resolution": "prevented",
    "block": "prevented",
}
_DAY_S = 86_400
_ANSWER_DAYS = 9
_INQUIRY_DAYS = 120


@dataclass(frozen=True, slots=True)
class Claim:
    """What the bank claims.

    Attributes:
        reason: Stripe's word for it.
        case: A `chargeback` takes the money at once; an `inquiry` only asks; a `resolution` is a chargeback that was
            prevented by giving the money back without a fee; a `block` one that was prevented without that.
        amount: In minor units; None for what has not been refunded.
    """

    reason: str
    case: Case = "chargeback"
    amount: int | None = None


def disputable(charge: JsonObject) -> int:
    """The most that can be disputed of a charge: what was captured, 0 if nothing came from a customer."""
    came = charge["status"] == "succeeded" and charge["captured"] and charge["source_transfer"] is None
    return int(charge["amount_captured"]) if came else 0


def open_dispute(scope: Scope, charge: JsonObject, claim: Claim) -> JsonObject:
    """Opens a dispute in the account that was charged: for a destination charge that is the platform."""
    complete_capture(scope, charge)
    left = int(charge["amount_captured"]) - refunded_of_captured(charge)
    amount = (left or int(charge["amount_captured"])) if claim.amount is None else claim.amount
    dispute = new_dispute(scope.world.ids.new("du"), charge, amount, scope.now)
    dispute.update(
        is_charge_refundable=claim.case == "inquiry",
        payment_method_details=card_details(charge, claim.reason, claim.case),
        reason=claim.reason,
        status=_STATUS[claim.case],
    )
    scope.account.disputes.add(dispute)
    charge["disputed"] = True
    end_doubts(scope, charge, "disputed")
    if dispute["status"] == "prevented":
        _prevent(scope, dispute, claim.case)
        return dispute
    dispute["evidence_details"]["due_by"] = _deadline(scope.now)
    scope.world.scheduler.at(dispute["evidence_details"]["due_by"], lambda: lapse(scope.by_itself, dispute))
    scope.emit("charge.dispute.created", dispute)
    if claim.case == "chargeback":
        withdraw(scope, dispute)
    else:
        scope.world.scheduler.at(scope.now + _INQUIRY_DAYS * _DAY_S, lambda: lapse(scope.by_itself, dispute, last=True))
    return dispute


def is_charged_back(scope: Scope, charge: JsonObject) -> bool:
    """Whether a bank has taken back money of the charge, so that it cannot be refunded."""
    return any(is_withdrawn(dispute) for dispute in scope.account.disputes.matching("charge", charge["id"]))


def _prevent(scope: Scope, dispute: JsonObject, case: Case) -> None:
    """The dispute is over before it is one."""
    scope.emit("charge.dispute.created", dispute)
    if case == "resolution":
        withdraw(scope, dispute, with_fee=False)
    scope.emit("charge.dispute.closed", dispute)


def _deadline(now: int) -> int:
    """The last second of the day until which evidence is taken."""
    return (now // _DAY_S + _ANSWER_DAYS + 1) * _DAY_S - 1
