"""What settlement needs from storage besides balance transactions."""

from collections.abc import Sequence
from typing import Protocol

from payments_service.domain.settlement.provisional import ProvisionalCharge, ProvisionalState


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
