"""What an operation means: how its outcome changes our objects, and how it is found again at Stripe."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from payments_service.application.operations.model import Answered, Json, Operation, Refused
from payments_service.application.ports import UnitOfWork
from payments_service.domain.errors import PaymentsError


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying an outcome led to: the use case's result, or the error that is the final answer.

    Attributes:
        client_secret: for the caller of this very call only; never stored.
    """

    result: object | None = None
    error: PaymentsError | None = None
    client_secret: str = ""


class OperationKind(Protocol):
    """One kind of mutating call."""

    kind: str
    execute_for: timedelta
    """How long after its start it may still be sent."""

    async def apply(
        self, unit: UnitOfWork, operation: Operation, outcome: Answered | Refused, now: datetime
    ) -> Applied:
        """Change our objects as Stripe's final answer says, inside the transaction that stores the reply.

        `now` is the database's clock, after the answer had arrived.

        Raises:
            StaleAnswerError: the answer may be older than what is stored; nothing was changed.
        """
        ...

    async def look_again(self, operation: Operation, outcome: Answered | Refused) -> Answered | Refused:
        """The same outcome with the object as it is now.

        Raises:
            PaymentsError: STRIPE_UNAVAILABLE.
        """
        ...

    async def abandon(self, unit: UnitOfWork, operation: Operation, why: str, now: datetime) -> None:
        """Change our objects when it is certain that nothing was done and nothing ever will be."""
        ...

    async def look_up(self, operation: Operation) -> Json | None:
        """The object at Stripe if the operation took effect there, or None if it certainly did not.

        Raises:
            PaymentsError: STRIPE_UNAVAILABLE: ask again later.
        """
        ...

    async def client_secret(self, operation: Operation) -> str:
        """The client secret for a repeat of the call, fetched again since it is never stored.

        Raises:
            PaymentsError: STRIPE_UNAVAILABLE.
        """
        ...
