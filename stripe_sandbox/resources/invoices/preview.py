"""`/v1/invoices/create_preview`: what an invoice would be, without making one."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import invalid, missing_parameter
from stripe_sandbox.http.params import Choice, Integer, ListOf, Params, Text
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.invoices.items import item_from
from stripe_sandbox.resources.invoices.lines import line_of_item
from stripe_sandbox.resources.invoices.params import PREVIEW_ITEM
from stripe_sandbox.resources.invoices.shape import Occasion, new_invoice, put_lines
from stripe_sandbox.resources.lookup import named_by_parameter
from stripe_sandbox.resources.payment_intents.shape import check_currency
from stripe_sandbox.resources.subscriptions.billing import period_lines
from stripe_sandbox.resources.subscriptions.items import check_together, chosen_price, items_after, new_item
from stripe_sandbox.resources.subscriptions.params import PREVIEW_ITEMS
from stripe_sandbox.resources.subscriptions.periods import next_boundary
from stripe_sandbox.resources.subscriptions.proration import prorations
from stripe_sandbox.resources.subscriptions.shape import new_subscription, put_items, put_period, recurring_of
from stripe_sandbox.resources.subscriptions.upcoming import upcoming_invoice

_CREATE = Params(
    {
        "currency": Text(3),
        "customer": Text(),
        "invoice_items": ListOf(PREVIEW_ITEM),
        "subscription": Text(),
        "subscription_details": Params(
            {
                "items": PREVIEW_ITEMS,
                "proration_behavior": Choice(("always_invoice", "create_prorations", "none")),
                "proration_date": Integer(0),
            }
        ),
    }
)


def _preview(call: Call) -> JsonObject:
    params = call.params
    invoice = _of_subscription(call) if "subscription" in params else _of_customer(call)
    identifier = f"upcoming_{invoice['id']}"
    invoice.update(id=identifier, status="draft")
    invoice["lines"]["url"] = f"/v1/invoices/{identifier}/lines"
    for line in invoice["lines"]["data"]:
        line["invoice"] = identifier
    return invoice


def _of_subscription(call: Call) -> JsonObject:
    """The next invoice of a subscription, with the changes that are asked about."""
    params = call.params
    subscription = named_by_parameter(call.account.billing.subscriptions, params["subscription"], "subscription")
    customer = named_by_parameter(call.account.customers, subscription["customer"], "customer")
    if subscription["ended_at"] is not None:
        raise invalid("This subscription has ended: it has no upcoming invoice.", code="invoice_upcoming_none")
    details = params.get("subscription_details", {})
    after = dict(subscription)
    further = _item_lines(call, customer)
    if "items" in details:
        items = items_after(call, subscription, details["items"])
        behavior = details.get("proration_behavior", "create_prorations")
        if behavior != "none" and subscription["status"] != "trialing":
            made = prorations(call, subscription, items, details.get("proration_date", call.now))
            further = [*(line_of_item(call, item) for item in made), *further]
        put_items(after, items)
    return upcoming_invoice(call, after, further)


def _of_customer(call: Call) -> JsonObject:
    """The first invoice of a subscription that is not there yet, or one with items alone."""
    params = call.params
    if "customer" not in params:
        raise missing_parameter("customer")
    customer = named_by_parameter(call.account.customers, params["customer"], "customer")
    wanted = params.get("subscription_details", {}).get("items", [])
    lines = _item_lines(call, customer)
    if not wanted and not lines:
        raise invalid("No upcoming invoices for customer: " + customer["id"], code="invoice_upcoming_none")
    subscription = None
    if wanted:
        prices = [chosen_price(call, item, f"subscription_details[items][{at}]") for at, item in enumerate(wanted)]
        subscription = new_subscription(call, prices[0]["currency"], {"customer": customer["id"]})
        items = [new_item(call, subscription["id"], price, item) for price, item in zip(prices, wanted, strict=True)]
        check_together(items)
        put_items(subscription, items)
        put_period(subscription, call.now, next_boundary(call.now, recurring_of(subscription), call.now))
        lines = [*lines, *period_lines(call, subscription)]
    currency = check_currency(str(lines[0]["currency"]))
    if {line["currency"] for line in lines} != {currency}:
        raise invalid("All items of an invoice must be in the same currency.", param="invoice_items")
    occasion = Occasion("upcoming", {"end": call.now, "start": call.now}, subscription)
    invoice = new_invoice(call, customer, currency, occasion, {})
    put_lines(invoice, lines, customer["balance"])
    return invoice


def _item_lines(call: Call, customer: JsonObject) -> list[JsonObject]:
    items = [item_from(call, customer, given) for given in call.params.get("invoice_items", [])]
    return [line_of_item(call, item) for item in items]


ENDPOINTS = (Endpoint("POST", "/v1/invoices/create_preview", _preview, _CREATE),)
