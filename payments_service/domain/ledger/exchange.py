"""Transactions in which money changes its currency: a posting in each currency against that currency's fx account.

The fx accounts are the service's own. Callers may post to them in this one way, so that an open position always has
another currency and a rate behind it.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping

from payments_service.domain.errors import invalid
from payments_service.domain.ledger import chart
from payments_service.domain.ledger.account import AccountSpec
from payments_service.domain.ledger.namespace import reserved_account

RATE_KEY = "fx_rate"
"""The key of the metadata that holds the rate."""

_PREFIX = "fx:"
_RATE = re.compile(r"(?=.*[1-9])[0-9]{1,12}(\.[0-9]{1,12})?")


def fx_account(code: str, currency: str) -> AccountSpec | None:
    """The fx account of a currency, if that is what a posting names."""
    # Nearly no posting names one, and making the account's specification for each would cost as much as deciding it.
    return chart.fx(currency) if code.startswith(_PREFIX) and code == chart.fx(currency).code else None


def check_exchange(legs: Collection[tuple[str, int]], metadata: Mapping[str, str]) -> None:
    """Refuse a use of fx accounts that exchanges nothing.

    Args:
        legs: for each posting against an fx account, the currency and the amount that is debited to it; a credit is
            below zero.
        metadata: of the transaction.

    Raises:
        PaymentsError: LEDGER_ACCOUNT_RESERVED when the legs do not go into one currency and out of another,
            REQUEST_INVALID without a rate.
    """
    if not legs:
        return
    net: Counter[str] = Counter()
    for currency, amount_minor in legs:
        net[currency] += amount_minor
    if not (any(amount > 0 for amount in net.values()) and any(amount < 0 for amount in net.values())):
        raise reserved_account(chart.fx(min(net)).code)
    if not _RATE.fullmatch(metadata.get(RATE_KEY, "")):
        raise invalid(
            f"metadata.{RATE_KEY}",
            "is required where money changes its currency: a decimal above 0, for example 1.0825",
        )
