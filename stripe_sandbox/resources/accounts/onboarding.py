"""Verification: an account becomes able to take money, or loses that again. At Stripe people and banks decide this."""

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.accounts.bank_accounts import TEST_ACCOUNT, add_bank_account
from stripe_sandbox.resources.accounts.requirements import due_lists, no_requirements
from stripe_sandbox.state.scope import Scope

_USUAL_CAPABILITIES = ("card_payments", "transfers")
_SHOWN = (
    "capabilities",
    "charges_enabled",
    "details_submitted",
    "external_accounts",
    "payouts_enabled",
    "requirements",
)


def complete_onboarding(scope: Scope) -> None:
    """Everything is verified: the account of `scope` may charge, receive and pay out."""
    profile = scope.account.profile
    before = {name: profile[name] for name in _SHOWN}
    wanted = profile["capabilities"] or _USUAL_CAPABILITIES
    if not profile["external_accounts"]["data"]:
        add_bank_account(
            scope,
            profile,
            {**TEST_ACCOUNT, "country": profile["country"], "currency": profile["default_currency"]},
        )
    profile.update(
        capabilities=dict.fromkeys(wanted, "active"),
        charges_enabled=True,
        details_submitted=True,
        payouts_enabled=True,
        requirements=no_requirements(),
    )
    _tell(scope, before)


def restrict(scope: Scope, disabled_reason: str, currently_due: list[str]) -> None:
    """Stripe stops the account: no charges, no transfers, no payouts until the onboarding is completed again."""
    profile = scope.account.profile
    before = {name: profile[name] for name in _SHOWN}
    profile.update(
        capabilities=dict.fromkeys(profile["capabilities"], "inactive"),
        charges_enabled=False,
        payouts_enabled=False,
        requirements={**no_requirements(), **due_lists(currently_due), "disabled_reason": disabled_reason},
    )
    _tell(scope, before)


def tell_capabilities(scope: Scope, before: JsonObject) -> None:
    """An event for each capability whose status is not what it was."""
    after = scope.account.profile["capabilities"]
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            previous = {"status": before.get(name, "unrequested")}
            scope.emit("capability.updated", capability(scope, name), previous)


def _tell(scope: Scope, before: JsonObject) -> None:
    profile = scope.account.profile
    tell_capabilities(scope, before["capabilities"])
    previous = {name: value for name, value in before.items() if profile[name] != value}
    if previous:
        scope.emit("account.updated", profile, previous)


def capability(scope: Scope, name: str) -> JsonObject:
    """A capability as an object: https://docs.stripe.com/api/capabilities/object."""
    profile = scope.account.profile
    status = profile["capabilities"].get(name, "unrequested")
    return {
        "id": name,
        "object": "capability",
        "account": profile["id"],
        "future_requirements": no_requirements(),
        "requested": status != "unrequested",
        "requested_at": profile["created"] if status != "unrequested" else None,
        "requirements": profile["requirements"],
        "status": status,
    }
