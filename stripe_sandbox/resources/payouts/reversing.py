"""Taking a payout back from the bank account (https://docs.stripe.com/connect/payout-reversals)."""

from stripe_sandbox.http.errors import conflict
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.payouts.making import Order, make_payout
from stripe_sandbox.state.scope import Scope

_COUNTRIES = ("US", "CA")
_DAYS_MAX = 90
_DAY_S = 86_400


def reverse(scope: Scope, payout: JsonObject, metadata: dict[str, str]) -> JsonObject:
    """Makes the payout of the negative amount that brings the money back.

    Raises:
        StripeError: 400, the payout cannot be reversed.
    """
    destination = scope.account.find(payout["destination"])
    obstacle = _obstacle(scope, payout, destination)
    if obstacle is not None or destination is None:
        raise conflict(f"Payout {payout['id']} cannot be reversed: {obstacle or 'its bank account is gone'}.")
    order = Order(-payout["amount"], destination, original=payout["id"], metadata=metadata)
    reversal = make_payout(scope, order)
    payout["reversed_by"] = reversal["id"]
    scope.emit("payout.updated", payout, {"reversed_by": None})
    return reversal


def _obstacle(scope: Scope, payout: JsonObject, destination: JsonObject | None) -> str | None:
    """What is in the way of a reversal."""
    manual = not payout["automatic"]
    obstacles = {
        "it belongs to the platform, and only payouts of connected accounts can be": scope.account.is_platform,
        "it is pending: cancel it instead": payout["status"] == "pending" and manual,
        f"its status is {payout['status']}": payout["status"] not in ("pending", "in_transit", "paid"),
        "it is an instant payout": payout["method"] == "instant",
        "it is a debit itself": payout["amount"] < 0,
        f"it has been reversed already by {payout['reversed_by']}": payout["reversed_by"] is not None,
        f"it arrived more than {_DAYS_MAX} days ago": payout["arrival_date"] < scope.now - _DAYS_MAX * _DAY_S,
        f"its bank account is not in {' or '.join(_COUNTRIES)}": destination is not None
        and destination["country"] not in _COUNTRIES,
    }
    return next((text for text, stands in obstacles.items() if stands), None)
