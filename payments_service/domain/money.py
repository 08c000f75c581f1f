"""Money: a whole number of minor units of one currency."""

from payments_service.domain.currency import SUPPORTED
from payments_service.domain.errors import Reason, invalid
from payments_service.domain.value_object import value_object

AMOUNT_MINOR_MAX = 10**12
"""The largest amount of one posting, either way: far above any real payment, far below what 64 bits hold."""


@value_object
class Money:
    """An amount of one currency.

    Attributes:
        amount_minor: minor units as Stripe counts them; may be negative where a balance or a correction is meant.
        currency: ISO 4217 code in lower case.
    """

    amount_minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        """The sum; both must be of one currency."""
        self._same(other)
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        """The difference; both must be of one currency."""
        self._same(other)
        return Money(self.amount_minor - other.amount_minor, self.currency)

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise ValueError(f"cannot combine {self.currency} with {other.currency}")


def money_from_input(amount_minor: int, currency_code: str, field: str) -> Money:
    """Money as a caller gave it, with the currency in lower case.

    Raises:
        PaymentsError: REQUEST_INVALID for an amount beyond the cap, CURRENCY_UNSUPPORTED for a currency that is not
            supported; both name `field`.
    """
    currency = currency_from_input(currency_code, f"{field}.currency_code")
    if abs(amount_minor) > AMOUNT_MINOR_MAX:
        raise invalid(f"{field}.amount_minor", f"must be at most {AMOUNT_MINOR_MAX} minor units either way")
    return Money(amount_minor, currency)


def currency_from_input(currency_code: str, field: str) -> str:
    """A currency as a caller gave it, in lower case.

    Raises:
        PaymentsError: CURRENCY_UNSUPPORTED, naming `field`.
    """
    currency = currency_code.lower()
    if currency not in SUPPORTED:
        raise invalid(
            field,
            f"{currency_code!r} is not a supported currency: use an ISO 4217 code that Stripe supports, such as usd",
            Reason.CURRENCY_UNSUPPORTED,
        )
    return currency
