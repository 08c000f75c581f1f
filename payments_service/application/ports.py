"""What the use cases need from the outside, as they see it: storage and the shape of replies. Stripe is next door."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from payments_service.application.events.ports import (
    EventPollStore,
    EventQueue,
    InboxStore,
    RetentionStore,
)
from payments_service.application.follow.ports import DisputeStore, ObjectStore, PayoutStore, TransferStore
from payments_service.application.ledger.ports import (
    HoldExpiryStore,
    LedgerAccountStore,
    LedgerReads,
    LedgerStore,
    LedgerTransactionReads,
)
from payments_service.application.operations.model import Operation, OperationState
from payments_service.application.outbox.model import EventFilter, NumberedEvent
from payments_service.application.sealing.ports import SealStore
from payments_service.application.sequencing.model import Head, Numbering, Stream
from payments_service.application.settlement.ports import ProvisionalStore, SettlementStore, StandingStore
from payments_service.application.verification.ports import VerificationStore
from payments_service.domain.account.model import ConnectedAccount
from payments_service.domain.errors import PaymentsError
from payments_service.domain.fee.schedule import FeeKind, FeeSchedule
from payments_service.domain.outbox import OutboxEvent
from payments_service.domain.payment.model import Payment, PaymentState
from payments_service.domain.refund.model import Refund, RefundState
from payments_service.domain.value_object import value_object

T = TypeVar("T")


@value_object
class Claim:
    """An idempotency key as it is stored.

    Attributes:
        operation_id: the operation that answers it.
        time: the database's clock when it was asked.
        is_new: whether it was claimed just now, in this transaction.
        outcome: the stored reply or error, once there is one.
    """

    fingerprint: bytes
    operation_id: UUID
    time: datetime
    is_new: bool = False
    outcome: "StoredOutcome | None" = None


@value_object
class StoredOutcome:
    """A final answer, kept so that a repeat gets the same: a reply, byte for byte, or an error.

    Attributes:
        reply: the encoded reply; None for an error.
        error: the error; None for a reply.
    """

    reply: bytes | None = None
    error: PaymentsError | None = None


@value_object
class CompletedKey:
    """An idempotency key with its final outcome, to be stored in one go.

    Attributes:
        digest: identifies the key.
        operation_id: of the call that it answers.
    """

    digest: bytes
    fingerprint: bytes
    operation_id: UUID
    outcome: StoredOutcome


@dataclass(frozen=True, slots=True)
class PaymentFilter:
    """Which payments a list shows; what is None or empty does not filter."""

    owner_ids: frozenset[str] | None = None
    reference: str = ""
    states: frozenset[PaymentState] = frozenset()
    create_time_from: datetime | None = None
    create_time_before: datetime | None = None
    needs_follow_up: bool = False
    connected_account_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class RefundFilter:
    """Which refunds a list shows; what is None or empty does not filter."""

    owner_ids: frozenset[str] | None = None
    payment_id: UUID | None = None
    states: frozenset[RefundState] = frozenset()


@dataclass(frozen=True, slots=True)
class FeeScheduleFilter:
    """Which fee schedules a list shows; what is None does not filter."""

    kind: FeeKind | None = None
    account_id: UUID | None = None
    general_only: bool = False
    effective_time_from: datetime | None = None
    effective_time_before: datetime | None = None


class IdempotencyStore(Protocol):
    """Idempotency keys and their stored outcomes."""

    async def claim(self, digest: bytes, fingerprint: bytes, operation_id: UUID) -> Claim:
        """Claim a key for an operation, or return the claim that exists; waits for a concurrent one to commit."""
        ...

    async def complete(self, digest: bytes, outcome: StoredOutcome) -> None:
        """Store the final outcome."""
        ...

    async def release(self, digest: bytes) -> None:
        """Give the key up: nothing happened, and a repeat starts afresh."""
        ...

    async def outcome(self, digest: bytes) -> StoredOutcome | None:
        """The stored outcome, if there is one."""
        ...


class OperationStore(Protocol):
    """Calls to Stripe and their state."""

    async def add(self, operation: Operation) -> None:
        """Store a new operation."""
        ...

    async def get(self, operation_id: UUID) -> Operation | None:
        """The operation, without locking it."""
        ...

    async def lock(self, operation_id: UUID) -> tuple[Operation, datetime]:
        """The operation, locked until the transaction ends, and the database's clock just before the lock."""
        ...

    async def finish(self, operation_id: UUID, state: OperationState, error: str = "") -> None:
        """Record that its outcome is known."""
        ...

    async def postpone(self, operation_id: UUID, next_attempt_time: datetime, error: str) -> None:
        """Record that its outcome is still unknown, and when to try again."""
        ...

    async def accounts_under_way(self, stripe_accounts: Sequence[str]) -> set[str]:
        """Those of these connected accounts for which a call has no known outcome yet."""
        ...

    async def active_on(self, object_id: UUID) -> UUID | None:
        """The operation about an object whose outcome is not known yet, if there is one."""
        ...

    async def lease_due(self, limit: int, seconds: float) -> list[Operation]:
        """Lease operations in progress that nobody is at and whose time for an attempt has come."""
        ...


class PaymentStore(Protocol):
    """Payments."""

    async def add(self, payment: Payment) -> None:
        """Store a new payment."""
        ...

    async def save(self, payment: Payment) -> None:
        """Store a payment that was read under its lock."""
        ...

    async def save_all(self, payments: Sequence[Payment]) -> None:
        """Store payments that were read under their locks."""
        ...

    async def get(self, payment_id: UUID) -> Payment | None:
        """The payment, without locking it."""
        ...

    async def many(self, payment_ids: Sequence[UUID]) -> dict[UUID, Payment]:
        """The payments that exist, without locking them."""
        ...

    async def lock(self, payment_ids: Sequence[UUID]) -> dict[UUID, Payment]:
        """The payments that exist, locked in id order until the transaction ends."""
        ...

    async def by_intent(self, intent_ids: Sequence[str]) -> dict[str, UUID]:
        """Ids of the payments with these Stripe payment intents."""
        ...

    async def settled(self, balance_transaction_ids: Mapping[UUID, str]) -> None:
        """Record the balance transactions of the charges of payments that are locked."""
        ...

    async def page(self, which: PaymentFilter, before: UUID | None, limit: int) -> list[Payment]:
        """Payments with ids below `before`, newest first."""
        ...


class RefundStore(Protocol):
    """Refunds. Whoever changes a refund holds its payment's lock."""

    async def add(self, refund: Refund) -> None:
        """Store a new refund."""
        ...

    async def save(self, refund: Refund) -> None:
        """Store a refund that was read under its payment's lock."""
        ...

    async def get(self, refund_id: UUID) -> Refund | None:
        """The refund."""
        ...

    async def of_payments(self, payment_ids: Sequence[UUID]) -> dict[UUID, list[Refund]]:
        """All refunds of payments, oldest first, by payment; a payment without any is left out."""
        ...

    async def by_stripe(self, stripe_refund_ids: Sequence[str]) -> dict[str, Refund]:
        """The refunds with these ids of Stripe."""
        ...

    async def page(self, which: RefundFilter, before: UUID | None, limit: int) -> list[Refund]:
        """Refunds with ids below `before`, newest first."""
        ...


class AccountStore(Protocol):
    """Connected accounts."""

    async def add(self, account: ConnectedAccount) -> None:
        """Store a new account."""
        ...

    async def save(self, account: ConnectedAccount) -> None:
        """Store an account that was read under its lock."""
        ...

    async def get(self, account_id: UUID) -> ConnectedAccount | None:
        """The account, without locking it."""
        ...

    async def many(self, account_ids: Sequence[UUID]) -> dict[UUID, ConnectedAccount]:
        """The accounts that exist, without locking them."""
        ...

    async def lock(self, account_ids: Sequence[UUID]) -> dict[UUID, ConnectedAccount]:
        """The accounts that exist, locked in id order until the transaction ends."""
        ...

    async def by_owner(self, owner_id: str) -> ConnectedAccount | None:
        """The owner's account; one that failed to be created does not count."""
        ...

    async def by_stripe(self, stripe_accounts: Sequence[str]) -> dict[str, ConnectedAccount]:
        """The accounts with these ids of Stripe."""
        ...

    async def stripe_page(self, *, after: str, limit: int) -> list[ConnectedAccount]:
        """Accounts that are at Stripe, in the order of Stripe's ids, from after this one on."""
        ...


class FeeScheduleStore(Protocol):
    """Fee schedules, which are only ever added."""

    async def next_version(self, kind: FeeKind, account_id: UUID | None) -> int:
        """The next version of a scope, None being all accounts; whoever else asks waits until this transaction ends."""
        ...

    async def add(self, schedule: FeeSchedule) -> None:
        """Store a new schedule."""
        ...

    async def get(self, schedule_id: UUID) -> FeeSchedule | None:
        """The schedule."""
        ...

    async def in_force(self, kind: FeeKind, account_id: UUID | None, at: datetime, currency: str) -> list[FeeSchedule]:
        """Those that may count at a time: for each currency the newest of the account's own and of the general ones.

        An empty `currency` means all of them.
        """
        ...

    async def page(self, which: FeeScheduleFilter, before: UUID | None, limit: int) -> list[FeeSchedule]:
        """Schedules with ids below `before`, newest first."""
        ...


class OutboxStore(Protocol):
    """Events for other backends."""

    async def add(self, events: Sequence[OutboxEvent]) -> None:
        """Tell other backends, with the commit; in this order where they are about one resource."""
        ...

    async def read(self, after: int, through: int, which: EventFilter, limit: int) -> list[NumberedEvent]:
        """Numbered events above `after`, up to and with `through`, that match, oldest first."""
        ...


class SequenceStore(Protocol):
    """Numbers of streams."""

    async def head(self, stream: Stream) -> Head:
        """How far a stream has come."""
        ...

    async def number(self, stream: Stream, limit: int) -> Numbering:
        """Give the oldest rows that wait in a stream their numbers, unless another worker is at it."""
        ...


class UnitOfWork(Protocol):
    """One database transaction: what is done through it commits together or not at all."""

    idempotency: IdempotencyStore
    operations: OperationStore
    payments: PaymentStore
    refunds: RefundStore
    accounts: AccountStore
    disputes: DisputeStore
    payouts: PayoutStore
    transfers: TransferStore
    objects: ObjectStore
    event_queue: EventQueue
    inbox: InboxStore
    event_polls: EventPollStore
    retention: RetentionStore
    settlement: SettlementStore
    provisional: ProvisionalStore
    standing: StandingStore
    fee_schedules: FeeScheduleStore
    ledger: LedgerStore
    ledger_reads: LedgerReads
    ledger_accounts: LedgerAccountStore
    ledger_transactions: LedgerTransactionReads
    hold_expiries: HoldExpiryStore
    outbox: OutboxStore
    sequences: SequenceStore
    seals: SealStore
    verification: VerificationStore

    async def now(self) -> datetime:
        """The database's clock at this moment (not at the start of the transaction)."""
        ...


class Transactions(Protocol):
    """Runs work in database transactions. Nobody else commits."""

    async def run(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        """Run `work` in a transaction and commit.

        It is all run again on serialisation failures, deadlocks and lost connections, so `work` must bear that.

        Raises:
            PaymentsError: DATABASE_UNAVAILABLE when the database cannot be reached.
        """
        ...


class ReplyCodec(Protocol):
    """The encoded form of replies, which is stored for repeats."""

    def encode(self, method: str, result: object) -> bytes:
        """The reply of an RPC for a use case's result."""
        ...
