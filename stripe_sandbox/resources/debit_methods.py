"""Payment methods that are no cards: bank accounts (`us_bank_account`, `sepa_debit`) and `customer_balance`."""

import hashlib

from stripe_sandbox.debits import Debit, debit_of_number
from stripe_sandbox.http.errors import conflict, missing_parameter
from stripe_sandbox.http.params import Choice, Field, Params, Text, merge_metadata
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.details import full_billing_details
from stripe_sandbox.state.scope import Scope

TYPES = ("customer_balance", "sepa_debit", "us_bank_account")
DEBIT_DATA: dict[str, Field] = {
    "customer_balance": Params({}),
    "sepa_debit": Params({"iban": Text()}, required=("iban",)),
    "us_bank_account": Params(
        {
            "account_holder_type": Choice(("company", "individual")),
            "account_number": Text(),
            "account_type": Choice(("checking", "savings")),
            "routing_number": Text(),
        },
        required=("account_number", "routing_number"),
    ),
}
_NUMBERS = {"sepa_debit": "iban", "us_bank_account": "account_number"}
_FINGERPRINT_BYTES = 8
_BANK_CODE = slice(4, 12)


def debit_from_data(scope: Scope, data: JsonObject, param: str) -> JsonObject:
    """A new payment method from a bank account's details; a customer's balance has none.

    Raises:
        StripeError: 400, they are missing or are not those of a test account.
    """
    kind = data["type"]
    if kind == "customer_balance":
        return _add(scope, kind, {}, data)
    name = f"{param}[{kind}]" if param else kind
    if kind not in data:
        raise missing_parameter(name)
    number = data[kind][_NUMBERS[kind]]
    debit = debit_of_number(number)
    if debit is None or debit.kind != kind:
        raise conflict(
            f"The bank account {number[:4]}… is none of Stripe's test accounts, and the sandbox debits no other.",
            code="bank_account_unusable",
            param=f"{name}[{_NUMBERS[kind]}]",
        )
    return add_debit(scope, debit, data)


def add_debit(scope: Scope, debit: Debit, data: JsonObject) -> JsonObject:
    """Records a payment method for a test bank account."""
    method = _add(scope, debit.kind, _bank_account(debit, data.get(debit.kind, {})), data)
    scope.account.debits[method["id"]] = debit
    return method


def _add(scope: Scope, kind: str, details: JsonObject, data: JsonObject) -> JsonObject:
    method: JsonObject = {
        "id": scope.world.ids.new("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": full_billing_details(data.get("billing_details")),
        kind: details,
        "created": scope.now,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": merge_metadata({}, data.get("metadata")),
        "type": kind,
    }
    return scope.account.payment_methods.add(method)


def details_of_debit(method: JsonObject, charge_id: str) -> JsonObject:
    """The bank account as it was debited."""
    kind = method["type"]
    if kind == "customer_balance":
        return {kind: {}, "type": kind}
    hidden = ("financial_connections_account", "generated_from", "networks", "status_details")
    shown = {name: value for name, value in method[kind].items() if name not in hidden}
    if kind == "us_bank_account":
        shown["payment_reference"] = charge_id.removeprefix("py_")[:10].upper()
    return {kind: {**shown, "mandate": None}, "type": kind}


def _bank_account(debit: Debit, given: JsonObject) -> JsonObject:
    mark = hashlib.blake2b(debit.number.encode(), digest_size=_FINGERPRINT_BYTES).hexdigest()
    if debit.kind == "sepa_debit":
        return {
            "bank_code": debit.number[_BANK_CODE],
            "branch_code": "",
            "country": debit.number[:2],
            "fingerprint": mark,
            "generated_from": {"charge": None, "setup_attempt": None},
            "last4": debit.last4,
        }
    return {
        "account_holder_type": given.get("account_holder_type", "individual"),
        "account_type": given.get("account_type", "checking"),
        "bank_name": "STRIPE TEST BANK",
        "financial_connections_account": None,
        "fingerprint": mark,
        "last4": debit.last4,
        "networks": {"preferred": "ach", "supported": ["ach"]},
        "routing_number": given.get("routing_number", "110000000"),
        "status_details": {},
    }
