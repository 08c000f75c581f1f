"""What Stripe still wants to know about an account before it may take money (https://docs.stripe.com/connect/required-verification-information)."""

from stripe_sandbox.json_types import JsonObject

_ALWAYS = ("business_profile.mcc", "business_type", "external_account", "tos_acceptance.date", "tos_acceptance.ip")
_ADDRESS = ("address.city", "address.line1", "address.postal_code", "address.state")
_INDIVIDUAL = (*_ADDRESS, "dob.day", "dob.month", "dob.year", "email", "first_name", "last_name", "phone")
_COMPANY = (*_ADDRESS, "name", "phone", "tax_id")
_ANY_OF_PROFILE = ("product_description", "url")


def no_requirements() -> JsonObject:
    """Nothing is due."""
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": [],
        "disabled_reason": None,
        "errors": [],
        "eventually_due": [],
        "past_due": [],
        "pending_verification": [],
    }


def part_requirements() -> JsonObject:
    """Nothing is due of a part of an account: a capability, a person, a bank account."""
    shown = no_requirements()
    for name in ("current_deadline", "disabled_reason"):
        del shown[name]
    return shown


def requirements_before_onboarding(profile: JsonObject) -> JsonObject:
    """What is due of an account that has not been verified: all at once, as after its creation."""
    due = _missing(profile)
    reason = "requirements.past_due" if due else "requirements.pending_verification"
    return {**no_requirements(), **due_lists(due), "disabled_reason": reason}


def due_lists(due: list[str]) -> JsonObject:
    """The lists that name what is due now."""
    return {"currently_due": list(due), "eventually_due": list(due), "past_due": list(due)}


def _missing(profile: JsonObject) -> list[str]:
    wanted = list(_ALWAYS)
    if profile["business_type"] == "individual":
        wanted += [f"individual.{name}" for name in _INDIVIDUAL]
        if profile["country"] == "US":
            wanted.append("individual.ssn_last_4")
    elif profile["business_type"] is not None:
        wanted += [f"company.{name}" for name in _COMPANY]
    missing = [path for path in wanted if not _has(profile, path)]
    if not any(profile["business_profile"][name] for name in _ANY_OF_PROFILE):
        missing.append("business_profile.url")
    return sorted(missing)


def _has(profile: JsonObject, path: str) -> bool:
    """Whether a field is filled in; of secrets an account shows only that it has them."""
    if path == "external_account":
        return bool(profile["external_accounts"]["data"])
    here: object = profile
    for name in path.split("."):
        if not isinstance(here, dict):
            return False
        here = here.get(f"{name}_provided", here.get(name))
    return bool(here)
