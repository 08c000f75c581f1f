"""Beginning a subscription: its items, its trial or its first period, its first invoice."""

from stripe_sandbox.cards import AUTHENTICATION_REQUIRED, Authentication
from stripe_sandbox.http.errors import StripeError, conflict, invalid
from stripe_sandbox.http.params import merge_metadata
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.accounts.standing import check_settlement_merchant, receiving_account
from stripe_sandbox.resources.invoices.items import new_item as new_invoice_item
from stripe_sandbox.resources.invoices.items import record_item
from stripe_sandbox.resources.invoices.lines import pricing_of, product_name
from stripe_sandbox.resources.invoices.paying import default_method
from stripe_sandbox.resources.invoices.shape import parent_of
from stripe_sandbox.resources.lookup import named_by_parameter
from stripe_sandbox.resources.payment_methods import attached_to
from stripe_sandbox.resources.subscriptions.billing import Collection, bill, period_lines
from stripe_sandbox.resources.subscriptions.cycle import begin_trial, cancel_at, watch
from stripe_sandbox.resources.subscriptions.ending import INCOMPLETE_FOR_S, expire_incomplete
from stripe_sandbox.resources.subscriptions.items import check_together, chosen_price, new_item
from stripe_sandbox.resources.subscriptions.periods import next_boundary
from stripe_sandbox.resources.subscriptions.shape import (
    items_of,
    new_subscription,
    put_items,
    put_period,
    recurring_of,
)
from stripe_sandbox.state.scope import Scope

_DAY_S = 86_400


def begin(scope: Scope, params: JsonObject) -> JsonObject:
    """Records a subscription and bills its first period.

    Raises:
        StripeError: 400, what the parameters name is not there or does not go together; 402, with
            `payment_behavior=error_if_incomplete`, the first invoice would not be paid.
    """
    customer = named_by_parameter(scope.account.customers, params["customer"], "customer")
    check_terms(scope, params, customer["id"], params.get("collection_method", "charge_automatically"))
    subscription = _with_items(scope, params)
    extras = _extras(scope, params, subscription["currency"])
    trial_end = _trial_end(scope, params)
    if trial_end is None:
        put_period(subscription, scope.now, next_boundary(scope.now, recurring_of(subscription), scope.now))
    behavior = params.get("payment_behavior", "allow_incomplete")
    if behavior == "pending_if_incomplete":
        raise invalid("`payment_behavior=pending_if_incomplete` is for updates only.", param="payment_behavior")
    amount = sum(price["unit_amount"] * quantity for price, quantity, _ in extras)
    if trial_end is None:
        amount += sum(item["price"]["unit_amount"] * item["quantity"] for item in items_of(subscription))
    check_chargeable(scope, subscription, amount, behavior)
    scope.account.billing.subscriptions.add(subscription)
    _add_extras(scope, subscription, customer, extras)
    if trial_end is not None:
        begin_trial(scope, subscription, trial_end)
    elif subscription["collection_method"] == "send_invoice":
        subscription["status"] = "active"
    scope.emit("customer.subscription.created", subscription)
    collection: Collection = "by_the_customer" if behavior == "default_incomplete" else "at_once"
    if subscription["collection_method"] == "send_invoice":
        collection = "in_an_hour"
    lines = period_lines(scope, subscription, free=trial_end is not None)
    bill(scope, subscription, "subscription_create", lines, collection)
    watch(scope, subscription)
    if subscription["status"] == "incomplete":
        later = scope.by_itself
        scope.world.scheduler.at(scope.now + INCOMPLETE_FOR_S, lambda: expire_incomplete(later, subscription))
    if subscription["cancel_at"] is not None:
        cancel_at(scope, subscription, subscription["cancel_at"])
    return subscription


def check_terms(scope: Scope, params: JsonObject, customer: str, method: str) -> None:
    """Checks what the parameters name, and what goes together.

    Raises:
        StripeError: 400, with what is in the way.
    """
    if params.get("default_payment_method") is not None:
        attached_to(scope, params["default_payment_method"], customer, "default_payment_method")
    if params.get("on_behalf_of") is not None:
        check_settlement_merchant(scope, params["on_behalf_of"])
    if params.get("transfer_data") is not None:
        receiving_account(scope, params["transfer_data"]["destination"], "transfer_data[destination]")
        if "application_fee_percent" in params and "amount_percent" in params["transfer_data"]:
            message = "You may only specify one of application_fee_percent and transfer_data[amount_percent]."
            raise invalid(message, param="application_fee_percent", code="parameters_exclusive")
    if "days_until_due" in params and method != "send_invoice":
        message = "You can only specify days_until_due if subscription.collection_method is 'send_invoice'."
        raise invalid(message, param="days_until_due")
    if params.get("cancel_at") is not None and params["cancel_at"] <= scope.now:
        raise invalid("cancel_at must be in the future.", param="cancel_at")


def check_chargeable(scope: Scope, subscription: JsonObject, amount: int, behavior: str) -> None:
    """Checks that an invoice of `amount` can be charged, as far as the caller insists on it.

    Raises:
        StripeError: 400, there is nothing to charge it to; 402, it would be declined.
    """
    automatic = subscription["collection_method"] == "charge_automatically"
    if not automatic or amount == 0 or behavior == "default_incomplete":
        return
    stand_in = {
        "customer": subscription["customer"],
        "default_payment_method": subscription["default_payment_method"],
        "parent": parent_of(subscription),
    }
    method = default_method(scope, stand_in)
    if method is None:
        raise conflict(
            "This customer has no attached payment source or default payment method. Please consider adding a "
            "default payment method. For more information, visit "
            "https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority.",
            code="resource_missing",
        )
    card = scope.account.cards.get(method["id"])
    if behavior != "error_if_incomplete" or card is None:
        return
    decline = AUTHENTICATION_REQUIRED if card.authentication is Authentication.ALWAYS else card.decline
    if decline is not None:
        extra = {"decline_code": decline.decline_code} if decline.decline_code else {}
        raise StripeError(402, "card_error", decline.message, code=decline.code, extra=extra)


def _with_items(scope: Scope, params: JsonObject) -> JsonObject:
    prices = [chosen_price(scope, item, f"items[{at}]") for at, item in enumerate(params["items"])]
    if not prices:
        raise invalid("A subscription must have at least one active plan.", param="items")
    currency = prices[0]["currency"]
    if str(params.get("currency", currency)).lower() != currency:
        raise invalid(f"The price specified only supports `{currency}`.", param="currency")
    subscription = new_subscription(
        scope, currency, {**params, "metadata": merge_metadata({}, params.get("metadata", {}))}
    )
    items = [
        new_item(scope, subscription["id"], price, item) for price, item in zip(prices, params["items"], strict=True)
    ]
    check_together(items)
    put_items(subscription, items)
    return subscription


def _trial_end(scope: Scope, params: JsonObject) -> int | None:
    if "trial_end" in params and "trial_period_days" in params:
        message = "You may only specify one of these parameters: trial_end, trial_period_days."
        raise invalid(message, param="trial_end")
    if params.get("trial_period_days"):
        return scope.now + int(params["trial_period_days"]) * _DAY_S
    moment = params.get("trial_end", "now")
    if moment == "now":
        return None
    if moment <= scope.now:
        raise invalid("Invalid timestamp: must be an integer Unix timestamp in the future.", param="trial_end")
    return int(moment)


def _extras(scope: Scope, params: JsonObject, currency: str) -> list[tuple[JsonObject, int, JsonObject]]:
    """What the first invoice bills once: price, quantity and the parameters."""
    extras: list[tuple[JsonObject, int, JsonObject]] = []
    for at, given in enumerate(params.get("add_invoice_items", [])):
        price = chosen_price(scope, given, f"add_invoice_items[{at}]", recurring=False)
        if price["currency"] != currency:
            raise invalid(f"The price specified only supports `{price['currency']}`.", param="add_invoice_items")
        extras.append((price, given.get("quantity", 1), given))
    return extras


def _add_extras(
    scope: Scope, subscription: JsonObject, customer: JsonObject, extras: list[tuple[JsonObject, int, JsonObject]]
) -> None:
    for price, quantity, given in extras:
        item = new_invoice_item(
            scope,
            customer,
            amount=price["unit_amount"] * quantity,
            currency=price["currency"],
            description=product_name(scope, price),
            metadata=merge_metadata({}, given.get("metadata", {})),
            pricing=pricing_of(price),
            quantity=quantity,
            subscription=subscription["id"],
        )
        record_item(scope, item)
