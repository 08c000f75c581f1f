"""What a call that opens a checkout session may carry: https://docs.stripe.com/api/checkout/sessions/create."""

from stripe_sandbox.http.params import Choice, Field, Integer, ListOf, Metadata, Params, Text
from stripe_sandbox.resources.debit_methods import TYPES
from stripe_sandbox.resources.details import SHIPPING
from stripe_sandbox.resources.payment_intents import marketplace
from stripe_sandbox.resources.payment_intents.shape import CAPTURE_METHODS
from stripe_sandbox.resources.prices.making import PRICE_DATA
from stripe_sandbox.resources.subscriptions.params import CREATE as SUBSCRIPTION

MODES = ("payment", "setup", "subscription")
UI_MODES = ("elements", "embedded_page", "hosted_page")
_OF_SUBSCRIPTIONS = (
    "application_fee_percent",
    "description",
    "metadata",
    "on_behalf_of",
    "transfer_data",
    "trial_end",
    "trial_period_days",
    "trial_settings",
)
_PRODUCT_DATA = Params(
    {"description": Text(), "images": ListOf(Text()), "metadata": Metadata(), "name": Text()}, required=("name",)
)
_LINE = Params(
    {
        "price": Text(),
        "price_data": PRICE_DATA.extended({"product": Text(), "product_data": _PRODUCT_DATA}),
        "quantity": Integer(1),
    }
)
_DESCRIPTIVE: dict[str, Field] = {"description": Text(1_000), "metadata": Metadata()}
PAYMENT_DATA = Params(
    {
        **_DESCRIPTIVE,
        **marketplace.CREATE,
        "capture_method": Choice(CAPTURE_METHODS),
        "receipt_email": Text(),
        "setup_future_usage": Choice(("off_session", "on_session")),
        "shipping": SHIPPING,
        "statement_descriptor_suffix": Text(22),
        "transfer_group": Text(),
    }
)
CREATE = Params(
    {
        "billing_address_collection": Choice(("auto", "required")),
        "cancel_url": Text(),
        "client_reference_id": Text(200),
        "currency": Text(3),
        "customer": Text(),
        "customer_creation": Choice(("always", "if_required")),
        "customer_email": Text(512),
        "expires_at": Integer(0),
        "line_items": ListOf(_LINE),
        "locale": Text(),
        "metadata": Metadata(),
        "mode": Choice(MODES),
        "payment_intent_data": PAYMENT_DATA,
        "payment_method_collection": Choice(("always", "if_required")),
        "payment_method_types": ListOf(Choice(("card", *TYPES))),
        "return_url": Text(),
        "setup_intent_data": Params({**_DESCRIPTIVE, "on_behalf_of": Text()}),
        "submit_type": Choice(("auto", "book", "donate", "pay", "subscribe")),
        "subscription_data": Params({name: SUBSCRIPTION.fields[name] for name in _OF_SUBSCRIPTIONS}),
        "success_url": Text(),
        "ui_mode": Choice(UI_MODES),
    },
    required=("mode",),
)
UPDATE = Params({"metadata": Metadata()})
CONFIRM = Params({"expected_amount": Integer(0), "payment_method": Text()}, required=("payment_method",))
