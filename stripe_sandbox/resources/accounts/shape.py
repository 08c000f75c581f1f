"""The account as an object: https://docs.stripe.com/api/accounts/object."""

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.accounts.requirements import no_requirements
from stripe_sandbox.resources.details import full_address
from stripe_sandbox.state.account import AccountState


def blank_profile(account: AccountState, kind: str, controller: JsonObject) -> JsonObject:
    """An account of which only its country and its controller are known."""
    return {
        "id": account.id,
        "object": "account",
        "business_profile": _business_profile(),
        "business_type": None,
        "capabilities": {},
        "charges_enabled": False,
        "controller": controller,
        "country": account.country,
        "created": account.created,
        "default_currency": account.default_currency,
        "details_submitted": False,
        "email": None,
        "external_accounts": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/accounts/{account.id}/external_accounts",
        },
        "future_requirements": no_requirements(),
        "metadata": {},
        "payouts_enabled": False,
        "requirements": no_requirements(),
        "settings": _settings(),
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": kind,
    }


def platform_profile(account: AccountState) -> JsonObject:
    """The platform's own account: nobody controls it and nothing is missing."""
    profile = blank_profile(account, "standard", {"type": "account"})
    profile.update(
        business_type="company",
        capabilities={"card_payments": "active", "transfers": "active"},
        charges_enabled=True,
        details_submitted=True,
        payouts_enabled=True,
    )
    return profile


def _business_profile() -> JsonObject:
    return {
        "annual_revenue": None,
        "estimated_worker_count": None,
        "mcc": None,
        "minority_owned_business_designation": None,
        "name": None,
        "product_description": None,
        "support_address": full_address(None),
        "support_email": None,
        "support_phone": None,
        "support_url": None,
        "url": None,
    }


def _settings() -> JsonObject:
    return {
        "bacs_debit_payments": {"display_name": None, "service_user_number": None},
        "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
        "card_issuing": {"tos_acceptance": {"date": None, "ip": None}},
        "card_payments": {
            "decline_on": {"avs_failure": False, "cvc_failure": False},
            "statement_descriptor_prefix": None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "dashboard": {"display_name": None, "timezone": "Etc/UTC"},
        "invoices": {"default_account_tax_ids": None, "hosted_payment_method_save": None},
        "payments": {
            "statement_descriptor": None,
            "statement_descriptor_kana": None,
            "statement_descriptor_kanji": None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "payouts": {
            "debit_negative_balances": True,
            "schedule": {"delay_days": 2, "interval": "daily"},
            "statement_descriptor": None,
        },
        "sepa_debit_payments": {},
    }
