"""The endpoints of `/v1/transfers`."""

from stripe_sandbox.balance.shares import next_share
from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import conflict, invalid
from stripe_sandbox.http.listing import list_objects, list_params
from stripe_sandbox.http.params import Boolean, Choice, Field, Integer, Metadata, Params, Text, merge_metadata
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.accounts.standing import receiving_account
from stripe_sandbox.resources.lookup import named_in_path, part_in_path
from stripe_sandbox.resources.payment_intents.shape import check_currency
from stripe_sandbox.resources.transfers.moving import Order, move
from stripe_sandbox.resources.transfers.reversing import fee_of_transfer, reverse
from stripe_sandbox.resources.transfers.sources import source_of
from stripe_sandbox.state.scope import Scope


def _create(call: Call) -> JsonObject:
    params = call.params
    currency = check_currency(params["currency"])
    destination = receiving_account(call, params["destination"], "destination")
    source = source_of(call, params, currency)
    transfer, _ = move(
        call,
        Order(
            destination=destination,
            amount=source.amount,
            currency=currency,
            available_on=source.available_on,
            charge=source.charge,
            group=source.group,
            description=params.get("description"),
            metadata=merge_metadata({}, params.get("metadata")),
        ),
    )
    if source.charge is not None:
        _join(call, source.charge, source.group)
    return transfer


def _join(call: Call, charge_id: str, group: str | None) -> None:
    """A charge whose funds are transferred belongs to the group of its transfers."""
    charge = call.account.charges.get(charge_id)
    if charge is not None and charge["transfer_group"] != group:
        charge["transfer_group"] = group
        call.account.charges.reindex(charge)


def _named(call: Call) -> JsonObject:
    return named_in_path(call, call.account.transfers)


def _update(call: Call) -> JsonObject:
    transfer = _named(call)
    changes = dict(call.params)
    if "metadata" in changes:
        changes["metadata"] = merge_metadata(transfer["metadata"], changes["metadata"])
    previous = {name: transfer[name] for name, value in changes.items() if transfer[name] != value}
    transfer.update(changes)
    if previous:
        call.emit("transfer.updated", transfer, previous)
    return transfer


def _list(call: Call) -> JsonObject:
    return list_objects(call, "/v1/transfers", call.account.transfers, ("destination", "transfer_group"))


def _create_reversal(call: Call) -> JsonObject:
    transfer, params = _named(call), call.params
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = params.get("amount", left)
    if left == 0:
        raise conflict(f"Transfer {transfer['id']} is already fully reversed.")
    if amount > left:
        raise conflict(
            f"Transfer reversal amount ({amount} {transfer['currency']}) is greater than what is left of the transfer "
            f"({left} {transfer['currency']}).",
            code="amount_too_large",
            param="amount",
        )
    _check_funds(call, transfer, amount)
    fee_amount = _fee_amount(call, transfer, amount) if params.get("refund_application_fee", False) else 0
    return reverse(
        call,
        transfer,
        amount,
        fee_amount=fee_amount,
        description=params.get("description"),
        metadata=merge_metadata({}, params.get("metadata")),
    )


def _check_funds(scope: Scope, transfer: JsonObject, amount: int) -> None:
    """Only the transfer of a destination charge can be reversed into a debt of its receiver."""
    charge = scope.account.charges.get(transfer["source_transaction"] or "")
    if charge is not None and charge.get("transfer") == transfer["id"]:
        return
    funds = scope.world.accounts[transfer["destination"]].balance.funds.get(transfer["currency"])
    if funds is None or amount > funds.available + funds.pending:
        raise conflict(
            f"Insufficient funds in the account {transfer['destination']} to reverse {amount} {transfer['currency']} "
            "of the transfer.",
            code="balance_insufficient",
        )


def _fee_amount(scope: Scope, transfer: JsonObject, amount: int) -> int:
    """The part of the application fee that belongs to `amount` of the transfer."""
    fee = fee_of_transfer(scope, transfer)
    if fee is None:
        raise invalid(f"Transfer {transfer['id']} has no application fee to refund.", param="refund_application_fee")
    left = int(fee["amount"]) - int(fee["amount_refunded"])
    return min(left, next_share(fee["amount"], transfer["amount_reversed"], amount, transfer["amount"]))


def _list_reversals(call: Call) -> JsonObject:
    transfer = _named(call)
    call.params["transfer"] = transfer["id"]
    return list_objects(call, transfer["reversals"]["url"], call.account.transfer_reversals, ("transfer",))


def _retrieve_reversal(call: Call) -> JsonObject:
    return part_in_path(call, call.account.transfer_reversals, "reversal", "transfer")


def _update_reversal(call: Call) -> JsonObject:
    reversal = _retrieve_reversal(call)
    reversal["metadata"] = merge_metadata(reversal["metadata"], call.params.get("metadata", {}))
    return reversal


_DESCRIPTIVE: dict[str, Field] = {"description": Text(unset=True), "metadata": Metadata()}

ENDPOINTS = (
    Endpoint(
        "POST",
        "/v1/transfers",
        _create,
        Params(
            {
                "amount": Integer(minimum=1),
                "currency": Text(),
                "destination": Text(),
                "source_transaction": Text(),
                "source_type": Choice(("card",)),
                "transfer_group": Text(),
                **_DESCRIPTIVE,
            },
            required=("currency", "destination"),
        ),
    ),
    Endpoint("GET", "/v1/transfers", _list, list_params({"destination": Text(), "transfer_group": Text()})),
    Endpoint("GET", "/v1/transfers/{id}", _named),
    Endpoint("POST", "/v1/transfers/{id}", _update, Params(_DESCRIPTIVE)),
    Endpoint(
        "POST",
        "/v1/transfers/{id}/reversals",
        _create_reversal,
        Params({"amount": Integer(minimum=1), "refund_application_fee": Boolean(), **_DESCRIPTIVE}),
    ),
    Endpoint("GET", "/v1/transfers/{id}/reversals", _list_reversals, list_params(created=False)),
    Endpoint("GET", "/v1/transfers/{id}/reversals/{reversal}", _retrieve_reversal),
    Endpoint("POST", "/v1/transfers/{id}/reversals/{reversal}", _update_reversal, Params({"metadata": Metadata()})),
)
