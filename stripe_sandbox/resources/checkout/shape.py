"""The checkout session as an object: https://docs.stripe.com/api/checkout/sessions/object."""

from stripe_sandbox.http.params import merge_metadata
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.scope import Scope

_SECRET_CHARS = 40
_ID_CHARS = 58
_PLAIN = (
    "billing_address_collection",
    "cancel_url",
    "client_reference_id",
    "customer",
    "customer_creation",
    "customer_email",
    "locale",
    "payment_method_collection",
    "return_url",
    "submit_type",
    "success_url",
)


def new_session(
    scope: Scope, params: JsonObject, lines: list[JsonObject], base_url: str, expires_at: int
) -> JsonObject:
    """An open session, not yet recorded."""
    ids = scope.world.ids
    identifier = f"cs_test_{ids.text(_ID_CHARS)}"
    hosted = params.get("ui_mode", "hosted_page") == "hosted_page"
    total = sum(int(line["amount_total"]) for line in lines) if lines else None
    currency = lines[0]["currency"] if lines else params.get("currency")
    return {
        "id": identifier,
        "object": "checkout.session",
        **{name: params.get(name) for name in _PLAIN},
        "adaptive_pricing": None,
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "client_secret": None if hosted else f"{identifier}_secret_{ids.text(_SECRET_CHARS)}",
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": scope.now,
        "currency": currency,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer_account": None,
        "customer_details": None,
        "discounts": [],
        "expires_at": expires_at,
        "integration_identifier": None,
        "invoice": None,
        "invoice_creation": None,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": merge_metadata({}, params.get("metadata", {})),
        "mode": params["mode"],
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": params.get("payment_method_types", ["card"]),
        "payment_status": "no_payment_required" if params["mode"] == "setup" or total == 0 else "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "subscription": None,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0} if lines else None,
        "ui_mode": params.get("ui_mode", "hosted_page"),
        "url": f"{base_url}/_sandbox/checkout/{identifier}" if hosted else None,
        "wallet_options": None,
    }
