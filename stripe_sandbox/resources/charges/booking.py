"""What a captured charge books: on its own account, and where its money goes on to."""

from stripe_sandbox.balance.book import Movement
from stripe_sandbox.balance.fees import card_fee, debit_fee, stripe_fee_detail
from stripe_sandbox.balance.settlement import available_on, book
from stripe_sandbox.cards import Card
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.application_fees.collecting import collect_fee, fee_detail
from stripe_sandbox.resources.transfers.moving import Order, move
from stripe_sandbox.state.scope import Scope

_MS_PER_S = 1_000


def book_charge(scope: Scope, charge: JsonObject) -> None:
    """Books the captured amount less the fees, links the balance transaction and passes on what is not to stay.

    A destination charge is transferred (https://docs.stripe.com/connect/destination-charges); of a charge made
    directly on a connected account the platform gets its fee (https://docs.stripe.com/connect/direct-charges).
    """
    amount, currency = charge["amount_captured"], charge["currency"]
    is_debit = charge["payment_method"] in scope.account.debits
    fees = [stripe_fee_detail(debit_fee(amount) if is_debit else card_fee(amount, currency), currency)]
    fee_amount = _application_fee(charge)
    is_direct = not scope.account.is_platform
    if is_direct and fee_amount:
        fees.append(fee_detail(scope, fee_amount, currency))
    card = card_of_charge(scope, charge)
    movement = Movement(
        kind="payment" if is_debit else "charge",
        amount=amount,
        currency=currency,
        source=charge["id"],
        available_on=available_on(scope.world, scope.account, at_once=card is not None and card.skips_pending),
        fees=tuple(fees),
        description=charge["description"],
        category="charge",
    )
    charge["balance_transaction"] = book(scope.world, scope.account, movement)["id"]
    if is_direct and fee_amount:
        collect_fee(scope, charge, fee_amount, movement.available_on)
    elif charge["transfer_data"] is not None:
        _send_on(scope, charge, movement.available_on)


def book_charge_later(scope: Scope, charge: JsonObject) -> None:
    """An asynchronous capture: the balance transaction shows a moment after the charge has succeeded."""
    delay_s = scope.world.settings.capture_delay_ms / _MS_PER_S
    scope.world.scheduler.at(scope.world.clock.now() + delay_s, lambda: complete_capture(scope, charge))


def complete_capture(scope: Scope, charge: JsonObject) -> None:
    """Ends an asynchronous capture, unless it has ended."""
    if charge["balance_transaction"] is not None:
        return
    names = ("application_fee", "balance_transaction", "transfer")
    before = {name: charge.get(name) for name in names}
    book_charge(scope, charge)
    scope.emit("charge.updated", charge, {name: old for name, old in before.items() if charge.get(name) != old})


def card_of_charge(scope: Scope, charge: JsonObject) -> Card | None:
    """The test card that was charged."""
    return scope.account.cards.get(charge["payment_method"])


def _application_fee(charge: JsonObject) -> int:
    """The platform's fee, never more than was captured; the charge shows what is really taken."""
    if charge["application_fee_amount"] is None:
        return 0
    charge["application_fee_amount"] = min(charge["application_fee_amount"], charge["amount_captured"])
    return int(charge["application_fee_amount"])


def _send_on(scope: Scope, charge: JsonObject, available: int) -> None:
    """Transfers a destination charge, all of it or the amount that was agreed."""
    wanted, captured = charge["transfer_data"]["amount"], charge["amount_captured"]
    transfer, payment = move(
        scope,
        Order(
            destination=scope.world.accounts[charge["transfer_data"]["destination"]],
            amount=captured if wanted is None else min(wanted, captured),
            currency=charge["currency"],
            available_on=available,
            charge=charge["id"],
            fee_amount=charge["application_fee_amount"] or 0,
            group=charge["transfer_group"],
        ),
    )
    charge["transfer"] = transfer["id"]
    charge["application_fee"] = payment["application_fee"]
