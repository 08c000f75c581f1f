"""`/v1/invoiceitems`: what will be on a customer's next invoice, or is on a draft."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import StripeError, conflict, invalid, missing_parameter
from stripe_sandbox.http.listing import list_objects, list_params
from stripe_sandbox.http.params import Boolean, Params, Text, merge_metadata
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.invoices.drafting import refill
from stripe_sandbox.resources.invoices.lines import pricing_of, product_name
from stripe_sandbox.resources.invoices.params import ITEM_CREATE, ITEM_UPDATE
from stripe_sandbox.resources.lookup import living_in_path, named_by_parameter
from stripe_sandbox.resources.payment_intents.shape import check_currency
from stripe_sandbox.resources.prices.making import add_price
from stripe_sandbox.resources.prices.naming import active_product
from stripe_sandbox.state.scope import Scope


def new_item(
    scope: Scope,
    customer: JsonObject,
    *,
    amount: int,
    currency: str,
    description: str | None = None,
    metadata: JsonObject | None = None,
    period: JsonObject | None = None,
    pricing: JsonObject | None = None,
    proration: bool = False,
    quantity: int = 1,
    subscription: str | None = None,
    subscription_item: str | None = None,
) -> JsonObject:
    """An invoice item, not yet recorded."""
    parent: JsonObject | None = None
    if subscription is not None:
        details = {"subscription": subscription, "subscription_item": subscription_item}
        parent = {"subscription_details": details, "type": "subscription_details"}
    return {
        "id": scope.world.ids.new("ii"),
        "object": "invoiceitem",
        "amount": amount,
        "currency": currency,
        "customer": customer["id"],
        "customer_account": None,
        "date": scope.now,
        "description": description,
        "discountable": not proration,
        "discounts": [],
        "invoice": None,
        "livemode": False,
        "metadata": metadata or {},
        "net_amount": amount,
        "parent": parent,
        "period": period or {"end": scope.now, "start": scope.now},
        "pricing": pricing or {"price_details": None, "type": "price_details", "unit_amount_decimal": str(amount)},
        "proration": proration,
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "tax_rates": [],
        "test_clock": None,
    }


def record_item(scope: Scope, item: JsonObject) -> JsonObject:
    """Records an item and tells of it."""
    scope.account.billing.invoice_items.add(item)
    scope.emit("invoiceitem.created", item)
    return item


def item_from(scope: Scope, customer: JsonObject, params: JsonObject) -> JsonObject:
    """An invoice item as the parameters describe it, not yet recorded.

    Raises:
        StripeError: 400, it has no amount, or more than one way to come to one.
    """
    price = _price(scope, params)
    quantity = params.get("quantity", 1)
    if ("amount" in params) == (price is not None):
        if price is not None:
            raise invalid("You may only specify one of these parameters: amount, pricing.", param="amount")
        raise missing_parameter("amount")
    if price is not None:
        amount, currency = price["unit_amount"] * quantity, price["currency"]
    else:
        amount, currency = params["amount"], check_currency(_currency(params))
    metadata = merge_metadata({}, params.get("metadata", {}))
    return new_item(
        scope,
        customer,
        amount=amount,
        currency=currency,
        description=params.get("description") or (None if price is None else product_name(scope, price)),
        metadata=metadata,
        period=params.get("period"),
        pricing=price and pricing_of(price),
        quantity=quantity if price is not None else 1,
        subscription=params.get("subscription"),
    )


def _currency(params: JsonObject) -> str:
    if "currency" not in params:
        raise missing_parameter("currency")
    return str(params["currency"])


def _price(scope: Scope, params: JsonObject) -> JsonObject | None:
    if "pricing" in params:
        price = named_by_parameter(scope.account.billing.prices, params["pricing"]["price"], "pricing[price]")
        if price["recurring"]:
            raise invalid(
                "The price specified is set to `type=recurring` but this field only accepts prices with "
                "`type=one_time`.",
                param="pricing[price]",
            )
        return price
    if "price_data" in params:
        data = params["price_data"]
        if "product" not in data:
            raise missing_parameter("price_data[product]")
        if "recurring" in data:
            raise invalid("The price of an invoice item cannot be recurring.", param="price_data[recurring]")
        product = active_product(scope, data["product"], "price_data[product]")
        return add_price(scope, product, {**data, "active": False}, param="price_data")
    return None


def _create(call: Call) -> JsonObject:
    params, billing = call.params, call.account.billing
    customer = named_by_parameter(call.account.customers, params["customer"], "customer")
    invoice = None
    if "invoice" in params:
        invoice = named_by_parameter(billing.invoices, params["invoice"], "invoice")
        _check_draft(invoice)
    if "subscription" in params:
        named_by_parameter(billing.subscriptions, params["subscription"], "subscription")
    item = item_from(call, customer, params)
    if invoice is not None:
        if item["currency"] != invoice["currency"] or item["customer"] != invoice["customer"]:
            raise invalid("The invoice item must have the customer and the currency of the invoice.", param="invoice")
        item["invoice"] = invoice["id"]
    record_item(call, item)
    if invoice is not None:
        refill(call, invoice)
    return item


def _retrieve(call: Call) -> JsonObject:
    return living_in_path(call, call.account.billing.invoice_items)


def _update(call: Call) -> JsonObject:
    item, params = _changeable(call), call.params
    if params.keys() & {"amount", "price_data", "pricing", "quantity"}:
        customer = named_by_parameter(call.account.customers, item["customer"], "customer")
        sums = item_from(call, customer, {"currency": item["currency"], **params})
        if sums["currency"] != item["currency"]:
            raise invalid("The currency of an invoice item cannot be changed.", param="pricing")
        names = ("amount", "net_amount", "pricing", "quantity", "quantity_decimal")
        item.update({name: sums[name] for name in names})
    item.update({name: params[name] for name in ("description", "discountable", "period") if name in params})
    if "metadata" in params:
        item["metadata"] = merge_metadata(item["metadata"], params["metadata"])
    _refill_invoice(call, item["invoice"])
    return item


def _delete(call: Call) -> JsonObject:
    item = _changeable(call)
    call.emit("invoiceitem.deleted", item)
    identifier, invoice = item["id"], item["invoice"]
    item.clear()
    item.update(id=identifier, object="invoiceitem", deleted=True)
    call.account.billing.invoice_items.reindex(item)
    _refill_invoice(call, invoice)
    return item


def _refill_invoice(scope: Scope, identifier: str | None) -> None:
    invoice = scope.account.billing.invoices.get(identifier or "")
    if invoice is not None:
        refill(scope, invoice)


def _changeable(call: Call) -> JsonObject:
    item = living_in_path(call, call.account.billing.invoice_items)
    invoice = call.account.billing.invoices.get(item["invoice"] or "")
    if invoice is not None:
        _check_draft(invoice)
    return item


def _check_draft(invoice: JsonObject) -> None:
    if invoice["status"] != "draft":
        raise _not_editable()


def _not_editable() -> StripeError:
    return conflict("This invoice is no longer editable", code="invoice_not_editable")


def _list(call: Call) -> JsonObject:
    pending = call.params.get("pending")

    def accepts(item: JsonObject) -> bool:
        return "deleted" not in item and pending in (None, item["invoice"] is None)

    return list_objects(call, "/v1/invoiceitems", call.account.billing.invoice_items, ("customer", "invoice"), accepts)


ENDPOINTS = (
    Endpoint("POST", "/v1/invoiceitems", _create, ITEM_CREATE),
    Endpoint(
        "GET",
        "/v1/invoiceitems",
        _list,
        list_params({"customer": Text(), "invoice": Text(), "pending": Boolean()}),
    ),
    Endpoint("GET", "/v1/invoiceitems/{id}", _retrieve),
    Endpoint("POST", "/v1/invoiceitems/{id}", _update, ITEM_UPDATE),
    Endpoint("DELETE", "/v1/invoiceitems/{id}", _delete, Params()),
)
