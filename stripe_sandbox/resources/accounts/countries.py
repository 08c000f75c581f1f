"""Countries in which an account can be opened, with the currency that it then settles in.

Source: https://stripe.com/global and https://docs.stripe.com/payouts#supported-accounts-and-settlement-currencies.
"""

from stripe_sandbox.http.errors import StripeError, conflict

_EURO = (
    "AT", "BE", "CY", "DE", "EE", "ES", "FI", "FR", "GR", "HR", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PT", "SI",
    "SK",
)  # fmt: skip
CURRENCIES = {
    "AE": "aed", "AU": "aud", "BG": "bgn", "BR": "brl", "CA": "cad", "CH": "chf", "CZ": "czk", "DK": "dkk",
    "GB": "gbp", "GI": "gbp", "HK": "hkd", "HU": "huf", "IN": "inr", "JP": "jpy", "LI": "chf", "MX": "mxn",
    "MY": "myr", "NO": "nok", "NZ": "nzd", "PL": "pln", "RO": "ron", "SE": "sek", "SG": "sgd", "TH": "thb",
    "US": "usd", **dict.fromkeys(_EURO, "eur"),
}  # fmt: skip
"""ISO 3166 country, upper case, to ISO 4217 currency, lower case."""


def default_currency_of(country: str) -> str:
    """The currency of an account in this country, which must be in upper case.

    Raises:
        StripeError: 400 `country_unsupported`.
    """
    currency = CURRENCIES.get(country)
    if currency is None:
        raise _unsupported(country)
    return currency


def _unsupported(country: str) -> StripeError:
    return conflict(
        f"{country[:40]} is not currently supported by Stripe. Supported are: {', '.join(sorted(CURRENCIES))}.",
        code="country_unsupported",
        param="country",
    )
