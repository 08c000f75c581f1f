"""Making a refund: what it books, what it changes on the charge, and what goes back along with it."""

from stripe_sandbox.balance.book import Movement
from stripe_sandbox.balance.settlement import book, taken_on
from stripe_sandbox.cards import Refunding
from stripe_sandbox.http.errors import conflict
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.application_fees.refunding import (
    credit_payer,
    fee_details_of_refund,
    refund_fee,
    shows_on_refund,
)
from stripe_sandbox.resources.charges.booking import card_of_charge, settled_charge
from stripe_sandbox.resources.disputes.deciding import end_inquiries
from stripe_sandbox.resources.radar.doubts import end_doubts
from stripe_sandbox.resources.refunds.changing import fail_refund, succeed_refund
from stripe_sandbox.resources.refunds.giving_back import GivingBack, refunded_of_captured
from stripe_sandbox.resources.refunds.shape import new_refund
from stripe_sandbox.resources.transfers.reversing import reverse
from stripe_sandbox.state.scope import Scope

_MS_PER_S = 1_000


def check_amount(charge: JsonObject, amount: int | None) -> int:
    """The amount to refund: `amount`, or all that is left.

    Raises:
        StripeError: 400, less is left.
    """
    left = charge["amount_captured"] - refunded_of_captured(charge)
    if left == 0:
        raise conflict(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount is not None and amount > left:
        raise conflict(
            f"Refund amount ({amount} {charge['currency']}) is greater than unrefunded amount on charge "
            f"({left} {charge['currency']})",
            code="amount_too_large",
            param="amount",
        )
    return left if amount is None else amount


def make_refund(scope: Scope, charge: JsonObject, amount: int, back: GivingBack, details: JsonObject) -> JsonObject:
    """Refunds `amount` of a charge; `details` are further fields of the refund."""
    refund = new_refund(scope.world.ids.new("re" if _is_card(charge) else "pyr"), charge, amount, scope.now)
    refund.update(details)
    _book(scope, charge, refund, back)
    scope.account.refunds.add(refund)
    _give_back(scope, charge, refund, back)
    previous = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    _arrange_outcome(scope, charge, refund)
    scope.emit("refund.created", refund)
    scope.emit("charge.refunded", charge, {name: old for name, old in previous.items() if charge[name] != old})
    if charge["refunded"]:
        end_doubts(scope, charge, "refunded_as_fraud" if refund["reason"] == "fraudulent" else "refunded")
        end_inquiries(scope, charge)
    return refund


def _book(scope: Scope, charge: JsonObject, refund: JsonObject, back: GivingBack) -> None:
    """Takes the refund from the balance; Stripe keeps its fee, the platform's comes back to a direct charge."""
    taken = settled_charge(scope, charge, refund["amount"])
    fee_amount = 0 if scope.account.is_platform else back.fee_amount
    movement = Movement(
        kind="refund" if _is_card(charge) else "payment_refund",
        amount=-taken.amount,
        currency=taken.currency,
        source=refund["id"],
        available_on=taken_on(scope.world, scope.account, charge["balance_transaction"]),
        fees=fee_details_of_refund(scope, fee_amount, taken.currency),
        exchange_rate=taken.shown_rate,
        category="refund",
        description=f"REFUND FOR CHARGE ({charge['description']})" if charge["description"] else "REFUND FOR CHARGE",
    )
    refund["balance_transaction"] = book(scope.world, scope.account, movement)["id"]


def _is_card(charge: JsonObject) -> bool:
    """Whether a card was charged: what else pays is a payment to Stripe, with payment refunds."""
    return bool(charge["payment_method_details"]["type"] == "card")


def _give_back(scope: Scope, charge: JsonObject, refund: JsonObject, back: GivingBack) -> None:
    """Reverses the transfer, with the fee that was taken of it; or gives back the fee of a direct charge."""
    if back.transfer is not None and back.transfer_amount:
        reversal = reverse(
            scope, back.transfer, back.transfer_amount, fee_amount=back.fee_amount, source_refund=refund["id"]
        )
        refund["transfer_reversal"] = reversal["id"]
    elif back.fee is not None and back.fee_amount and not scope.account.is_platform:
        fee_refund = refund_fee(scope.platform, back.fee, back.fee_amount)
        if not shows_on_refund(scope):
            credit_payer(scope, fee_refund, taken_on(scope.world, scope.account, charge["balance_transaction"]))


def _arrange_outcome(scope: Scope, charge: JsonObject, refund: JsonObject) -> None:
    """Refunds to some test cards are decided later."""
    card = card_of_charge(scope, charge)
    if card is None or card.refunding is Refunding.AT_ONCE:
        return
    moment = scope.world.clock.now() + scope.world.settings.refund_delay_ms / _MS_PER_S
    if card.refunding is Refunding.LATER:
        refund["status"] = "pending"
        scope.world.scheduler.at(moment, lambda: succeed_refund(scope, refund))
    else:
        scope.world.scheduler.at(moment, lambda: fail_refund(scope, refund, "unknown"))
