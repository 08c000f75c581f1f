"""Verifying: every check from its beginning to its end, each stretch in a transaction of its own.

The books may be written meanwhile. What is compared is read by one statement, so it is from one moment. The check that
asks Stripe is none of the store's: no transaction is open while it waits.
"""

from collections.abc import Awaitable, Callable, Sequence

from payments_service.application.ports import Transactions, UnitOfWork
from payments_service.application.verification.mirrors import MirrorCheck
from payments_service.application.verification.model import CheckResult, Position, Stretch, by_invariant

Told = Callable[[CheckResult], None]


class Verify:
    """Runs checks; it may be stopped between any two stretches."""

    def __init__(self, transactions: Transactions, mirrors: MirrorCheck) -> None:
        self._transactions = transactions
        self._mirrors = mirrors

    async def names(self) -> Sequence[str]:
        """The names of the checks."""
        return by_invariant([*await self._transactions.run(_names), self._mirrors.name])

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
            if name == self._mirrors.name:
                stretch = await self._mirrors.look(position)
            else:
                stretch = await self._transactions.run(_looking(name, position))
            result.follow(stretch)
            position = stretch.position
            told(result)
        return result


async def _names(unit: UnitOfWork) -> Sequence[str]:
    return unit.verification.checks


def _looking(name: str, position: Position) -> Callable[[UnitOfWork], Awaitable[Stretch]]:
    return lambda unit: unit.verification.look(name, position)
