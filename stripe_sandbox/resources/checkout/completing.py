"""The customer fills in the payment page: the payment, subscription or setup is made, and the session completes.

Source: https://docs.stripe.com/payments/checkout/how-checkout-works and
https://docs.stripe.com/checkout/fulfillment#delayed-notification.
"""

from stripe_sandbox.cards import Authentication
from stripe_sandbox.http.errors import StripeError, conflict
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.customers.shape import blank_customer
from stripe_sandbox.resources.invoices.payments import open_intent_of
from stripe_sandbox.resources.payment_intents.confirmation import Confirmation, check_confirmable, confirm
from stripe_sandbox.resources.payment_intents.shape import new_intent
from stripe_sandbox.resources.payment_methods import attach
from stripe_sandbox.resources.setup_intents.confirmation import Confirmation as SetupConfirmation
from stripe_sandbox.resources.setup_intents.confirmation import confirm as confirm_setup
from stripe_sandbox.resources.subscriptions.making import begin
from stripe_sandbox.state.event_log import Cause
from stripe_sandbox.state.scope import Scope


def complete(scope: Scope, session: JsonObject, method: JsonObject, base_url: str) -> None:
    """Pays with `method`, as the customer on the page would.

    Raises:
        StripeError: 400, the session is not open or does not take such a method; 402, the card was declined, and the
            session stays open.
    """
    if session["status"] != "open":
        raise conflict(f"This Session is {session['status']}: it can no longer be paid.")
    if method["type"] not in session["payment_method_types"]:
        allowed = ", ".join(session["payment_method_types"])
        raise conflict(f"This Session does not take {method['type']}. It takes: {allowed}.", param="payment_method")
    if session["mode"] == "subscription":
        _check_card(scope, method)
    create = session["mode"] == "subscription" or session["customer_creation"] == "always"
    _put_details(scope, session, method, create=create)
    if session["mode"] == "payment":
        _pay(scope, session, method, base_url)
    elif session["mode"] == "subscription":
        _subscribe(scope, session, method, base_url)
    else:
        _set_up(scope, session, method, base_url)


def _check_card(scope: Scope, method: JsonObject) -> None:
    """Checks the card before anything is made for it.

    Raises:
        StripeError: 402, it would be declined.
    """
    card = scope.account.cards.get(method["id"])
    if card is None or card.decline is None or card.authentication is Authentication.ALWAYS:
        return
    extra = {"decline_code": card.decline.decline_code} if card.decline.decline_code else {}
    raise StripeError(402, "card_error", card.decline.message, code=card.decline.code, extra=extra)


def expire(scope: Scope, session: JsonObject) -> None:
    """Nobody has paid in time, or the platform has had enough."""
    if session["status"] == "open":
        session.update(status="expired", url=None)
        scope.account.checkout_sessions.reindex(session)
        scope.emit("checkout.session.expired", session)


def return_url_of(session: JsonObject) -> str | None:
    """Where the customer's browser goes afterwards."""
    url = session["success_url"] or session["return_url"]
    return url and str(url).replace("{CHECKOUT_SESSION_ID}", session["id"])


def _put_details(scope: Scope, session: JsonObject, method: JsonObject, *, create: bool) -> None:
    """What the page has learnt about the customer; without one, a customer is made if the session needs it."""
    given = method["billing_details"]
    known = scope.account.customers.get(session["customer"] or "") or {}
    email = session["customer_email"] or known.get("email") or given["email"]
    if create and session["customer"] is None:
        customer = {**blank_customer(scope), "email": email, "name": given["name"], "phone": given["phone"]}
        scope.account.customers.add(customer)
        scope.emit("customer.created", customer)
        session["customer"] = customer["id"]
        scope.account.checkout_sessions.reindex(session)
    session["customer_details"] = {
        "address": given["address"],
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": given["name"] or known.get("name"),
        "phone": given["phone"] or known.get("phone"),
        "tax_exempt": "none",
        "tax_ids": [],
    }


def _pay(scope: Scope, session: JsonObject, method: JsonObject, base_url: str) -> None:
    intent = scope.account.payment_intents.get(session["payment_intent"] or "")
    if intent is None:
        intent = new_intent(
            scope,
            {
                **scope.account.checkout_orders[session["id"]],
                "amount": session["amount_total"],
                "currency": session["currency"],
                "customer": session["customer"],
                "payment_method_types": session["payment_method_types"],
            },
        )
        how = Confirmation(base_url, return_url=return_url_of(session))
        check_confirmable(intent, method, how)
        scope.account.payment_intents.add(intent)
        session["payment_intent"] = intent["id"]
        scope.account.checkout_sessions.reindex(session)
        scope.emit("payment_intent.created", intent)
        _follow(scope, session, intent["id"], "payment_intent")
    confirm(scope, intent, method, Confirmation(base_url, return_url=return_url_of(session)))


def _subscribe(scope: Scope, session: JsonObject, method: JsonObject, base_url: str) -> None:
    attach(scope, method, session["customer"])
    order = scope.account.checkout_orders[session["id"]]
    subscription = begin(
        scope,
        {
            **order,
            "customer": session["customer"],
            "default_payment_method": method["id"],
            "payment_behavior": "default_incomplete",
        },
    )
    session.update(invoice=subscription["latest_invoice"], subscription=subscription["id"])
    scope.account.checkout_sessions.reindex(session)
    invoice = scope.account.billing.invoices.get(subscription["latest_invoice"]) or {}
    intent = open_intent_of(scope.account, invoice)
    if intent is None:
        _completed(scope, session, "paid" if invoice["total"] else "no_payment_required")
        return
    _follow(scope, session, invoice["id"], "invoice")
    _follow(scope, session, intent["id"], "payment_intent")
    confirm(scope, intent, method, Confirmation(base_url, return_url=return_url_of(session)))


def _set_up(scope: Scope, session: JsonObject, method: JsonObject, base_url: str) -> None:
    intent = scope.account.setup_intents.get(session["setup_intent"] or "")
    if intent is None:
        raise conflict("This Session has no setup.")
    world, account = scope.world, scope.account
    world.followers.leave(intent["id"])

    def happened(kind: str, cause: Cause) -> None:
        if kind == "setup_intent.succeeded" and session["status"] == "open":
            _completed(Scope(world, account, cause), session, "no_payment_required")

    world.followers.follow(intent["id"], happened)
    confirm_setup(scope, intent, method, SetupConfirmation(base_url, return_url=return_url_of(session)))


def _follow(scope: Scope, session: JsonObject, identifier: str, kind: str) -> None:
    """From now on the session does what becomes of its payment."""
    world, account = scope.world, scope.account
    told_failed = False
    paid = {"payment_intent": "payment_intent.succeeded", "invoice": "invoice.paid"}[kind]

    def happened(what: str, cause: Cause) -> None:
        nonlocal told_failed
        here = Scope(world, account, cause)
        if what == paid:
            _paid(here, session)
        elif what in ("payment_intent.processing", "payment_intent.amount_capturable_updated"):
            _completed(here, session, "unpaid")
        elif what == "payment_intent.payment_failed" and session["status"] == "complete" and not told_failed:
            told_failed = True
            here.emit("checkout.session.async_payment_failed", session)

    world.followers.follow(identifier, happened)


def _paid(scope: Scope, session: JsonObject) -> None:
    """The money has come: at once, or days after the page was filled in."""
    if session["status"] == "open":
        _completed(scope, session, "paid")
    elif session["payment_status"] == "unpaid":
        session["payment_status"] = "paid"
        scope.emit("checkout.session.async_payment_succeeded", session)


def _completed(scope: Scope, session: JsonObject, payment_status: str) -> None:
    if session["status"] == "open":
        session.update(payment_status=payment_status, status="complete", url=None)
        scope.account.checkout_sessions.reindex(session)
        scope.emit("checkout.session.completed", session)
