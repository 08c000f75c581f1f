"""The customer as an object, and what a call may say about one: https://docs.stripe.com/api/customers/object."""

from stripe_sandbox.http.errors import invalid
from stripe_sandbox.http.params import Choice, Field, Integer, ListOf, Metadata, Params, Text, merge_metadata
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.details import ADDRESS, SHIPPING
from stripe_sandbox.state.scope import Scope

_PLAIN = (
    "address",
    "balance",
    "description",
    "email",
    "name",
    "phone",
    "preferred_locales",
    "shipping",
    "tax_exempt",
)
_INVOICE_PREFIX_CHARS = 8
_CUSTOM_FIELDS_MAX = 4

FIELDS: dict[str, Field] = {
    "address": ADDRESS,
    "balance": Integer(),
    "description": Text(350, unset=True),
    "email": Text(512, unset=True),
    "invoice_settings": Params(
        {
            "custom_fields": ListOf(Params({"name": Text(40), "value": Text(140)}, required=("name", "value"))),
            "default_payment_method": Text(unset=True),
            "footer": Text(5_000, unset=True),
        }
    ),
    "metadata": Metadata(),
    "name": Text(256, unset=True),
    "phone": Text(20, unset=True),
    "preferred_locales": ListOf(Text()),
    "shipping": SHIPPING,
    "tax_exempt": Choice(("exempt", "none", "reverse")),
}


def blank_customer(scope: Scope) -> JsonObject:
    """A customer of whom nothing is known."""
    ids = scope.world.ids
    return {
        "id": ids.new("cus"),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": scope.now,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": ids.text(_INVOICE_PREFIX_CHARS).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def changes_of(customer: JsonObject, params: JsonObject) -> JsonObject:
    """The customer's fields as the parameters want them, but for the payment methods that these name.

    Raises:
        StripeError: 400, too much metadata or too many custom fields.
    """
    changes = {name: params[name] for name in _PLAIN if name in params}
    if "metadata" in params:
        changes["metadata"] = merge_metadata(customer["metadata"], params["metadata"])
    settings = params.get("invoice_settings", {})
    if len(settings.get("custom_fields", ())) > _CUSTOM_FIELDS_MAX:
        message = f"You may pass at most {_CUSTOM_FIELDS_MAX} custom fields."
        raise invalid(message, param="invoice_settings[custom_fields]")
    if settings:
        changes["invoice_settings"] = {**customer["invoice_settings"], **settings}
    return changes
