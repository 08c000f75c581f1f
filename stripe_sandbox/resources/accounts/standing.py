"""What an account may do now, asked before money goes its way."""

from stripe_sandbox.http.errors import conflict, no_such_object
from stripe_sandbox.state.account import AccountState
from stripe_sandbox.state.scope import Scope

_RECEIVING = ("transfers", "crypto_transfers", "legacy_payments")


def receiving_account(scope: Scope, identifier: str, param: str) -> AccountState:
    """The connected account that a parameter names as the receiver of funds.

    Raises:
        StripeError: 400, there is none (`resource_missing`), it is the platform itself, or it may not receive
            (`insufficient_capabilities_for_transfer`).
    """
    account = connected_account(scope, identifier, param)
    if not _has_active(account, *_RECEIVING):
        raise conflict(
            "Your destination account needs to have at least one of the following capabilities enabled: "
            f"{', '.join(_RECEIVING)}",
            code="insufficient_capabilities_for_transfer",
            param=param,
        )
    return account


def check_settlement_merchant(scope: Scope, identifier: str) -> None:
    """Checks that a payment can be made on behalf of this account.

    Raises:
        StripeError: 400, there is no such account or it may not take card payments.
    """
    account = connected_account(scope, identifier, "on_behalf_of")
    if not _has_active(account, "card_payments", "legacy_payments"):
        raise conflict(
            f"The account {identifier} cannot be used in `on_behalf_of`: it needs to have at least one of the "
            "following capabilities enabled: card_payments, legacy_payments",
            param="on_behalf_of",
        )


def check_can_charge(scope: Scope) -> None:
    """Checks that the account of `scope` may take payments itself.

    Raises:
        StripeError: 400, it has not been verified or has been restricted.
    """
    account = scope.account
    if not account.is_platform and not account.profile["charges_enabled"]:
        raise conflict(
            f"Your account cannot currently make charges: the onboarding of {account.id} is not complete or the "
            "account has been restricted.",
        )


def connected_account(scope: Scope, identifier: str, param: str) -> AccountState:
    """The connected account of this platform that a parameter names.

    Raises:
        StripeError: 400 `resource_missing`; only a platform has connected accounts.
    """
    account = scope.world.living_account(identifier) if scope.account.is_platform else None
    if account is None or account.is_platform:
        raise no_such_object("destination" if param != "on_behalf_of" else "account", identifier, param)
    return account


def _has_active(account: AccountState, *capabilities: str) -> bool:
    return any(account.profile["capabilities"].get(name) == "active" for name in capabilities)
