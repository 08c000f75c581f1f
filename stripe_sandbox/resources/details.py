"""Groups of parameters that several resources share: addresses, shipping, billing details."""

from stripe_sandbox.http.params import Params, Text
from stripe_sandbox.json_types import JsonObject

_ADDRESS_LINES = ("city", "country", "line1", "line2", "postal_code", "state")

ADDRESS = Params({name: Text(unset=True) for name in _ADDRESS_LINES}, unset=True)
SHIPPING = Params(
    {
        "address": ADDRESS,
        "carrier": Text(unset=True),
        "name": Text(unset=True),
        "phone": Text(unset=True),
        "tracking_number": Text(unset=True),
    },
    required=("address",),
    unset=True,
)
BILLING_DETAILS = Params(
    {
        "address": ADDRESS,
        "email": Text(unset=True),
        "name": Text(unset=True),
        "phone": Text(unset=True),
        "tax_id": Text(unset=True),
    }
)


def full_address(given: JsonObject | None) -> JsonObject:
    """An address with every line, as Stripe shows it."""
    return {name: (given or {}).get(name) for name in _ADDRESS_LINES}


def full_billing_details(given: JsonObject | None) -> JsonObject:
    """Billing details with every field, as Stripe shows them."""
    details = given or {}
    return {
        "address": full_address(details.get("address")),
        "email": details.get("email"),
        "name": details.get("name"),
        "phone": details.get("phone"),
        "tax_id": details.get("tax_id"),
    }
