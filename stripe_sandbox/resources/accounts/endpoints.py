"""The endpoints of `/v1/accounts` and `/v1/account`."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import StripeError, conflict, no_access_to_account
from stripe_sandbox.http.listing import list_objects, list_params
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.accounts.changes import apply_changes
from stripe_sandbox.resources.accounts.controllers import controller_and_type
from stripe_sandbox.resources.accounts.countries import default_currency_of
from stripe_sandbox.resources.accounts.oauth import deauthorize
from stripe_sandbox.resources.accounts.onboarding import tell_capabilities
from stripe_sandbox.resources.accounts.params import CREATE, UPDATE
from stripe_sandbox.resources.accounts.shape import blank_profile, platform_profile
from stripe_sandbox.resources.balance_settings.following import follow_account
from stripe_sandbox.state.account import AccountState

_ID_CHARS = 16
_FULL_DASHBOARD_CAPABILITIES = {"card_payments": {"requested": True}, "transfers": {"requested": True}}


def _create(call: Call) -> JsonObject:
    _only_platform(call)
    params = call.params
    controller, kind = controller_and_type(params)
    country = params.get("country", call.account.country).upper()
    account = AccountState(
        id=f"acct_{call.world.ids.text(_ID_CHARS)}",
        is_platform=False,
        country=country,
        default_currency=default_currency_of(country),
        created=call.now,
    )
    account.profile = blank_profile(account, kind, controller)
    if kind == "standard":
        # Nobody asks for the capabilities of such an account: Stripe gives it those of its country.
        params = {"capabilities": _FULL_DASHBOARD_CAPABILITIES, **params}
    apply_changes(call, account.profile, params)
    account.default_currency = account.profile["default_currency"]
    call.world.connect(account)
    follow_account(call.within(account), call.params)
    return account.profile


def _retrieve(call: Call) -> JsonObject:
    return _profile(_named(call))


def _current(call: Call) -> JsonObject:
    return _profile(call.account)


def _update(call: Call) -> JsonObject:
    account = _named(call)
    if account.is_platform:
        raise StripeError(403, "invalid_request_error", "You cannot update your own account using the API.")
    _only_platform(call)
    after = dict(account.profile)
    apply_changes(call, after, call.params)
    previous = {name: account.profile.get(name) for name, value in after.items() if account.profile.get(name) != value}
    if previous:
        account.profile.update(after)
        account.default_currency = after["default_currency"]
        own = call.within(account)
        if "external_accounts" in previous:
            own.emit("account.external_account.created", after["external_accounts"]["data"][0])
        tell_capabilities(own, previous.get("capabilities", after["capabilities"]))
        follow_account(own, call.params)
        own.emit("account.updated", account.profile, previous)
    return account.profile


def _delete(call: Call) -> JsonObject:
    _only_platform(call)
    account = _named(call)
    if account.is_platform:
        raise StripeError(403, "invalid_request_error", "You cannot delete your own account using the API.")
    left = {currency: funds for currency, funds in account.balance.funds.items() if funds.available or funds.pending}
    if left:
        sums = ", ".join(f"{funds.available + funds.pending} {currency}" for currency, funds in sorted(left.items()))
        raise conflict(
            f"The account {account.id} cannot be deleted: its balance is not zero ({sums}, pending included).",
        )
    deauthorize(call, account)
    account.profile.clear()
    account.profile.update(id=account.id, object="account", deleted=True)
    return account.profile


def _list(call: Call) -> JsonObject:
    _only_platform(call)
    return list_objects(
        call,
        "/v1/accounts",
        call.world.connected,
        accepts=lambda item: call.world.living_account(item["id"]) is not None,
    )


def _named(call: Call) -> AccountState:
    """The account in the path, as far as the caller may see it: the platform sees all, others themselves."""
    identifier = call.path["id"]
    account = call.world.living_account(identifier)
    if account is None or not (call.account.is_platform or account is call.account):
        raise no_access_to_account(identifier)
    return account


def _profile(account: AccountState) -> JsonObject:
    if not account.profile:
        account.profile = platform_profile(account)
    return account.profile


def _only_platform(call: Call) -> None:
    if not call.account.is_platform:
        raise StripeError(
            400,
            "invalid_request_error",
            "You can only manage connected accounts if you've signed up for Connect, which "
            f"{call.account.id} has not: leave out the Stripe-Account header.",
        )


ENDPOINTS = (
    Endpoint("GET", "/v1/account", _current),
    Endpoint("POST", "/v1/accounts", _create, CREATE),
    Endpoint("GET", "/v1/accounts", _list, list_params()),
    Endpoint("GET", "/v1/accounts/{id}", _retrieve),
    Endpoint("POST", "/v1/accounts/{id}", _update, UPDATE),
    Endpoint("DELETE", "/v1/accounts/{id}", _delete),
)
