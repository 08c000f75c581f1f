"""Whose request it is: secret keys and the `Stripe-Account` header."""

import base64
import binascii
from collections.abc import Mapping

from stripe_sandbox.http.errors import StripeError, no_access_to_account
from stripe_sandbox.state.account import AccountState
from stripe_sandbox.state.world import World

_SHOWN_CHARS = 4
_PREFIX_CHARS = 8


def authenticate(world: World, keys: frozenset[str], headers: Mapping[str, str]) -> AccountState:
    """The account that a request works on.

    Raises:
        StripeError: 401 without an accepted key; 403 if the key may not act for the account in `Stripe-Account`.
    """
    key = _secret_key(headers.get("authorization", ""))
    if not key:
        raise _unauthorized(
            "You did not provide an API key. You need to provide your API key in the Authorization header, using "
            "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See "
            "https://stripe.com/docs/api#authentication for details."
        )
    if key in world.access_tokens:
        return _of_token(world, world.access_tokens[key], key)
    if key not in keys:
        raise _unauthorized(f"Invalid API Key provided: {_masked(key)}")
    wanted = headers.get("stripe-account")
    if wanted is None:
        return world.platform
    account = world.living_account(wanted)
    if account is None:
        raise no_access_to_account(wanted, f"The provided key '{_masked(key)}'", executed=False)
    return account


def _of_token(world: World, identifier: str, key: str) -> AccountState:
    """The account whose owner has given the platform this key."""
    account = world.living_account(identifier)
    if account is None:
        raise _unauthorized(f"Expired API Key provided: {_masked(key)}. Platform access may have been revoked.")
    return account


def _secret_key(authorization: str) -> str:
    """The key in an Authorization header: Bearer, or Basic with the key as user name. Empty if there is none."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value.strip(), validate=True).decode("ascii").partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def _masked(key: str) -> str:
    """The key as Stripe repeats it in errors: begin and end only."""
    hidden = max(0, len(key) - _PREFIX_CHARS - _SHOWN_CHARS)
    return key[:_PREFIX_CHARS] + "*" * hidden + (key[-_SHOWN_CHARS:] if hidden else "")


def _unauthorized(message: str) -> StripeError:
    headers = {"www-authenticate": 'Basic realm="Stripe"'}
    return StripeError(401, "invalid_request_error", message, executed=False, headers=headers)
