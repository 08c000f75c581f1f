"""`/oauth/token` and `/oauth/deauthorize`: accounts that exist already connect to the platform, and leave it.

https://docs.stripe.com/connect/oauth-reference. The owner's consent comes by control; see `control/oauth.py`.
"""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import StripeError
from stripe_sandbox.http.params import Choice, Params, Text
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.accounts.changes import apply_changes
from stripe_sandbox.resources.accounts.controllers import controller_and_type
from stripe_sandbox.resources.accounts.countries import default_currency_of
from stripe_sandbox.resources.accounts.onboarding import complete_onboarding
from stripe_sandbox.resources.accounts.shape import blank_profile
from stripe_sandbox.state.account import AccountState
from stripe_sandbox.state.scope import Scope

CODE_FOR_S = 300
_ID_CHARS = 16
_KEY_CHARS = 24
_CAPABILITIES = {"card_payments": {"requested": True}, "transfers": {"requested": True}}


class OAuthError(StripeError):
    """A refusal in the form that OAuth prescribes (RFC 6749, section 5.2)."""

    def body(self) -> JsonObject:
        """The JSON body: a code and what it means, without Stripe's own shape around."""
        return {"error": self.kind, "error_description": self.message}


def grant(scope: Scope, identifier: str | None, country: str = "US") -> tuple[str, AccountState]:
    """The owner of an account lets the platform in: a code for the token, and the account.

    An account that has left the platform may be named; without one, somebody brings an account of their own along,
    which is verified already.
    """
    world = scope.world
    account = world.accounts.get(identifier or "")
    if account is None:
        account = _account_of_their_own(scope, country)
    code = f"ac_{world.ids.text(_ID_CHARS * 2)}"
    world.grants[code] = (account.id, scope.now + CODE_FOR_S)
    return code, account


def deauthorize(scope: Scope, account: AccountState) -> None:
    """An account leaves the platform, which can do nothing with it any more; what is booked stays."""
    there = scope.within(account)
    there.emit("account.application.deauthorized", application_of(scope))
    account.is_connected = False


def application_of(scope: Scope) -> JsonObject:
    """The platform as an application: https://docs.stripe.com/api/events/types#event_types-account.application."""
    return {"id": scope.world.platform.application, "object": "application", "name": "Sandbox platform"}


def _account_of_their_own(scope: Scope, country: str) -> AccountState:
    account = AccountState(
        id=f"acct_{scope.world.ids.text(_ID_CHARS)}",
        is_platform=False,
        country=country,
        default_currency=default_currency_of(country),
        created=scope.now,
        is_connected=False,
    )
    controller, kind = controller_and_type({})
    account.profile = blank_profile(account, kind, controller)
    apply_changes(scope, account.profile, {"capabilities": _CAPABILITIES})
    return account_taken_in(scope, account)


def account_taken_in(scope: Scope, account: AccountState) -> AccountState:
    """Records an account that is nobody's yet, verified as its owner had it done before."""
    scope.world.connect(account)
    complete_onboarding(scope.within(account))
    return account


def _token(call: Call) -> JsonObject:
    params = call.params
    if params["grant_type"] != "authorization_code":
        raise OAuthError(400, "unsupported_grant_type", "The sandbox gives tokens for authorization codes only.")
    code = params.get("code", "")
    identifier, expires_at = call.world.grants.pop(code, ("", 0))
    account = call.world.accounts.get(identifier)
    if account is None or account.is_deleted or expires_at < call.now:
        raise OAuthError(400, "invalid_grant", f"Authorization code does not exist: {code[:40]}")
    account.is_connected = True
    call.within(account).emit("account.application.authorized", application_of(call))
    key = call.world.ids.text(_KEY_CHARS)
    call.world.access_tokens[f"sk_test_{key}"] = account.id
    return {
        "access_token": f"sk_test_{key}",
        "livemode": False,
        "refresh_token": f"rt_{call.world.ids.text(_KEY_CHARS)}",
        "scope": "read_write",
        "stripe_publishable_key": f"pk_test_{key}",
        "stripe_user_id": account.id,
        "token_type": "bearer",
    }


def _deauthorize(call: Call) -> JsonObject:
    params = call.params
    if params["client_id"] != call.world.platform.application:
        raise OAuthError(401, "invalid_client", f"No such application: '{params['client_id'][:40]}'")
    account = call.world.living_account(params["stripe_user_id"])
    if account is None or account.is_platform:
        raise OAuthError(
            401,
            "invalid_client",
            f"This application is not connected to stripe account {params['stripe_user_id'][:40]}, or that account "
            "does not exist.",
        )
    deauthorize(call, account)
    return {"stripe_user_id": account.id}


ENDPOINTS = (
    Endpoint(
        "POST",
        "/oauth/token",
        _token,
        Params(
            {
                "assert_capabilities": Params({}),
                "client_secret": Text(),
                "code": Text(),
                "grant_type": Choice(("authorization_code", "refresh_token")),
                "refresh_token": Text(),
                "scope": Text(),
            },
            required=("grant_type",),
        ),
    ),
    Endpoint(
        "POST",
        "/oauth/deauthorize",
        _deauthorize,
        Params({"client_id": Text(), "stripe_user_id": Text()}, required=("client_id", "stripe_user_id")),
    ),
)
