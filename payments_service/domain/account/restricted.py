"""Businesses that may not be paid through the platform, by merchant category code and by what they say they sell.

Source: what Stripe's list of prohibited and restricted businesses forbids (stripe.com/legal/restricted-businesses).
Codes are those of ISO 18245.
"""

import re

RESTRICTED_MCCS = {
    "4829": "money transfer",
    "5912": "pharmacies",
    "5933": "pawn shops",
    "5967": "adult content and services",
    "5993": "tobacco",
    "6010": "manual cash disbursement",
    "6011": "automated cash disbursement",
    "6012": "financial institutions",
    "6050": "quasi cash",
    "6051": "quasi cash and crypto currencies",
    "6211": "securities brokers",
    "7273": "escort services",
    "7800": "government lotteries",
    "7801": "online gambling",
    "7802": "horse and dog racing bets",
    "7995": "gambling",
    "9223": "bail and bond payments",
    "9406": "government lotteries",
}
"""Codes that are refused, and what they stand for."""

RESTRICTED_WORDS = (
    "ammunition",
    "cannabis",
    "casino",
    "cocaine",
    "counterfeit",
    "escort",
    "explosive",
    "firearm",
    "gambling",
    "ivory",
    "marijuana",
    "money laundering",
    "pornography",
    "pyramid scheme",
    "sports betting",
    "tobacco",
    "weapon",
)
"""Words and phrases that are refused in a description, as whole words in any case, also in the plural."""

_WORDS = re.compile(r"\b(" + "|".join(map(re.escape, RESTRICTED_WORDS)) + r")s?\b", re.IGNORECASE)


def restriction(mcc: str, description: str) -> str:
    """What forbids a business, for example `mcc 7995 (gambling)`; empty when nothing does.

    Args:
        mcc: merchant category code; empty when it was not given.
        description: what is sold, in the owner's words.
    """
    if mcc in RESTRICTED_MCCS:
        return f"mcc {mcc} ({RESTRICTED_MCCS[mcc]})"
    found = _WORDS.search(" ".join(description.split()))
    return f"word {found.group(1).lower()!r}" if found else ""
