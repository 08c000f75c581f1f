"""What will be left of a payment: the platform's fee, and a guess at Stripe's."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from payments_service.domain.fee.schedule import share
from payments_service.domain.money import Money


@dataclass(frozen=True, slots=True)
class StripePrice:
    """What Stripe takes of a card payment in one currency: a share in basis points, and a fixed part in minor units.

    Stripe's prices depend on the platform's country and contract (stripe.com/pricing), on the card and on how the money
    settles, so this only serves estimates. The real fee is in the balance transaction.
    """

    basis_points: int
    fixed_minor: int


@dataclass(frozen=True, slots=True)
class PlatformFee:
    """The platform's fee, and the schedule that says so.

    Attributes:
        fee: zero where no schedule is in force.
        schedule_id: None where no schedule is in force.
        version: of that schedule, within its scope.
    """

    fee: Money
    schedule_id: UUID | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class FeeEstimate:
    """What a payment on behalf of a connected account would come to, the platform paying Stripe (destination charge).

    Attributes:
        stripe_fee: None where there is no price for the currency.
    """

    gross: Money
    platform_fee: PlatformFee
    stripe_fee: Money | None

    @property
    def account_net(self) -> Money:
        """What is left for the connected account."""
        return self.gross - self.platform_fee.fee

    @property
    def platform_net(self) -> Money | None:
        """What is left for the platform once it has paid Stripe; below zero where its fee does not cover that."""
        return None if self.stripe_fee is None else self.platform_fee.fee - self.stripe_fee


def estimated_stripe_fee(amount: Money, prices: Mapping[str, StripePrice]) -> Money | None:
    """What Stripe will probably take of an amount that is not negative, at most all of it; None without a price.

    Args:
        amount: what the customer pays.
        prices: by currency.
    """
    price = prices.get(amount.currency)
    if price is None:
        return None
    fee = share(amount.amount_minor, price.basis_points) + price.fixed_minor
    return Money(min(fee, amount.amount_minor), amount.currency)
