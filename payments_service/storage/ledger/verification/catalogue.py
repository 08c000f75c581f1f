"""Every check by its name."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.verification.model import Position, Stretch, by_invariant
from payments_service.storage.ledger.verification import (
    balance,
    digests,
    effective_times,
    floors,
    history,
    inbox,
    links,
    numbers,
    overdue,
    payments,
    seals,
    settlement,
)
from payments_service.storage.ledger.verification.runs import RunRepository

RANGES = {
    "I1 postings": balance.CHECK,
    "I2 entries": history.ENTRY_CHECK,
    "I2 accounts": history.ACCOUNT_CHECK,
    "I3 balance transactions": settlement.BOOKED_CHECK,
    "I3 ledger transactions": settlement.KNOWN_CHECK,
    "I3 figures": settlement.FIGURES_CHECK,
    "I4 charges": settlement.ONCE_CHECK,
    "I4 provisional charges": settlement.PROVISIONAL_CHECK,
    "I4 payments": settlement.PAID_CHECK,
    "I5 refunds": payments.REFUNDS_CHECK,
    "I6 floors": floors.CHECK,
    "I7 links": links.LINK_CHECK,
    "I7 remainders": links.TAKEN_CHECK,
    "I7 effective times": effective_times.KNOWN_CHECK,
    "I7 effective sums": effective_times.SUMS_CHECK,
    "I7 effective totals": effective_times.TOTALS_CHECK,
    "I8 inbox": inbox.CHECK,
    "I10 charges": settlement.WAITING_CHECK,
    "I10 accounts": settlement.UNDER_WAY_CHECK,
    "I11 numbered": numbers.NUMBERED_CHECK,
    "I11 numbers": numbers.COUNTED_CHECK,
    "I12 refunds": payments.REFERENCES_CHECK,
}
OVERDUE, DIGESTS, SEALS = "I9 overdue", "I11 digests", "I11 seals"


class VerificationRepository(RunRepository):
    """See `application.verification.ports.VerificationStore`.

    Args:
        connection: with a transaction open.
        fault: what is wrong with a seal by itself, as its key knows it.
    """

    def __init__(self, connection: AsyncConnection, fault: seals.Fault) -> None:
        super().__init__(connection)
        self._fault = fault

    @property
    def checks(self) -> Sequence[str]:
        """See the port."""
        return by_invariant([*RANGES, OVERDUE, DIGESTS, SEALS])

    async def look(self, check: str, position: Position) -> Stretch:
        """See the port."""
        if check in RANGES:
            return await RANGES[check].look(self._connection, check, position)
        if check == SEALS:
            return await seals.look(self._connection, check, position, self._fault)
        if check == DIGESTS:
            return await digests.look(self._connection, check, position)
        return await overdue.look(self._connection, check)
