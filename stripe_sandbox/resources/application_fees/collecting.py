"""Taking an application fee of a payment on a connected account."""

from stripe_sandbox.balance.book import Movement
from stripe_sandbox.balance.settlement import book
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.scope import Scope


def fee_detail(scope: Scope, amount: int, currency: str) -> JsonObject:
    """The line in `fee_details` on the side that pays; negative for a fee that comes back."""
    return {
        "amount": amount,
        "application": scope.world.platform.application,
        "currency": currency,
        "description": "Sandbox application fee",
        "type": "application_fee",
    }


def collect_fee(
    payer: Scope,
    charge: JsonObject,
    amount: int,
    available_on: int,
    *,
    currency: str | None = None,
    originating: str | None = None,
) -> JsonObject:
    """Books the fee on the platform and links it with the charge that it is taken of.

    Args:
        payer: The connected account; taking the fee off its charge is the caller's part.
        charge: The charge on that account.
        amount: In minor units.
        available_on: When the funds of the charge are available, and so the fee.
        currency: That of the amount, where it is not the currency of the charge.
        originating: The platform's charge, if the payment came from there.
    """
    scope = payer.platform
    fee: JsonObject = {
        "id": scope.world.ids.new("fee"),
        "object": "application_fee",
        "account": payer.account.id,
        "amount": amount,
        "amount_refunded": 0,
        "application": scope.account.application,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": scope.now,
        "currency": currency or charge["currency"],
        "fee_source": {"charge": charge["id"], "type": "charge"},
        "livemode": False,
        "originating_transaction": originating,
        "refunded": False,
        "refunds": {"object": "list", "data": [], "has_more": False},
    }
    fee["refunds"]["url"] = f"/v1/application_fees/{fee['id']}/refunds"
    movement = Movement(
        kind="application_fee",
        amount=amount,
        currency=fee["currency"],
        source=fee["id"],
        available_on=available_on,
        category="platform_earning",
    )
    fee["balance_transaction"] = book(scope.world, scope.account, movement)["id"]
    scope.account.application_fees.add(fee)
    charge["application_fee"] = fee["id"]
    if fee["currency"] == charge["currency"]:
        charge["application_fee_amount"] = amount
    scope.emit("application_fee.created", fee)
    return fee
