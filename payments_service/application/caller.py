"""Who is calling, and what that caller may see."""

import json
from dataclasses import dataclass

from payments_service.domain.errors import PaymentsError, Reason, invalid
from payments_service.domain.value_object import value_object


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller.

    Attributes:
        subject: who it is, unique among callers; part of the scope of idempotency keys.
        scopes: what it may do, for example `payments.write`.
        roles: what the identity provider calls it.
        owner_ids: the owners on whose behalf it acts; None means a backend that acts for all of them. With a set, only
            those owners' resources exist, and with an empty set none do.
    """

    subject: str
    scopes: frozenset[str]
    roles: frozenset[str] = frozenset()
    owner_ids: frozenset[str] | None = None

    def sees(self, owner_id: str) -> bool:
        """Whether resources of this owner exist for the caller."""
        return self.owner_ids is None or owner_id in self.owner_ids

    @property
    def key_scope(self) -> str:
        """What keeps the idempotency keys of one caller's different users apart, where no one owner is named."""
        return "" if self.owner_ids is None else json.dumps(sorted(self.owner_ids))

    def among(self, owner_id: str) -> frozenset[str] | None:
        """The owners whose resources a list shows, given the owner that was asked for (or none); None: everybody's."""
        if not owner_id:
            return self.owner_ids
        return frozenset({owner_id}) if self.owner_ids is None else self.owner_ids & {owner_id}

    def acting_owner(self, owner_id: str) -> str:
        """The owner that a new resource belongs to: as asked for, or the token's only owner.

        Raises:
            PaymentsError: REQUEST_INVALID when a user-delegated token has to name one of several owners, SCOPE_MISSING
                when it names an owner that is not its own.
        """
        if self.owner_ids is None or owner_id in self.owner_ids:
            return owner_id
        if owner_id:
            raise PaymentsError(
                Reason.SCOPE_MISSING,
                "owner_id is not among the token's owners: use one of them, or a backend's token",
            )
        if len(self.owner_ids) == 1:
            return next(iter(self.owner_ids))
        raise invalid("owner_id", "is required: this token acts for several owners, or for none")


@value_object
class IdempotentRequest:
    """One mutating request, as its idempotency key knows it.

    Attributes:
        caller: the principal's subject.
        method: full name of the RPC, for example `payments_api.v1.PaymentService/CreatePayment`.
        key: the caller's idempotency key.
        fingerprint: SHA-256 over the request without its key: a repeat must have the same.
        request_id: of the call, for logs and the ledger.
    """

    caller: str
    method: str
    key: str
    fingerprint: bytes
    request_id: str
