"""Taking over what a caller says about an account, at its creation and later."""

from stripe_sandbox.balance.currencies import SUPPORTED
from stripe_sandbox.http.errors import invalid
from stripe_sandbox.http.params import merge_metadata
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.accounts.bank_accounts import add_bank_account
from stripe_sandbox.resources.accounts.requirements import part_requirements, requirements_before_onboarding
from stripe_sandbox.resources.details import full_address
from stripe_sandbox.state.scope import Scope

_PLAIN = ("business_type", "email")
_NESTED = ("business_profile", "settings", "tos_acceptance")
_PERSON_SECRETS = ("id_number", "ssn_last_4")
_COMPANY_SECRETS = ("registration_number", "tax_id", "vat_id")


def apply_changes(scope: Scope, profile: JsonObject, params: JsonObject) -> None:
    """Writes the parameters into the profile; nested values are replaced, never changed in place.

    Raises:
        StripeError: 400, the currency or the bank account is none.
    """
    if "default_currency" in params:
        profile["default_currency"] = _checked_currency(params["default_currency"])
    if params.get("external_account") is not None:
        add_bank_account(scope, profile, params["external_account"])
    profile.update({name: params[name] for name in _PLAIN if name in params})
    for name in _NESTED:
        if name in params:
            profile[name] = _merged(profile[name], params[name])
    if "metadata" in params:
        profile["metadata"] = merge_metadata(profile["metadata"], params["metadata"])
    if "individual" in params:
        profile["individual"] = _person(scope, profile, params["individual"])
    if "company" in params:
        profile["company"] = _company(profile, params["company"])
    if "capabilities" in params:
        profile["capabilities"] = _capabilities(profile, params["capabilities"])
    if not profile["details_submitted"]:
        profile["requirements"] = requirements_before_onboarding(profile)


def _checked_currency(currency: str) -> str:
    lowered = currency.lower()
    if lowered not in SUPPORTED:
        raise invalid(f"Invalid currency: {currency}", param="default_currency")
    return lowered


def _merged(current: JsonObject, change: JsonObject) -> JsonObject:
    """A copy of `current` with the fields of `change`, groups within groups included."""
    merged = dict(current)
    for name, value in change.items():
        before = merged.get(name)
        merged[name] = _merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return merged


def _capabilities(profile: JsonObject, wanted: JsonObject) -> JsonObject:
    """Capabilities with their status: of a verified account they are active at once."""
    status = "active" if profile["charges_enabled"] else "inactive"
    after = dict(profile["capabilities"])
    for name, asked in wanted.items():
        if asked.get("requested"):
            after.setdefault(name, status)
        else:
            after.pop(name, None)
    return after


def _person(scope: Scope, profile: JsonObject, given: JsonObject) -> JsonObject:
    return person_after(profile.get("individual") or blank_person(scope, profile, representative=True), given)


def person_after(current: JsonObject, given: JsonObject) -> JsonObject:
    """A copy of a person with what is given about them; of secrets only that they are known."""
    change = _without_secrets(given, _PERSON_SECRETS)
    metadata = merge_metadata(current["metadata"], change.pop("metadata", {}))
    return {**_merged(current, change), "metadata": metadata}


def blank_person(scope: Scope, profile: JsonObject, *, representative: bool) -> JsonObject:
    """A person of whom nothing is known."""
    return {
        "id": scope.world.ids.new("person"),
        "object": "person",
        "account": profile["id"],
        "additional_tos_acceptances": {"account": {"date": None, "ip": None, "user_agent": None}},
        "address": full_address(None),
        "created": scope.now,
        "dob": {"day": None, "month": None, "year": None},
        "email": None,
        "first_name": None,
        "future_requirements": part_requirements(),
        "id_number_provided": False,
        "last_name": None,
        "metadata": {},
        "phone": None,
        "political_exposure": None,
        "relationship": {
            "authorizer": False,
            "director": False,
            "executive": False,
            "legal_guardian": False,
            "owner": False,
            "percent_ownership": None,
            "representative": representative,
            "title": None,
        },
        "requirements": part_requirements(),
        "ssn_last_4_provided": False,
        "verification": {"additional_document": None, "details": None, "document": None, "status": "unverified"},
    }


def _company(profile: JsonObject, given: JsonObject) -> JsonObject:
    current = profile.get("company") or {
        "address": full_address(None),
        "directors_provided": False,
        "executives_provided": False,
        "name": None,
        "owners_provided": False,
        "phone": None,
        "structure": None,
        "tax_id_provided": False,
        "verification": {"document": {"back": None, "details": None, "details_code": None, "front": None}},
    }
    return _merged(current, _without_secrets(given, _COMPANY_SECRETS))


def _without_secrets(given: JsonObject, secrets: tuple[str, ...]) -> JsonObject:
    """What may be shown of `given`: of numbers that identify somebody only that they were given."""
    shown = {name: value for name, value in given.items() if name not in secrets}
    shown.update({f"{name}_provided": True for name in secrets if name in given})
    return shown
