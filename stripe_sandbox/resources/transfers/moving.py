"""A transfer: funds leave the platform and arrive on a connected account as a payment there."""

from dataclasses import dataclass, field

from stripe_sandbox.balance.book import Movement
from stripe_sandbox.balance.settlement import book
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.application_fees.collecting import collect_fee, fee_detail
from stripe_sandbox.resources.charges.shape import blank_charge
from stripe_sandbox.resources.details import full_billing_details
from stripe_sandbox.resources.reserves.plans import reserve_part
from stripe_sandbox.state.account import AccountState
from stripe_sandbox.state.scope import Scope


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be transferred.

    Attributes:
        destination: The connected account.
        amount: In minor units.
        currency: Of the balance that it leaves.
        available_on: When it is available at its destination; for funds of a charge the same as these.
        charge: Id of the platform's charge that it comes from.
        fee_amount: Application fee that the platform takes of it again.
        group: `transfer_group`.
    """

    destination: AccountState
    amount: int
    currency: str
    available_on: int
    charge: str | None = None
    fee_amount: int = 0
    group: str | None = None
    description: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


def move(scope: Scope, order: Order) -> tuple[JsonObject, JsonObject]:
    """Books both sides; returns the transfer and the payment that it became."""
    transfer = _add_transfer(scope, order)
    receiver = scope.within(order.destination)
    payment = _add_payment(receiver, order, transfer)
    transfer["destination_payment"] = payment["id"]
    scope.emit("transfer.created", transfer)
    fees: tuple[JsonObject, ...] = ()
    if order.fee_amount:
        collect_fee(receiver, payment, order.fee_amount, order.available_on, originating=order.charge)
        fees = (fee_detail(scope, order.fee_amount, order.currency),)
    movement = Movement(
        kind="payment",
        amount=order.amount,
        currency=order.currency,
        source=payment["id"],
        available_on=order.available_on,
        fees=fees,
        category="charge",
    )
    payment["balance_transaction"] = book(scope.world, order.destination, movement)["id"]
    receiver.emit("payment.created", payment)
    reserve_part(receiver, payment, order.amount, order.currency, order.available_on)
    return transfer, payment


def _add_transfer(scope: Scope, order: Order) -> JsonObject:
    transfer: JsonObject = {
        "id": scope.world.ids.new("tr"),
        "object": "transfer",
        "amount": order.amount,
        "amount_reversed": 0,
        "balance_transaction": None,
        "created": scope.now,
        "currency": order.currency,
        "description": order.description,
        "destination": order.destination.id,
        "destination_payment": None,
        "livemode": False,
        "metadata": order.metadata,
        "reversals": {"object": "list", "data": [], "has_more": False},
        "reversed": False,
        "source_transaction": order.charge,
        "source_type": "card",
        "transfer_group": order.group,
    }
    transfer["reversals"]["url"] = f"/v1/transfers/{transfer['id']}/reversals"
    movement = Movement(
        kind="transfer",
        amount=-order.amount,
        currency=order.currency,
        source=transfer["id"],
        available_on=order.available_on,
        description=order.description,
    )
    transfer["balance_transaction"] = book(scope.world, scope.account, movement)["id"]
    return scope.account.transfers.add(transfer)


def _add_payment(receiver: Scope, order: Order, transfer: JsonObject) -> JsonObject:
    """The charge that the connected account sees: paid by the platform's account."""
    payment = blank_charge(receiver.world.ids.new("py"), order.amount, order.currency, receiver.now)
    platform = receiver.world.platform
    payment.update(
        amount_captured=order.amount,
        application=platform.application if order.fee_amount else None,
        billing_details=full_billing_details(None),
        captured=True,
        payment_method_details={"stripe_account": {}, "type": "stripe_account"},
        source={"id": platform.id, "object": "account"},
        source_transfer=transfer["id"],
    )
    payment["outcome"]["risk_level"] = "not_assessed"
    del payment["outcome"]["risk_score"]
    return receiver.account.charges.add(payment)
