"""What group commit needs from storage."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from payments_service.application.ledger.ports import LedgerLookups
from payments_service.application.ports import Claim, CompletedKey
from payments_service.domain.ledger.account import Account
from payments_service.domain.ledger.books import Target
from payments_service.domain.ledger.decide import decide
from payments_service.domain.ledger.outcome import Decision
from payments_service.domain.ledger.transaction import PostRequest, Transaction
from payments_service.domain.value_object import value_object

T = TypeVar("T")


@value_object
class Begun:
    """What is known once a group's transaction has begun.

    Attributes:
        claims: those of the group's idempotency keys that are claimed already, by digest.
        accounts: that its requests name, by code; locked.
        existing: transactions with the references of its requests.
        targets: what its requests act on, by transaction.
        now: by the database's clock, after the locks.
    """

    claims: Mapping[bytes, Claim]
    accounts: Mapping[str, Account]
    existing: Mapping[str, Transaction]
    targets: Mapping[UUID, Target]
    now: datetime

    def decide(self, requests: Sequence[PostRequest]) -> Decision:
        """Decide requests, all or some of those that the group has begun with, in order."""
        return decide(self.accounts, self.existing, self.targets, requests, self.now)


class PostingGroup(LedgerLookups, Protocol):
    """One transaction for a group of calls that post. Lookups before it begins read what cannot change any more."""

    async def begin(self, digests: Sequence[bytes], requests: Sequence[PostRequest]) -> Begun:
        """Begin, look for the keys, and lock what the requests need."""
        ...

    async def commit(self, decision: Decision, keys: Callable[[], Sequence[CompletedKey]]) -> None:
        """Write a decision and new keys with their outcomes, and commit.

        Args:
            decision: may be empty.
            keys: makes the keys; called once, while the decision is being written. One that somebody else has stored
                meanwhile fails the transaction.
        """
        ...


class PostingGroups(Protocol):
    """Runs closures with a group."""

    async def run(self, work: Callable[[PostingGroup], Awaitable[T]]) -> T:
        """Run a closure; again when it failed for a passing reason, and undone when it failed for another.

        Raises:
            PaymentsError: DATABASE_UNAVAILABLE.
        """
        ...
