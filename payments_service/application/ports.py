"""What the use cases need from the outside, as they see it: storage, Stripe, and the shape of replies."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from payments_service.application.events.model import EventRow, StripeEvent
from payments_service.application.operations.model import Json, Operation, OperationState, Outcome, StripeCall
from payments_service.domain.errors import PaymentsError
from payments_service.domain.ledger.outcome import Outcome as PostOutcome
from payments_service.domain.ledger.transaction import PostRequest
from payments_service.domain.ledger.views import Balance, HistoryLine, TrialBalance
from payments_service.domain.payment.model import IntentSnapshot, Payment, PaymentState
from payments_service.domain.settlement.model import BalanceTransaction

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class StoredOutcome:
    """A final answer, kept so that a repeat gets the same: a reply, byte for byte, or an error.

    Attributes:
        reply: the encoded reply; None for an error.
        error: the error; None for a reply.
    """

    reply: bytes | None = None
    error: PaymentsError | None = None


@dataclass(frozen=True, slots=True)
class PaymentFilter:
    """Which payments a list shows; what is None or empty does not filter."""

    owner_ids: frozenset[str] | None = None
    reference: str = ""
    states: frozenset[PaymentState] = frozenset()
    create_time_from: datetime | None = None
    create_time_before: datetime | None = None
    needs_follow_up: bool = False


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

    async def get(self, payment_id: UUID) -> Payment | None:
        """The payment, without locking it."""
        ...

    async def lock(self, payment_ids: Sequence[UUID]) -> dict[UUID, Payment]:
        """The payments that exist, locked in id order until the transaction ends."""
        ...

    async def by_intent(self, intent_ids: Sequence[str]) -> dict[str, UUID]:
        """Ids of the payments with these Stripe payment intents."""
        ...

    async def page(self, which: PaymentFilter, before: UUID | None, limit: int) -> list[Payment]:
        """Payments with ids below `before`, newest first."""
        ...


class InboxStore(Protocol):
    """Stripe's events."""

    async def add(self, event: StripeEvent, *, refused: str = "") -> bool:
        """Store an event; False when it was stored before. `refused` says why it must have no effect."""
        ...

    async def lease_due(self, limit: int, seconds: float) -> tuple[datetime, list[EventRow]]:
        """Lease events that are due, oldest first, with the database's time of the lease."""
        ...

    async def done(self, event_ids: Sequence[UUID]) -> None:
        """Record that events have had their effect."""
        ...

    async def postpone(self, event_id: UUID, seconds: float, error: str) -> None:
        """Record that an event failed for now, and try again later."""
        ...

    async def park(self, event_id: UUID, error: str) -> None:
        """Record that an event failed for good: it waits for a person."""
        ...


@dataclass(frozen=True, slots=True)
class DueAccount:
    """A Stripe account whose balance transactions are to be listed.

    Attributes:
        stripe_account: Stripe's id; empty for the platform.
        due_count: how often it had been marked due when it was leased, so that a mark made meanwhile is not lost.
        settled_through: `created` of the newest balance transaction that is booked, in whole seconds.
    """

    stripe_account: str
    due_count: int
    settled_through: datetime | None


@dataclass(frozen=True, slots=True)
class SettledFee:
    """One balance transaction of a payment, with its fees, as reports need it."""

    payment_id: UUID
    transaction: BalanceTransaction


class SettlementStore(Protocol):
    """Balance transactions that are booked, and accounts whose are to be."""

    async def mark_due(self, stripe_accounts: Sequence[str]) -> None:
        """Ask for these accounts to be settled soon."""
        ...

    async def lease_due(self, limit: int, seconds: float, sweep_seconds: float) -> list[DueAccount]:
        """Lease accounts that are marked due, or were not settled for `sweep_seconds`."""
        ...

    async def settled(self, account: DueAccount, through: datetime | None) -> None:
        """Record that everything up to `through` is booked, and give the lease back."""
        ...

    async def postpone(self, account: DueAccount, seconds: float) -> None:
        """Give the lease of an account back with its mark, to be tried again after `seconds`."""
        ...

    async def booked(self, transaction_ids: Sequence[str]) -> set[str]:
        """Which of these balance transactions are booked already."""
        ...

    async def add(self, rows: Sequence[tuple[BalanceTransaction, UUID | None, UUID | None]]) -> None:
        """Store balance transactions, each with the payment it belongs to and its ledger transaction, if any."""
        ...

    async def of_payments(self, payment_ids: Sequence[UUID]) -> list[SettledFee]:
        """Booked balance transactions of payments, oldest first."""
        ...


class LedgerStore(Protocol):
    """The ledger inside a transaction."""

    async def post(self, requests: Sequence[PostRequest]) -> Sequence[PostOutcome]:
        """Decide and write a batch of requests, in order."""
        ...


class LedgerReads(Protocol):
    """What the ledger can be asked, inside a transaction."""

    async def balance(self, which: str | UUID, record_time: datetime | None = None) -> Balance | None:
        """The balance of an account, by id or code, now or as it was recorded at a time; None: no such account."""
        ...

    async def entries(self, account_id: UUID, before_version: int | None, limit: int) -> list[HistoryLine]:
        """Entries with versions below `before_version`, newest first."""
        ...

    async def trial_balance(self, currency: str | None = None) -> TrialBalance:
        """Every account that has entries, from one moment of the books."""
        ...


class UnitOfWork(Protocol):
    """One database transaction: what is done through it commits together or not at all."""

    idempotency: IdempotencyStore
    operations: OperationStore
    payments: PaymentStore
    inbox: InboxStore
    settlement: SettlementStore
    ledger: LedgerStore
    ledger_reads: LedgerReads

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


@dataclass(frozen=True, slots=True)
class CreateIntent:
    """What to ask Stripe for when a payment is created."""

    payment: Payment
    operation_id: str
    payment_method: str
    confirm: bool
    return_url: str


@dataclass(frozen=True, slots=True)
class BalanceAtStripe:
    """Stripe's balance in one currency, in minor units."""

    currency: str
    available: int
    pending: int


class Stripe(Protocol):
    """Stripe, in our words."""

    def create_intent(self, command: CreateIntent) -> StripeCall:
        """The call that creates a payment intent."""
        ...

    def confirm_intent(self, intent_id: str, payment_method: str, return_url: str) -> StripeCall:
        """The call that confirms a payment intent."""
        ...

    async def send(self, call: StripeCall, idempotency_key: str) -> Outcome:
        """Make a mutating call; repeats it with the same key while that is safe and time allows."""
        ...

    async def find_intent(self, operation_id: str, payment_id: str, since: datetime) -> Json | None:
        """The payment intent that an operation created, if it exists."""
        ...

    async def fetch_intent(self, intent_id: str) -> Json | None:
        """A payment intent with its charge, or None when there is none.

        Raises:
            PaymentsError: STRIPE_UNAVAILABLE.
        """
        ...

    def intent(self, body: Json) -> IntentSnapshot:
        """Stripe's JSON as our type."""
        ...

    async def balance(self) -> list[BalanceAtStripe]:
        """The platform's balance, one a currency.

        Raises:
            PaymentsError: STRIPE_UNAVAILABLE.
        """
        ...

    async def balance_transactions(
        self, stripe_account: str, *, since: datetime | None, after: str
    ) -> tuple[list[BalanceTransaction], bool]:
        """A page of an account's balance transactions, newest first, and whether there are more.

        Args:
            stripe_account: Stripe's id; empty for the platform.
            since: leave out what was created before.
            after: the last id of the page before; empty for the first page.

        Raises:
            PaymentsError: STRIPE_UNAVAILABLE.
        """
        ...


class ReplyCodec(Protocol):
    """The encoded form of replies, which is stored for repeats."""

    def encode(self, method: str, result: object) -> bytes:
        """The reply of an RPC for a use case's result."""
        ...
