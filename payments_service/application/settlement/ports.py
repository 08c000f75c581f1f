"""What settlement needs from storage besides balance transactions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from payments_service.domain.settlement.model import ProvisionalCharge, ProvisionalState


class ProvisionalStore(Protocol):
    """Charges that are booked before Stripe has booked them. Whoever reads or changes one holds its payment's lock."""

    async def add(self, charges: Sequence[ProvisionalCharge]) -> None:
        """Store new ones."""
        ...

    async def of_charges(self, charge_ids: Sequence[str]) -> dict[str, ProvisionalCharge]:
        """Those of charges, whatever has become of them, by charge."""
        ...

    async def end(self, charge_ids: Sequence[str], state: ProvisionalState) -> None:
        """Record what has become of those that stand."""
        ...


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in the books at a moment. Amounts are minor units by currency, ages seconds, 0 when nothing does.

    Attributes:
        suspense: what suspense accounts hold, each without its sign.
        receivable: what owners and connected accounts owe.
        unsettled_seconds: age of the oldest charge that is booked provisionally.
        in_transit_seconds: age of the oldest payout of the platform that has neither arrived nor come back.
    """

    suspense: Mapping[str, int]
    receivable: Mapping[str, int]
    unsettled_seconds: float
    in_transit_seconds: float


class StandingStore(Protocol):
    """What stands in the books, in a transaction."""

    async def standing(self) -> Standing:
        """What stands now."""
        ...
