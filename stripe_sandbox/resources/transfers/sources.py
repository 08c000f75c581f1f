"""Where the funds of a transfer may come from: a charge of the platform, or its available balance."""

from dataclasses import dataclass

from stripe_sandbox.balance.currencies import display
from stripe_sandbox.balance.settlement import taken_on
from stripe_sandbox.http.errors import StripeError, conflict, invalid, missing_parameter
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.charges.booking import complete_capture, settled_charge
from stripe_sandbox.resources.lookup import named_by_parameter
from stripe_sandbox.state.scope import Scope


@dataclass(frozen=True, slots=True)
class Source:
    """Funds that are there.

    Attributes:
        amount: What is to be transferred, in minor units.
        available_on: When it is available.
        charge: Id of the charge that it comes from, if from one.
        group: `transfer_group` of the transfer.
    """

    amount: int
    available_on: int
    charge: str | None
    group: str | None


def source_of(scope: Scope, params: JsonObject, currency: str) -> Source:
    """The funds for a transfer with these parameters.

    Raises:
        StripeError: 400, they are not enough (`balance_insufficient` for the balance) or of another currency.
    """
    if "source_transaction" in params:
        return _from_charge(scope, params, currency)
    if "amount" not in params:
        raise missing_parameter("amount")
    funds = scope.account.balance.funds.get(currency)
    if funds is None or params["amount"] > funds.available:
        raise StripeError(
            400,
            "invalid_request_error",
            "You have insufficient available funds in your Stripe account. Try adding funds directly to your available "
            "balance by creating Charges using the 4000000000000077 test card. See: "
            "https://stripe.com/docs/testing#available-balance",
            code="balance_insufficient",
        )
    return Source(params["amount"], scope.now, None, params.get("transfer_group"))


def _from_charge(scope: Scope, params: JsonObject, currency: str) -> Source:
    """The funds of a charge, also while they are pending; together all its transfers take at most what was captured."""
    charge = named_by_parameter(scope.account.charges, params["source_transaction"], "source_transaction")
    if charge["status"] != "succeeded" or not charge["captured"]:
        raise invalid(
            f"Charge {charge['id']} has not been captured: its funds cannot be transferred.", param="source_transaction"
        )
    complete_capture(scope, charge)
    whole = settled_charge(scope, charge, charge["amount_captured"])
    if whole.currency != currency:
        raise invalid(
            f"The currency of source_transaction's balance transaction ({whole.currency}) must be the same as the "
            f"transfer currency ({currency}).",
            param="currency",
        )
    before = _transferred(scope, charge)
    left = whole.amount - before
    amount = params.get("amount", left)
    if amount > left or left == 0:
        limit, gone = display(whole.amount, currency), display(before, currency)
        already = f" (There is already a transfer using this source, amounting to {gone}.)" if before else ""
        raise conflict(
            f"Transfers using this transaction as a source must not exceed the source amount of {limit}.{already}",
            param="amount",
        )
    return Source(
        amount,
        taken_on(scope.world, scope.account, charge["balance_transaction"]),
        charge["id"],
        _group(charge, params.get("transfer_group")),
    )


def _transferred(scope: Scope, charge: JsonObject) -> int:
    """What transfers have taken of a charge and not given back."""
    transfers = scope.account.transfers.matching("source_transaction", charge["id"])
    return sum(int(transfer["amount"]) - int(transfer["amount_reversed"]) for transfer in transfers)


def _group(charge: JsonObject, wanted: str | None) -> str:
    """The group that a charge and its transfers share."""
    group = charge["transfer_group"] or wanted or f"group_{charge['id']}"
    if wanted not in (None, group):
        raise invalid(
            f"The transfer_group of the source transaction is {group}: a transfer of its funds cannot have another.",
            param="transfer_group",
        )
    return str(group)
