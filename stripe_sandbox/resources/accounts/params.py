"""What a call that opens or changes an account may carry."""

from stripe_sandbox.http.params import Boolean, Choice, Field, Integer, Metadata, Params, Text
from stripe_sandbox.json_types import FormValue
from stripe_sandbox.resources.details import ADDRESS

TYPES = ("standard", "express", "custom")
BUSINESS_TYPES = ("company", "government_entity", "individual", "non_profit")
CAPABILITIES = (
    "acss_debit_payments",
    "affirm_payments",
    "afterpay_clearpay_payments",
    "amazon_pay_payments",
    "au_becs_debit_payments",
    "bacs_debit_payments",
    "bancontact_payments",
    "blik_payments",
    "boleto_payments",
    "card_issuing",
    "card_payments",
    "cartes_bancaires_payments",
    "cashapp_payments",
    "eps_payments",
    "fpx_payments",
    "grabpay_payments",
    "ideal_payments",
    "jcb_payments",
    "klarna_payments",
    "legacy_payments",
    "link_payments",
    "mobilepay_payments",
    "oxxo_payments",
    "p24_payments",
    "paynow_payments",
    "promptpay_payments",
    "revolut_pay_payments",
    "sepa_debit_payments",
    "swish_payments",
    "tax_reporting_us_1099_k",
    "tax_reporting_us_1099_misc",
    "transfers",
    "treasury",
    "twint_payments",
    "us_bank_account_ach_payments",
    "zip_payments",
)
"""https://docs.stripe.com/connect/account-capabilities."""

_INTERVALS = ("daily", "manual", "monthly", "weekly")
_WEEKDAYS = ("friday", "monday", "saturday", "sunday", "thursday", "tuesday", "wednesday")
_DATE = Params({"day": Integer(1, 31), "month": Integer(1, 12), "year": Integer(1_900, 9_999)}, unset=True)

BANK_ACCOUNT = Params(
    {
        "object": Choice(("bank_account",)),
        "account_holder_name": Text(),
        "account_holder_type": Choice(("company", "individual")),
        "account_number": Text(34),
        "country": Text(2),
        "currency": Text(3),
        "routing_number": Text(),
    },
    required=("object", "account_number", "country", "currency"),
)


class ExternalAccount:
    """A bank account to pay out to: a token such as `btok_us`, or the account's details."""

    def read(self, value: FormValue, name: str) -> object:
        """Raises `StripeError` for what is neither."""
        return Text().read(value, name) if isinstance(value, str) else BANK_ACCOUNT.read(value, name)


PERSON = Params(
    {
        "address": ADDRESS,
        "dob": _DATE,
        "email": Text(),
        "first_name": Text(),
        "id_number": Text(),
        "last_name": Text(),
        "metadata": Metadata(),
        "phone": Text(),
        "ssn_last_4": Text(4),
        "political_exposure": Choice(("existing", "none")),
    }
)
COMPANY = Params(
    {
        "address": ADDRESS,
        "directors_provided": Boolean(),
        "executives_provided": Boolean(),
        "name": Text(),
        "owners_provided": Boolean(),
        "phone": Text(),
        "registration_number": Text(),
        "structure": Text(unset=True),
        "tax_id": Text(),
        "vat_id": Text(),
    }
)
_BUSINESS_PROFILE = Params(
    {
        "estimated_worker_count": Integer(0),
        "mcc": Text(4),
        "name": Text(),
        "product_description": Text(),
        "support_address": ADDRESS,
        "support_email": Text(),
        "support_phone": Text(),
        "support_url": Text(unset=True),
        "url": Text(),
    }
)
_SETTINGS = Params(
    {
        "branding": Params({name: Text() for name in ("icon", "logo", "primary_color", "secondary_color")}),
        "card_payments": Params(
            {
                "decline_on": Params({"avs_failure": Boolean(), "cvc_failure": Boolean()}),
                "statement_descriptor_prefix": Text(),
            }
        ),
        "payments": Params({"statement_descriptor": Text(22)}),
        "payouts": Params(
            {
                "debit_negative_balances": Boolean(),
                "schedule": Params(
                    {
                        "delay_days": Integer(0, 31),
                        "interval": Choice(_INTERVALS),
                        "monthly_anchor": Integer(1, 31),
                        "weekly_anchor": Choice(_WEEKDAYS),
                    }
                ),
                "statement_descriptor": Text(22),
            }
        ),
    }
)
_COMMON: dict[str, Field] = {
    "business_profile": _BUSINESS_PROFILE,
    "business_type": Choice(BUSINESS_TYPES),
    "capabilities": Params({name: Params({"requested": Boolean()}) for name in CAPABILITIES}),
    "company": COMPANY,
    "default_currency": Text(3),
    "email": Text(),
    "external_account": ExternalAccount(),
    "individual": PERSON,
    "metadata": Metadata(),
    "settings": _SETTINGS,
    "tos_acceptance": Params(
        {"date": Integer(0), "ip": Text(), "service_agreement": Choice(("full", "recipient")), "user_agent": Text()}
    ),
}
_CONTROLLER = Params(
    {
        "fees": Params({"payer": Choice(("account", "application"))}),
        "losses": Params({"payments": Choice(("application", "stripe"))}),
        "requirement_collection": Choice(("application", "stripe")),
        "stripe_dashboard": Params({"type": Choice(("express", "full", "none"))}),
    }
)

UPDATE = Params(_COMMON)
CREATE = UPDATE.extended({"controller": _CONTROLLER, "country": Text(2), "type": Choice(TYPES)})
