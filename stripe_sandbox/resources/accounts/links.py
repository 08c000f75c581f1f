"""Ways for the people behind an account into Stripe's own pages: links, sessions of components, login links.

https://docs.stripe.com/api/account_links, https://docs.stripe.com/api/account_sessions.
"""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import conflict, missing_parameter
from stripe_sandbox.http.params import Boolean, Choice, Field, Params, Text
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.accounts.naming import account_in_path
from stripe_sandbox.resources.accounts.standing import connected_account

_SECRET_CHARS = 32
_LINK_FOR_S = 300
_SESSION_FOR_S = 1_800
COMPONENTS = (
    "account_management",
    "account_onboarding",
    "balances",
    "disputes_list",
    "documents",
    "notification_banner",
    "payment_details",
    "payment_disputes",
    "payments",
    "payout_details",
    "payouts",
    "payouts_list",
    "tax_registrations",
    "tax_settings",
)
_FEATURES = (
    "capture_payments",
    "destination_on_behalf_of_charge_management",
    "disable_stripe_user_authentication",
    "dispute_management",
    "edit_payout_schedule",
    "external_account_collection",
    "instant_payouts",
    "refund_management",
    "standard_payouts",
)
_COMPONENT = Params(
    {"enabled": Boolean(), "features": Params({name: Boolean() for name in _FEATURES})}, required=("enabled",)
)
_LINK: dict[str, Field] = {
    "account": Text(),
    "collection_options": Params(
        {
            "fields": Choice(("currently_due", "eventually_due")),
            "future_requirements": Choice(("include", "omit")),
        }
    ),
    "refresh_url": Text(),
    "return_url": Text(),
    "type": Choice(("account_onboarding", "account_update")),
}


def _create_link(call: Call) -> JsonObject:
    params = call.params
    account = connected_account(call, params["account"], "account")
    for name in ("refresh_url", "return_url"):
        if name not in params:
            raise missing_parameter(name)
    if params["type"] == "account_update" and account.profile["controller"]["requirement_collection"] == "stripe":
        raise conflict(
            "You cannot create `account_update` type Account Links for this account: Stripe collects its "
            "requirements. Use `account_onboarding`.",
            param="type",
        )
    secret = call.world.ids.text(_SECRET_CHARS)
    return {
        "object": "account_link",
        "created": call.now,
        "expires_at": call.now + _LINK_FOR_S,
        "url": f"https://connect.stripe.com/setup/s/{account.id}/{secret}",
    }


def _create_session(call: Call) -> JsonObject:
    params = call.params
    account = connected_account(call, params["account"], "account")
    return {
        "object": "account_session",
        "account": account.id,
        "client_secret": call.world.ids.secret("accs_secret"),
        "components": {name: _component(params["components"].get(name, {})) for name in COMPONENTS},
        "expires_at": call.now + _SESSION_FOR_S,
        "livemode": False,
    }


def _component(given: JsonObject) -> JsonObject:
    return {"enabled": given.get("enabled", False), "features": dict(given.get("features", {}))}


def _create_login_link(call: Call) -> JsonObject:
    there = account_in_path(call)
    if there.account.profile["controller"]["stripe_dashboard"]["type"] != "express":
        raise conflict("Cannot create a login link for an account that is not an Express Dashboard account.")
    if not there.account.profile["details_submitted"]:
        raise conflict("Cannot create a login link for an account that has not completed onboarding.")
    secret = call.world.ids.text(_SECRET_CHARS)
    url = f"https://connect.stripe.com/express/{there.account.id}/{secret}"
    return {"object": "login_link", "created": call.now, "url": url}


ENDPOINTS = (
    Endpoint("POST", "/v1/account_links", _create_link, Params(_LINK, required=("account", "type"))),
    Endpoint(
        "POST",
        "/v1/account_sessions",
        _create_session,
        Params(
            {"account": Text(), "components": Params(dict.fromkeys(COMPONENTS, _COMPONENT))},
            required=("account", "components"),
        ),
    ),
    Endpoint("POST", "/v1/accounts/{id}/login_links", _create_login_link),
)
