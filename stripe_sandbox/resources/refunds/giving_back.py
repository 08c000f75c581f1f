"""What a refund takes back besides the customer's money: the transfer, the application fee.

Both in proportion to what is refunded of what was captured
(https://docs.stripe.com/connect/destination-charges#issue-refunds).
"""

from dataclasses import dataclass

from stripe_sandbox.balance.shares import next_share
from stripe_sandbox.http.errors import conflict
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.scope import Scope


@dataclass(frozen=True, slots=True)
class GivingBack:
    """What goes back along with a refund; amounts in minor units, 0 for nothing.

    Attributes:
        transfer: The transfer to reverse.
        transfer_amount: How much of it.
        fee: The application fee to refund.
        fee_amount: How much of it.
    """

    transfer: JsonObject | None = None
    transfer_amount: int = 0
    fee: JsonObject | None = None
    fee_amount: int = 0


def refunded_of_captured(charge: JsonObject) -> int:
    """What has been refunded of the captured part: a partial capture counts the rest as refunded too."""
    return int(charge["amount_refunded"]) - (int(charge["amount"]) - int(charge["amount_captured"]))


def plan_giving_back(
    scope: Scope, charge: JsonObject, amount: int, *, reverse_transfer: bool, refund_fee: bool
) -> GivingBack:
    """What goes back with a refund of `amount`, which is not counted on the charge yet.

    Raises:
        StripeError: 400, there is no transfer or no fee, or nothing is left of it.
    """
    transfer = _transfer(scope, charge) if reverse_transfer else None
    fee = _fee(scope, charge, reverse_transfer=reverse_transfer) if refund_fee else None
    before, captured = refunded_of_captured(charge), charge["amount_captured"]
    transfer_amount = fee_amount = 0
    if transfer is not None:
        left = transfer["amount"] - transfer["amount_reversed"]
        transfer_amount = min(left, next_share(transfer["amount"], before, amount, captured))
    if fee is not None:
        left = fee["amount"] - fee["amount_refunded"]
        fee_amount = min(left, next_share(fee["amount"], before, amount, captured))
    return GivingBack(transfer, transfer_amount, fee, fee_amount)


def _transfer(scope: Scope, charge: JsonObject) -> JsonObject:
    transfer = scope.account.transfers.get(charge.get("transfer") or "")
    if transfer is None:
        raise conflict(
            f"Cannot reverse the transfer of charge {charge['id']}: only a charge that was created with "
            "`transfer_data[destination]` has a transfer to reverse.",
            param="reverse_transfer",
        )
    if transfer["reversed"]:
        raise conflict(
            f"Transfer {transfer['id']} is already fully reversed.",
            param="reverse_transfer",
        )
    return transfer


def _fee(scope: Scope, charge: JsonObject, *, reverse_transfer: bool) -> JsonObject:
    fee = scope.world.platform.application_fees.get(charge["application_fee"] or "")
    if fee is None:
        raise conflict(
            f"Charge {charge['id']} has no application fee to refund.",
            param="refund_application_fee",
        )
    if charge["transfer_data"] is not None and not reverse_transfer:
        raise conflict(
            "To refund the application fee of a destination charge you must also reverse the transfer: set "
            "`reverse_transfer` to true.",
            param="reverse_transfer",
        )
    if fee["refunded"]:
        raise conflict(
            f"Application fee {fee['id']} has already been fully refunded.",
            param="refund_application_fee",
        )
    return fee
