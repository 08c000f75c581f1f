"""Charges in one currency that settle in another: https://docs.stripe.com/currencies/conversions."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from stripe_sandbox.balance.currencies import exponent
from stripe_sandbox.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class Settled:
    """An amount as it reaches the balance, in minor units of `currency`; `rate` is None if nothing was converted."""

    amount: int
    currency: str
    rate: Decimal | None = None

    @property
    def shown_rate(self) -> float | None:
        """The rate as `exchange_rate` of a balance transaction."""
        return None if self.rate is None else float(self.rate)


def settled(rates: Mapping[str, Decimal], home: str, amount: int, currency: str) -> Settled:
    """What `amount` becomes on an account that converts the currencies in `rates` into `home`."""
    rate = rates.get(currency) if currency != home else None
    return Settled(amount, currency) if rate is None else Settled(_convert(amount, currency, home, rate), home, rate)


def settled_like(rates: Mapping[str, Decimal], booked: JsonObject | None, amount: int, currency: str) -> Settled:
    """What `amount` becomes of a charge that was booked as `booked`: at today's rate, or else at that of the charge."""
    if booked is None or booked["currency"] == currency:
        return Settled(amount, currency)
    home: str = booked["currency"]
    rate = rates.get(currency) or Decimal(str(booked["exchange_rate"]))
    return Settled(_convert(amount, currency, home, rate), home, rate)


def _convert(amount: int, currency: str, home: str, rate: Decimal) -> int:
    """The amount at `rate`, which is between major units, rounded half away from zero."""
    exact = Decimal(amount) * rate * Decimal(10) ** (exponent(home) - exponent(currency))
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))
