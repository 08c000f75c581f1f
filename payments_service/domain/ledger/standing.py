"""What stands in the books because of the state of an object: posted for it, and taken back when it no longer holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from payments_service.domain.ids import new_id
from payments_service.domain.ledger.transaction import PostRequest
from payments_service.domain.money import Money


@dataclass(frozen=True, slots=True)
class Standing:
    """A ledger transaction that stands for an object.

    Attributes:
        transaction_id: the ledger transaction.
        account: code of the account that it debits.
        amount: how much of it.
    """

    transaction_id: UUID
    account: str
    amount: Money


@dataclass(slots=True)
class Facts:
    """Requests for the facts of one object, in order, each with a reference that no other has.

    Attributes:
        subject: what they are about, for example `payout:po_1`; begins every reference.
        actor: who posts them.
        posted: how many were posted so far, these included: whoever keeps it does so under the object's lock.
        metadata: of every request.
    """

    subject: str
    actor: str
    posted: int
    metadata: Mapping[str, str] = field(default_factory=dict)
    requests: list[PostRequest] = field(default_factory=list)

    def post(self, description: str, *, forced: bool = True, **content: Any) -> UUID:  # noqa: ANN401 - fields of PostRequest
        """Add a fact; returns the id of its transaction.

        Args:
            description: in words.
            forced: whether it is a fact, which nothing refuses.
            content: fields of `PostRequest` that make it what it is.
        """
        self.posted += 1
        request = PostRequest(
            transaction_id=new_id(),
            reference=f"{self.subject}:{self.posted}",
            forced=forced,
            description=description,
            metadata=self.metadata,
            actor=self.actor,
            **content,
        )
        self.requests.append(request)
        return request.transaction_id
