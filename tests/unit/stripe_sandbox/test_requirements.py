"""What an account still has to tell, by what it is."""

import pytest

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.accounts.requirements import requirements_before_onboarding
from stripe_sandbox.resources.accounts.shape import blank_profile
from stripe_sandbox.state.account import AccountState


def profile(**fields: object) -> JsonObject:
    account = AccountState("acct_1", is_platform=False, country="US")
    return {**blank_profile(account, "express", {}), **fields}


def test_of_a_new_account_everything_is_due_at_once() -> None:
    shown = requirements_before_onboarding(profile())
    assert shown["currently_due"] == [
        "business_profile.mcc",
        "business_profile.url",
        "business_type",
        "external_account",
        "tos_acceptance.date",
        "tos_acceptance.ip",
    ]
    assert shown["currently_due"] == shown["past_due"] == shown["eventually_due"]
    assert shown["disabled_reason"] == "requirements.past_due"


@pytest.mark.parametrize(
    ("kind", "country", "wanted", "not_wanted"),
    [
        ("individual", "US", "individual.ssn_last_4", "company.name"),
        ("individual", "DE", "individual.dob.year", "individual.ssn_last_4"),
        ("company", "US", "company.tax_id", "individual.first_name"),
        ("non_profit", "FR", "company.address.line1", "business_type"),
    ],
)
def test_people_and_companies_are_asked_different_things(kind: str, country: str, wanted: str, not_wanted: str) -> None:
    due = requirements_before_onboarding(profile(business_type=kind, country=country))["currently_due"]
    assert wanted in due
    assert not_wanted not in due


def test_what_was_told_is_not_asked_again_secrets_included() -> None:
    company = {"name": "Songs Inc", "tax_id_provided": True, "address": {"line1": "A"}}
    due = requirements_before_onboarding(profile(business_type="company", company=company))["currently_due"]
    assert [name for name in due if name.startswith("company.")] == [
        "company.address.city",
        "company.address.postal_code",
        "company.address.state",
        "company.phone",
    ]
