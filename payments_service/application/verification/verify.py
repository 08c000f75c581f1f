"""Verifying: every check from its beginning to its end, each stretch in a transaction of its own.

The books may be written meanwhile. What is compared is read by one statement, so it is from one moment.
"""

from collections.abc import Awaitable, Callable, Sequence

from payments_service.application.ports import Transactions, UnitOfWork
from payments_service.application.verification.model import FINDINGS_MAX, CheckResult, Position, Stretch

Told = Callable[[CheckResult], None]


class Verify:
    """Runs checks; it may be stopped between any two stretches."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def names(self) -> Sequence[str]:
        """The names of the checks."""
        return await self._transactions.run(_names)

    async def run(self, checks: Sequence[str], told: Told = lambda _: None) -> list[CheckResult]:
        """Run these checks one after the other, telling after each stretch how far one has come.

        Raises:
            PaymentsError: DATABASE_UNAVAILABLE.
        """
        return [await self._check(name, told) for name in checks]

    async def _check(self, name: str, told: Told) -> CheckResult:
        result = CheckResult(name)
        position: Position | None = {}
        while position is not None:
            stretch = await self._transactions.run(_looking(name, position))
            result.rows += stretch.rows
            result.findings += stretch.findings[: FINDINGS_MAX - len(result.findings)]
            position = stretch.position
            result.done = position is None
            told(result)
        return result


async def _names(unit: UnitOfWork) -> Sequence[str]:
    return unit.verification.checks


def _looking(name: str, position: Position) -> Callable[[UnitOfWork], Awaitable[Stretch]]:
    return lambda unit: unit.verification.look(name, position)
