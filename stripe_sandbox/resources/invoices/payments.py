"""`/v1/invoice_payments`: which payment intent pays an invoice: https://docs.stripe.com/api/invoice-payment/object."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import conflict
from stripe_sandbox.http.listing import list_objects, list_params
from stripe_sandbox.http.params import Choice, Params, Text
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.lookup import named_in_path
from stripe_sandbox.resources.payment_intents.capture import CANCELLABLE, cancel
from stripe_sandbox.resources.payment_intents.shape import new_intent
from stripe_sandbox.state.account import AccountState
from stripe_sandbox.state.scope import Scope

_STATUSES = ("canceled", "open", "paid")


def open_payment(scope: Scope, invoice: JsonObject, method: JsonObject | None) -> JsonObject:
    """Makes the payment intent for what an invoice still needs, and the record that joins the two."""
    terms = scope.account.billing.terms.get(invoice["id"], {})
    intent = new_intent(
        scope,
        {
            **terms,
            "amount": invoice["amount_remaining"],
            "currency": invoice["currency"],
            "customer": invoice["customer"],
            "description": _description(invoice),
            "on_behalf_of": invoice["on_behalf_of"],
            "payment_method_types": ["card"],
            "receipt_email": invoice["customer_email"],
            "setup_future_usage": None if invoice["parent"] is None else "off_session",
        },
    )
    if method is not None:
        intent.update(payment_method=method["id"], status="requires_confirmation")
    scope.account.payment_intents.add(intent)
    scope.account.billing.invoice_payments.add(
        {
            "id": scope.world.ids.new("inpay"),
            "object": "invoice_payment",
            "amount_paid": None,
            "amount_requested": invoice["amount_remaining"],
            "created": scope.now,
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": True,
            "livemode": False,
            "payment": {"payment_intent": intent["id"], "type": "payment_intent"},
            "status": "open",
            "status_transitions": {"canceled_at": None, "paid_at": None},
        }
    )
    scope.emit("payment_intent.created", intent)
    return intent


def open_payment_of(account: AccountState, invoice: JsonObject) -> JsonObject | None:
    """The payment that an invoice waits for."""
    found = account.billing.invoice_payments.matching("invoice", invoice["id"])
    return next((payment for payment in found if payment["status"] == "open"), None)


def open_intent_of(account: AccountState, invoice: JsonObject) -> JsonObject | None:
    """The payment intent that an invoice waits for."""
    payment = open_payment_of(account, invoice)
    return None if payment is None else account.payment_intents.get(payment["payment"]["payment_intent"])


def close_payment(scope: Scope, payment: JsonObject, amount_paid: int) -> None:
    """The money has come."""
    payment.update(amount_paid=amount_paid, status="paid")
    payment["status_transitions"] = {**payment["status_transitions"], "paid_at": scope.now}
    scope.emit("invoice_payment.paid", payment)


def abandon_payment(scope: Scope, invoice: JsonObject) -> None:
    """No money is wanted any more: the payment intent is canceled."""
    payment, intent = open_payment_of(scope.account, invoice), open_intent_of(scope.account, invoice)
    if payment is None or intent is None:
        return
    scope.world.followers.leave(intent["id"])
    payment["status"] = "canceled"
    payment["status_transitions"] = {**payment["status_transitions"], "canceled_at": scope.now}
    if intent["status"] in CANCELLABLE:
        cancel(scope, intent, "void_invoice")


def check_not_processing(scope: Scope, invoice: JsonObject) -> None:
    """Checks that no bank is still to answer.

    Raises:
        StripeError: 400, the money may come yet.
    """
    if is_processing(scope.account, invoice):
        raise conflict("This invoice's payment is processing: wait for its outcome.")


def is_processing(account: AccountState, invoice: JsonObject) -> bool:
    """Whether a bank is still to answer."""
    intent = open_intent_of(account, invoice)
    return intent is not None and intent["status"] == "processing"


def payments_of(account: AccountState, invoice: JsonObject) -> JsonObject:
    """The payments of an invoice, newest first, as the list that an invoice shows when it is asked to."""
    newest_first = account.billing.invoice_payments.matching("invoice", invoice["id"])[::-1]
    url = f"/v1/invoice_payments?invoice={invoice['id']}"
    return {"object": "list", "data": newest_first, "has_more": False, "url": url}


def confirmation_secret_of(account: AccountState, invoice: JsonObject) -> JsonObject | None:
    """What a customer's browser needs to pay an invoice."""
    intent = open_intent_of(account, invoice)
    return None if intent is None else {"client_secret": intent["client_secret"], "type": "payment_intent"}


def _description(invoice: JsonObject) -> str:
    reason = invoice["billing_reason"]
    if reason == "manual":
        return f"Payment for Invoice {invoice['number']}"
    return "Subscription creation" if reason == "subscription_create" else "Subscription update"


def _retrieve(call: Call) -> JsonObject:
    return named_in_path(call, call.account.billing.invoice_payments, "invoice_payment")


def _list(call: Call) -> JsonObject:
    status, wanted = call.params.get("status"), call.params.get("payment", {}).get("payment_intent")

    def accepts(item: JsonObject) -> bool:
        return status in (None, item["status"]) and wanted in (None, item["payment"]["payment_intent"])

    return list_objects(call, "/v1/invoice_payments", call.account.billing.invoice_payments, ("invoice",), accepts)


ENDPOINTS = (
    Endpoint(
        "GET",
        "/v1/invoice_payments",
        _list,
        list_params(
            {
                "invoice": Text(),
                "payment": Params({"payment_intent": Text(), "type": Choice(("payment_intent",))}, required=("type",)),
                "status": Choice(_STATUSES),
            }
        ),
    ),
    Endpoint("GET", "/v1/invoice_payments/{id}", _retrieve),
)
