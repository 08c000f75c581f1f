"""The unit of work: one database transaction, and the only place that commits."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from payments_service.application import ports
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
from payments_service.application.sealing.keys import SealKeys
from payments_service.application.sealing.ports import SealStore
from payments_service.application.settlement.ports import ProvisionalStore, SettlementStore, StandingStore
from payments_service.application.verification.ports import VerificationStore
from payments_service.storage.accounts import AccountRepository
from payments_service.storage.cipher import Cipher
from payments_service.storage.disputes import DisputeRepository
from payments_service.storage.event_polls import EventPollRepository
from payments_service.storage.event_queue import EventQueueRepository
from payments_service.storage.fee_schedules import FeeScheduleRepository
from payments_service.storage.idempotency import IdempotencyRepository
from payments_service.storage.inbox import InboxRepository
from payments_service.storage.ledger.accounts import LedgerAccountRepository
from payments_service.storage.ledger.hold_expiries import HoldExpiryRepository
from payments_service.storage.ledger.reader import LedgerReader
from payments_service.storage.ledger.repository import LedgerRepository
from payments_service.storage.ledger.seals import SealRepository
from payments_service.storage.ledger.transactions import LedgerTransactionReader
from payments_service.storage.ledger.verification.catalogue import VerificationRepository
from payments_service.storage.operations import OperationRepository
from payments_service.storage.outbox import OutboxRepository
from payments_service.storage.payments import PaymentRepository
from payments_service.storage.payouts import PayoutRepository
from payments_service.storage.provisional import ProvisionalRepository
from payments_service.storage.refunds import RefundRepository
from payments_service.storage.retention import RetentionRepository
from payments_service.storage.retry import retry
from payments_service.storage.sequences import SequenceRepository
from payments_service.storage.settlement import SettlementRepository
from payments_service.storage.standing_books import StandingRepository
from payments_service.storage.stripe_objects import ObjectRepository
from payments_service.storage.transfers import TransferRepository

T = TypeVar("T")


class PostgresUnitOfWork:
    """Repositories over one open transaction (`application.ports.UnitOfWork`)."""

    def __init__(self, connection: AsyncConnection, cipher: Cipher, seal_keys: SealKeys) -> None:
        self._connection = connection
        self.idempotency: ports.IdempotencyStore = IdempotencyRepository(connection, cipher)
        self.operations: ports.OperationStore = OperationRepository(connection)
        self.payments: ports.PaymentStore = PaymentRepository(connection)
        self.refunds: ports.RefundStore = RefundRepository(connection)
        self.accounts: ports.AccountStore = AccountRepository(connection)
        self.inbox: InboxStore = InboxRepository(connection)
        self.event_polls: EventPollStore = EventPollRepository(connection)
        self.retention: RetentionStore = RetentionRepository(connection)
        self.event_queue: EventQueue = EventQueueRepository(connection)
        self.disputes: DisputeStore = DisputeRepository(connection)
        self.payouts: PayoutStore = PayoutRepository(connection)
        self.transfers: TransferStore = TransferRepository(connection)
        self.objects: ObjectStore = ObjectRepository(connection)
        self.settlement: SettlementStore = SettlementRepository(connection)
        self.provisional: ProvisionalStore = ProvisionalRepository(connection)
        self.standing: StandingStore = StandingRepository(connection)
        self.fee_schedules: ports.FeeScheduleStore = FeeScheduleRepository(connection)
        self.ledger: LedgerStore = LedgerRepository(connection)
        self.ledger_reads: LedgerReads = LedgerReader(connection)
        self.ledger_accounts: LedgerAccountStore = LedgerAccountRepository(connection)
        self.ledger_transactions: LedgerTransactionReads = LedgerTransactionReader(connection)
        self.hold_expiries: HoldExpiryStore = HoldExpiryRepository(connection)
        self.outbox: ports.OutboxStore = OutboxRepository(connection)
        self.sequences: ports.SequenceStore = SequenceRepository(connection)
        self.seals: SealStore = SealRepository(connection)
        self.verification: VerificationStore = VerificationRepository(connection, seal_keys.fault)

    async def now(self) -> datetime:
        """See the port."""
        time: datetime = (await self._connection.execute(select(func.clock_timestamp()))).scalar_one()
        return time


class PostgresTransactions:
    """Runs closures in transactions (`application.ports.Transactions`)."""

    def __init__(self, engine: AsyncEngine, cipher: Cipher, seal_keys: SealKeys | None = None) -> None:
        self._engine = engine
        self._cipher = cipher
        self._seal_keys = seal_keys or SealKeys([])

    async def run(self, work: Callable[[ports.UnitOfWork], Awaitable[T]]) -> T:
        """See the port."""

        async def once() -> T:
            async with self._engine.begin() as connection:
                return await work(PostgresUnitOfWork(connection, self._cipher, self._seal_keys))

        return await retry(once)
