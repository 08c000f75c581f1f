"""What following needs from storage: disputes, payouts, transfers, and whatever else of Stripe is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from payments_service.domain.dispute.model import Dispute, DisputeState
from payments_service.domain.payout.model import Payout, PayoutState
from payments_service.domain.stripe_object.model import ObjectKey, StripeObject
from payments_service.domain.transfer.model import Transfer


@dataclass(frozen=True, slots=True)
class DisputeFilter:
    """Which disputes a list shows; what is None or empty does not filter."""

    owner_ids: frozenset[str] | None = None
    payment_id: UUID | None = None
    connected_account_id: UUID | None = None
    states: frozenset[DisputeState] = frozenset()


@dataclass(frozen=True, slots=True)
class PayoutFilter:
    """Which payouts a list shows; what is None, empty or false does not filter."""

    owner_ids: frozenset[str] | None = None
    connected_account_id: UUID | None = None
    platform_only: bool = False
    states: frozenset[PayoutState] = frozenset()


class DisputeStore(Protocol):
    """Disputes. Whoever changes one that has a payment holds that payment's lock, and takes it first."""

    async def add(self, dispute: Dispute) -> None:
        """Store a new dispute."""
        ...

    async def save(self, dispute: Dispute) -> None:
        """Store a dispute that was read under its lock."""
        ...

    async def get(self, dispute_id: UUID) -> Dispute | None:
        """The dispute."""
        ...

    async def by_stripe(self, stripe_dispute_ids: Sequence[str], *, lock: bool = False) -> dict[str, Dispute]:
        """The disputes with these ids of Stripe; with `lock` locked in id order until the transaction ends."""
        ...

    async def of_payments(self, payment_ids: Sequence[UUID]) -> dict[UUID, list[Dispute]]:
        """All disputes of payments, oldest first, by payment; a payment without any is left out."""
        ...

    async def page(self, which: DisputeFilter, before: UUID | None, limit: int) -> list[Dispute]:
        """Disputes with ids below `before`, newest first."""
        ...


class PayoutStore(Protocol):
    """Payouts."""

    async def add(self, payout: Payout) -> None:
        """Store a new payout."""
        ...

    async def save(self, payout: Payout) -> None:
        """Store a payout that was read under its lock."""
        ...

    async def get(self, payout_id: UUID) -> Payout | None:
        """The payout."""
        ...

    async def by_stripe(self, stripe_payout_ids: Sequence[str], *, lock: bool = False) -> dict[str, Payout]:
        """The payouts with these ids of Stripe; with `lock` locked in id order until the transaction ends."""
        ...

    async def page(self, which: PayoutFilter, before: UUID | None, limit: int) -> list[Payout]:
        """Payouts with ids below `before`, newest first."""
        ...


class TransferStore(Protocol):
    """Transfers to connected accounts."""

    async def add(self, transfer: Transfer) -> None:
        """Store a new transfer."""
        ...

    async def save(self, transfer: Transfer) -> None:
        """Store a transfer that was read under its lock."""
        ...

    async def by_stripe(self, stripe_transfer_ids: Sequence[str], *, lock: bool = False) -> dict[str, Transfer]:
        """The transfers with these ids of Stripe; with `lock` locked in id order until the transaction ends."""
        ...


class ObjectStore(Protocol):
    """Stripe's objects without a model of their own, as they were last seen."""

    async def add(self, seen: StripeObject) -> None:
        """Store an object that is new here."""
        ...

    async def save(self, seen: StripeObject) -> None:
        """Store an object that was read under its lock."""
        ...

    async def lock(self, keys: Sequence[ObjectKey]) -> dict[ObjectKey, StripeObject]:
        """The objects that are known, locked in the order of their keys until the transaction ends."""
        ...
