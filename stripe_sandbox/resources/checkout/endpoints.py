"""The endpoints of `/v1/checkout/sessions`, and of the page that Stripe's own program for customers talks to."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import conflict, invalid, missing_parameter
from stripe_sandbox.http.listing import list_objects, list_params
from stripe_sandbox.http.params import Choice, Text, merge_metadata
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.checkout.completing import complete, expire
from stripe_sandbox.resources.checkout.lines import lines_from, list_of_lines
from stripe_sandbox.resources.checkout.params import CONFIRM, CREATE, UPDATE
from stripe_sandbox.resources.checkout.shape import new_session
from stripe_sandbox.resources.lookup import named_by_parameter, named_in_path
from stripe_sandbox.resources.payment_intents.marketplace import check_terms
from stripe_sandbox.resources.payment_intents.shape import check_amount, new_intent
from stripe_sandbox.resources.payment_methods import resolve
from stripe_sandbox.resources.setup_intents.shape import new_setup
from stripe_sandbox.resources.subscriptions.making import check_terms as check_subscription
from stripe_sandbox.state.objects import objects_of

_HALF_AN_HOUR_S, _DAY_S = 1_800, 86_400
_DATA = {"payment": "payment_intent_data", "setup": "setup_intent_data", "subscription": "subscription_data"}


def _create(call: Call) -> JsonObject:
    params, mode = call.params, call.params["mode"]
    _check(call)
    lines = [] if mode == "setup" else lines_from(call, params.get("line_items", []), mode)
    expires_at = params.get("expires_at", call.now + _DAY_S)
    session = new_session(call, params, lines, call.base_url, expires_at)
    order = dict(params.get(_DATA[mode], {}))
    if mode == "payment":
        check_amount(session["amount_total"], session["currency"])
        check_terms(
            call, new_intent(call, {**order, "amount": session["amount_total"], "currency": session["currency"]})
        )
    elif mode == "subscription":
        check_subscription(call, order, session["customer"] or "", "charge_automatically")
        items = [
            {"price": line["price"]["id"], "quantity": line["quantity"]} for line in lines if line["price"]["recurring"]
        ]
        extras = [
            {"price": line["price"]["id"], "quantity": line["quantity"]}
            for line in lines
            if not line["price"]["recurring"]
        ]
        order |= {"items": items, "add_invoice_items": extras}
    else:
        setup = new_setup(
            call,
            {**order, "customer": session["customer"], "payment_method_types": session["payment_method_types"]},
        )
        call.account.setup_intents.add(setup)
        call.emit("setup_intent.created", setup)
        session["setup_intent"] = setup["id"]
    call.account.checkout_sessions.add(session)
    call.account.checkout_lines[session["id"]] = lines
    call.account.checkout_orders[session["id"]] = order
    later = call.by_itself
    call.world.scheduler.at(expires_at, lambda: expire(later, session))
    return session


def _check(call: Call) -> None:
    """Checks what does not depend on prices.

    Raises:
        StripeError: 400, a parameter does not go with the mode or with where the page is shown.
    """
    params, mode = call.params, call.params["mode"]
    for other, name in _DATA.items():
        if name in params and other != mode:
            raise invalid(f"You can not pass `{name}` in `{mode}` mode.", param=name)
    if mode == "setup" and "line_items" in params:
        raise invalid("You can not pass `line_items` in `setup` mode.", param="line_items")
    hosted = params.get("ui_mode", "hosted_page") == "hosted_page"
    if hosted and "success_url" not in params:
        raise missing_parameter("success_url")
    if not hosted and params.keys() & {"cancel_url", "success_url"}:
        raise invalid("`success_url` and `cancel_url` are for `ui_mode=hosted_page` only.", param="success_url")
    if "customer" in params:
        named_by_parameter(call.account.customers, params["customer"], "customer")
        if "customer_email" in params:
            message = "You may only specify one of these parameters: customer, customer_email."
            raise invalid(message, param="customer_email")
    if not call.now + _HALF_AN_HOUR_S <= params.get("expires_at", call.now + _DAY_S) <= call.now + _DAY_S:
        message = "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation."
        raise invalid(message, param="expires_at")


def _retrieve(call: Call) -> JsonObject:
    return named_in_path(call, call.account.checkout_sessions, "session")


def _update(call: Call) -> JsonObject:
    session = _retrieve(call)
    session["metadata"] = merge_metadata(session["metadata"], call.params.get("metadata", {}))
    return session


def _expire(call: Call) -> JsonObject:
    session = _retrieve(call)
    if session["status"] != "open":
        raise conflict(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
            f"{session['status']}."
        )
    expire(call, session)
    return session


def _line_items(call: Call) -> JsonObject:
    session = _retrieve(call)
    shown = list_of_lines(call.account, session)
    lines = objects_of("item")
    for line in reversed(shown["data"]):
        lines.add(line)
    return list_objects(call, shown["url"], lines)


def _list(call: Call) -> JsonObject:
    filters = ("customer", "payment_intent", "status", "subscription")
    return list_objects(call, "/v1/checkout/sessions", call.account.checkout_sessions, filters)


def _confirm(call: Call) -> JsonObject:
    """The page sends what the customer has filled in."""
    session, params = _retrieve(call), call.params
    if params.get("expected_amount", session["amount_total"]) != session["amount_total"]:
        raise conflict("The amount has changed since the page was shown.", code="checkout_amount_mismatch")
    complete(call, session, resolve(call, params["payment_method"], "payment_method"), call.base_url)
    return session


ENDPOINTS = (
    Endpoint("POST", "/v1/checkout/sessions", _create, CREATE),
    Endpoint(
        "GET",
        "/v1/checkout/sessions",
        _list,
        list_params(
            {
                "customer": Text(),
                "payment_intent": Text(),
                "status": Choice(("complete", "expired", "open")),
                "subscription": Text(),
            }
        ),
    ),
    Endpoint("GET", "/v1/checkout/sessions/{id}", _retrieve),
    Endpoint("POST", "/v1/checkout/sessions/{id}", _update, UPDATE),
    Endpoint("POST", "/v1/checkout/sessions/{id}/expire", _expire),
    Endpoint("GET", "/v1/checkout/sessions/{id}/line_items", _line_items, list_params(created=False)),
    Endpoint("GET", "/v1/payment_pages/{id}", _retrieve),
    Endpoint("POST", "/v1/payment_pages/{id}/confirm", _confirm, CONFIRM),
)
