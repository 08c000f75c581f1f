"""`/v1/test_helpers/customers/{id}/fund_cash_balance`: a bank transfer comes, as Stripe's own test helper has it.

https://docs.stripe.com/payments/bank-transfers/test. It pays the oldest payments that wait for a transfer; the sandbox
keeps no cash balance beside them.
"""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import conflict
from stripe_sandbox.http.params import Integer, Params, Text
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.lookup import living_in_path
from stripe_sandbox.resources.payment_intents.bank_transfers import ACTION, awaits_transfer, receive


def _fund(call: Call) -> JsonObject:
    customer = living_in_path(call, call.account.customers, "customer")
    amount, currency = call.params["amount"], call.params["currency"].lower()
    waiting = [
        intent
        for intent in call.account.payment_intents.matching("customer", customer["id"])
        if intent["currency"] == currency and awaits_transfer(intent)
    ]
    due = [(intent, int(intent["next_action"][ACTION]["amount_remaining"])) for intent in waiting]
    if amount > sum(left for _, left in due):
        raise conflict(
            f"The payments of {customer['id']} that wait for a transfer need less than {amount} {currency}, and the "
            "sandbox keeps no cash balance beside them.",
            param="amount",
        )
    rest = amount
    for intent, left in due:
        if rest:
            receive(call, intent, min(rest, left))
            rest -= min(rest, left)
    return {
        "id": call.world.ids.new("ccsbtxn"),
        "object": "customer_cash_balance_transaction",
        "created": call.now,
        "currency": currency,
        "customer": customer["id"],
        "customer_account": None,
        "ending_balance": amount,
        "funded": {"bank_transfer": {"reference": call.params.get("reference")}},
        "livemode": False,
        "net_amount": amount,
        "type": "funded",
    }


ENDPOINTS = (
    Endpoint(
        "POST",
        "/v1/test_helpers/customers/{id}/fund_cash_balance",
        _fund,
        Params({"amount": Integer(1), "currency": Text(3), "reference": Text()}, required=("amount", "currency")),
    ),
)
