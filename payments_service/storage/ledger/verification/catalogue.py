"""Every check by its name."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.verification.model import Finding, Position, Stretch
from payments_service.storage import settlement_checks
from payments_service.storage.ledger.verification import (
    balance,
    effective_times,
    floors,
    history,
    links,
    numbers,
    overdue,
    payments,
    seals,
)
from payments_service.storage.ledger.verification.runs import RunRepository

RANGES = {
    "I1 postings": balance.CHECK,
    "I2 entries": history.ENTRY_CHECK,
    "I2 accounts": history.ACCOUNT_CHECK,
    "I5 refunds": payments.REFUNDS_CHECK,
    "I6 floors": floors.CHECK,
    "I7 links": links.LINK_CHECK,
    "I7 remainders": links.TAKEN_CHECK,
    "I7 effective times": effective_times.KNOWN_CHECK,
    "I7 effective sums": effective_times.SUMS_CHECK,
    "I7 effective totals": effective_times.TOTALS_CHECK,
    "I11 numbered": numbers.NUMBERED_CHECK,
    "I11 numbers": numbers.COUNTED_CHECK,
    "I12 refunds": payments.REFERENCES_CHECK,
}
SETTLEMENT = {
    f"{invariant} {what}": invariant
    for invariant, what in (("I3", "balance transactions"), ("I4", "charges"), ("I10", "windows"))
}
OVERDUE, SEALS = "I9 overdue", "I11 seals"


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
        names = [*RANGES, *SETTLEMENT, OVERDUE, SEALS]
        return sorted(names, key=lambda name: int(name.partition(" ")[0][1:]))

    async def look(self, check: str, position: Position) -> Stretch:
        """See the port."""
        if check in RANGES:
            return await RANGES[check].look(self._connection, check, position)
        if check == SEALS:
            return await seals.look(self._connection, check, position, self._fault)
        if check == OVERDUE:
            return await overdue.look(self._connection, check)
        found = await settlement_checks.findings(self._connection, SETTLEMENT[check])
        return Stretch(findings=tuple(Finding(check, "", message) for message in found))
