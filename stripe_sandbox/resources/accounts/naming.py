"""The connected account that a path names, for what is kept below `/v1/accounts/{id}`."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import StripeError, no_access_to_account
from stripe_sandbox.state.scope import Scope


def account_in_path(call: Call) -> Scope:
    """The account whose id is `{id}` in the path, as the place of a change: the platform sees all, others themselves.

    Raises:
        StripeError: 403, there is none or it may not be seen; 400, it is the platform's own.
    """
    identifier = call.path["id"]
    account = call.world.living_account(identifier)
    if account is None or not (call.account.is_platform or account is call.account):
        raise no_access_to_account(identifier)
    if account.is_platform:
        raise StripeError(
            400, "invalid_request_error", f"You can only do this for connected accounts, which {identifier} is not."
        )
    return call.within(account)
