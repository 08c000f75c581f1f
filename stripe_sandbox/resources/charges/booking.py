"""What a captured charge books: on its own account, and where its money goes on to."""

from stripe_sandbox.balance.book import Movement
from stripe_sandbox.balance.exchange import Settled, settled, settled_like
from stripe_sandbox.balance.fees import bank_transfer_fee, card_fee, debit_fee, stripe_fee_detail
from stripe_sandbox.balance.settlement import available_on, book
from stripe_sandbox.cards import Card
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.application_fees.collecting import collect_fee, fee_detail
from stripe_sandbox.resources.reserves.plans import reserve_part
from stripe_sandbox.resources.transfers.moving import Order, move
from stripe_sandbox.state.scope import Scope

_MS_PER_S = 1_000


def book_charge(scope: Scope, charge: JsonObject) -> None:
    """Books the captured amount less the fees, links the balance transaction and passes on what is not to stay.

    A destination charge is transferred (https://docs.stripe.com/connect/destination-charges); of a charge made
    directly on a connected account the platform gets its fee (https://docs.stripe.com/connect/direct-charges).
    """
    captured = settled_charge(scope, charge, charge["amount_captured"])
    agreed = _application_fee(charge)
    fee_amount = settled_charge(scope, charge, agreed).amount if agreed else 0
    is_direct = not scope.account.is_platform
    movement = _movement(scope, charge, captured, fee_amount if is_direct else 0)
    charge["balance_transaction"] = book(scope.world, scope.account, movement)["id"]
    if _books_release(scope, charge):
        _book_release(scope, charge, captured, movement)
    if is_direct and fee_amount:
        collect_fee(scope, charge, fee_amount, movement.available_on, currency=captured.currency)
    elif charge["transfer_data"] is not None:
        _send_on(scope, charge, movement.available_on, fee_amount)
    reserve_part(scope, charge, captured.amount, captured.currency, movement.available_on)


def settled_charge(scope: Scope, charge: JsonObject, amount: int) -> Settled:
    """What an amount of a charge is in the currency in which the charge settles."""
    account = scope.account
    booked = account.balance.transactions.get(charge["balance_transaction"] or "")
    if booked is not None:
        return settled_like(account.exchange_rates, booked, amount, charge["currency"])
    return settled(account.exchange_rates, account.default_currency, amount, charge["currency"])


def _movement(scope: Scope, charge: JsonObject, captured: Settled, fee_amount: int) -> Movement:
    """What the charge brings in: all that was captured, or all that was authorised where the rest goes out again."""
    kind, card = charge["payment_method_details"]["type"], card_of_charge(scope, charge)
    gross = settled_charge(scope, charge, charge["amount"]) if _books_release(scope, charge) else captured
    amount, currency = gross.amount, gross.currency
    fees = [stripe_fee_detail(_processing_fee(kind, amount, currency), currency)]
    if fee_amount:
        fees.append(fee_detail(scope, fee_amount, currency))
    return Movement(
        kind="charge" if kind == "card" else "payment",
        amount=amount,
        currency=currency,
        source=charge["id"],
        available_on=available_on(scope.world, scope.account, at_once=card is not None and card.skips_pending),
        fees=tuple(fees),
        description=charge["description"],
        category="charge",
        exchange_rate=gross.shown_rate,
    )


def _processing_fee(kind: str, amount: int, currency: str) -> int:
    """What Stripe keeps, by the type of the payment method."""
    if kind == "card":
        return card_fee(amount, currency)
    return bank_transfer_fee(amount) if kind == "customer_balance" else debit_fee(amount)


def _books_release(scope: Scope, charge: JsonObject) -> bool:
    """Whether a partial capture books the whole charge and then what is released."""
    partial = charge["amount_captured"] < charge["amount"]
    return partial and scope.world.settings.partial_capture == "reversal"


def _book_release(scope: Scope, charge: JsonObject, captured: Settled, whole: Movement) -> None:
    """What was not captured goes out again, with the fee on it."""
    currency = captured.currency
    fee = card_fee(captured.amount, currency) - card_fee(whole.amount, currency)
    movement = Movement(
        kind="partial_capture_reversal",
        amount=captured.amount - whole.amount,
        currency=currency,
        source=charge["id"],
        available_on=whole.available_on,
        fees=(stripe_fee_detail(fee, currency),),
        exchange_rate=captured.shown_rate,
    )
    book(scope.world, scope.account, movement)


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


def _send_on(scope: Scope, charge: JsonObject, available: int, fee_amount: int) -> None:
    """Transfers a destination charge, all of it or the amount that was agreed."""
    wanted, captured = charge["transfer_data"]["amount"], charge["amount_captured"]
    passed = settled_charge(scope, charge, captured if wanted is None else min(wanted, captured))
    transfer, payment = move(
        scope,
        Order(
            destination=scope.world.accounts[charge["transfer_data"]["destination"]],
            amount=passed.amount,
            currency=passed.currency,
            available_on=available,
            charge=charge["id"],
            fee_amount=fee_amount,
            group=charge["transfer_group"],
        ),
    )
    charge["transfer"] = transfer["id"]
    charge["application_fee"] = payment["application_fee"]
