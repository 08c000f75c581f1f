"""Wires the service: the only place where every layer meets."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from payments_service.application import failpoints
from payments_service.application.accounts.create import CreateAccountOperation, CreateAccountUseCase
from payments_service.application.accounts.read import AccountReader
from payments_service.application.background import Background
from payments_service.application.disputes.read import DisputeReader
from payments_service.application.events.apply import ApplyEvents, ApplySettings
from payments_service.application.events.poll import PollEvents
from payments_service.application.events.read import StripeEventReader
from payments_service.application.events.record import RecordEvents
from payments_service.application.events.replay import ReplayEvents
from payments_service.application.events.retention import Keep, RemoveOld
from payments_service.application.events.watch import WatchInbox
from payments_service.application.fee_schedules import CreateFeeScheduleUseCase, FeeScheduleReader
from payments_service.application.fees import FeeReader
from payments_service.application.follow.follower import Follower
from payments_service.application.follow.news import Fetcher
from payments_service.application.ledger.accounts import LedgerAccounts
from payments_service.application.ledger.expire_holds import ExpireHolds
from payments_service.application.ledger.group_commit import GroupCommit
from payments_service.application.ledger.post import PostTransactions
from payments_service.application.ledger.read import LedgerReader
from payments_service.application.ledger.transactions import LedgerTransactions
from payments_service.application.local_request import LocalRequests
from payments_service.application.lookout import Queue
from payments_service.application.operations.completer import Completer
from payments_service.application.operations.kind import OperationKind
from payments_service.application.operations.runner import OperationRunner
from payments_service.application.outbox.feed import EventFeed
from payments_service.application.outbox.pull import PullEvents
from payments_service.application.payments import cancel, capture, confirm, create
from payments_service.application.payments.read import PaymentReader
from payments_service.application.payments.return_url import ReturnUrls
from payments_service.application.payouts.read import PayoutReader
from payments_service.application.refunds.create import CreateRefundOperation, CreateRefundUseCase
from payments_service.application.refunds.read import RefundReader
from payments_service.application.reporting import StripeBalanceReader
from payments_service.application.sealing.keys import SealKeys
from payments_service.application.sealing.prove import SealProofs
from payments_service.application.sealing.sealer import Sealer
from payments_service.application.sequencing.sequencer import Sequencer
from payments_service.application.settlement.page import PageBooker
from payments_service.application.settlement.ports import Sweep
from payments_service.application.settlement.recheck import Recheck
from payments_service.application.settlement.settle import Settlement
from payments_service.application.settlement.watch import WatchBooks
from payments_service.application.verification.mirrors import MirrorCheck
from payments_service.application.verification.runs import MakeVerifications, Verifications
from payments_service.application.verification.verify import Verify
from payments_service.config import ConfigurationError, Settings
from payments_service.domain.fee.estimate import StripePrice
from payments_service.processors.stripe.adapter import StripeAdapter
from payments_service.processors.stripe.client import StripeClient, StripeSettings
from payments_service.storage.cipher import Cipher, new_key
from payments_service.storage.engine import create_engine
from payments_service.storage.inbox_recording import EventRecordingRepository
from payments_service.storage.ledger.balances import PostgresCurrentBalances
from payments_service.storage.ledger.posting_group import PostgresPostingGroups
from payments_service.storage.lookout import PostgresLookout
from payments_service.storage.unit_of_work import PostgresTransactions
from payments_service.transport.handlers.account import AccountHandlers
from payments_service.transport.handlers.admin import AdminHandlers
from payments_service.transport.handlers.dispute import DisputeHandlers
from payments_service.transport.handlers.event import EventHandlers
from payments_service.transport.handlers.fee import FeeHandlers
from payments_service.transport.handlers.ledger import LedgerHandlers
from payments_service.transport.handlers.payment import PaymentHandlers
from payments_service.transport.handlers.payout import PayoutHandlers
from payments_service.transport.handlers.refund import RefundHandlers
from payments_service.transport.handlers.reporting import ReportingHandlers
from payments_service.transport.handlers.stripe_event import StripeEventHandlers
from payments_service.transport.replies import ProtobufReplyCodec
from payments_service.workers.books_watch import books_watch_loop
from payments_service.workers.completer import completer_loop
from payments_service.workers.event_poll import event_poll_loop
from payments_service.workers.hold_expiry import hold_expiry_loop
from payments_service.workers.inbox import inbox_loop
from payments_service.workers.inbox_watch import inbox_watch_loop
from payments_service.workers.lookout import lookout_loop
from payments_service.workers.loop import Loop
from payments_service.workers.retention import retention_loop
from payments_service.workers.sealer import sealer_loop
from payments_service.workers.sequencer import sequencer_loop
from payments_service.workers.settlement import recheck_loop, settlement_loop
from payments_service.workers.verification import verification_loop

EXECUTE_FOR_CONFIRMED = timedelta(minutes=15)
EXECUTE_FOR = timedelta(hours=1)
LEASE_MARGIN = timedelta(seconds=2)
"""How long after the last moment of a call to Stripe its operation may be taken over."""

_READY_POLL_SECONDS = 0.2
VERIFICATION_POLL_SECONDS = 2.0

UNTOLD_POLL_SECONDS = 5.0
"""How often workers look for themselves that are told of work, in case that nobody tells them."""

SETTLEMENT_POLLS = 5
"""Settlement looks for itself so many times less often than the lookout: it is told what its own process applied."""

FAILPOINT = "PAYMENTS_FAILPOINT"
"""Names a failpoint at which the process kills itself (`operation.after_stripe`, or for one kind of operation
`operation.after_stripe@payment.capture`); for tests against the sandbox only."""

_log = structlog.get_logger(__name__)


class Core:
    """What server and workers have in common: the database, Stripe, and the use cases that they share."""

    def __init__(self, settings: Settings, application_name: str) -> None:
        """Wire it up; nothing is connected yet.

        Raises:
            ConfigurationError: a setting that is needed here is missing or wrong.
        """
        if settings.database_url is None:
            raise ConfigurationError("PAYMENTS_DATABASE_URL: is required here, for example from `payments up`")
        if settings.stripe_api_key is None:
            raise ConfigurationError("PAYMENTS_STRIPE_API_KEY: is required: Stripe's secret or restricted key")
        self.settings = settings
        self.livemode = _livemode(settings.stripe_api_key.get_secret_value())
        self.engine: AsyncEngine = create_engine(
            settings, settings.database_url.get_secret_value(), application_name=application_name
        )
        self.seal_keys = seal_keys(settings)
        cipher = _cipher(settings)
        self.transactions = PostgresTransactions(self.engine, cipher, self.seal_keys)
        self.posting_groups = PostgresPostingGroups(self.engine, cipher)
        self.recording = EventRecordingRepository(self.engine)
        stripe_settings = _stripe_settings(settings, settings.stripe_api_key.get_secret_value())
        self.stripe_client = StripeClient(stripe_settings)
        self.stripe = StripeAdapter(self.stripe_client, settings.stripe_page_size)
        self.mirrors = MirrorCheck(self.transactions, self.stripe)
        self.background = Background()
        self.kinds = _kinds(self.transactions, self.stripe)
        self.lease = timedelta(seconds=stripe_settings.send_seconds_max) + LEASE_MARGIN
        self.runner = OperationRunner(
            self.transactions, self.stripe, ProtobufReplyCodec(), self.kinds, self.background, self.lease
        )
        self.local_requests = LocalRequests(self.transactions, ProtobufReplyCodec(), self.background)
        _arm_failpoint(settings, self.kinds)

    async def probe(self) -> bool:
        """Whether the database answers."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
        return True

    async def close(self) -> None:
        """Wait for work that outlives its call, then close the connections."""
        left = await self.background.drain(self.settings.grpc_drain_seconds)
        if left:
            _log.warning("drain.incomplete", operations=left)
        await self.stripe_client.close()
        await self.engine.dispose()


class ServerApplication:
    """What one server process serves (`transport.application.Application`)."""

    def __init__(self, core: Core) -> None:
        self._core = core
        transactions, stripe, runner = core.transactions, core.stripe, core.runner
        return_urls = ReturnUrls(frozenset(origin.lower().rstrip("/") for origin in core.settings.return_url_origins))
        payments = PaymentReader(transactions)
        ledger = LedgerReader(transactions, PostgresCurrentBalances(core.engine), core.background)
        commit = GroupCommit(core.posting_groups, ProtobufReplyCodec(), core.background)
        self._feed = EventFeed(transactions, core.settings.outbox_poll_ms / 1000, core.settings.outbox_waiters_max)
        self._services: dict[str, object] = {
            "payments_api.v1.PaymentService": PaymentHandlers(
                create.CreatePaymentUseCase(runner, stripe, return_urls, livemode=core.livemode),
                confirm.ConfirmPaymentUseCase(runner, stripe, return_urls),
                capture.CapturePaymentUseCase(runner, stripe),
                cancel.CancelPaymentUseCase(runner, stripe),
                payments,
            ),
            "payments_api.v1.AccountService": AccountHandlers(
                CreateAccountUseCase(runner, stripe, livemode=core.livemode), AccountReader(transactions)
            ),
            "payments_api.v1.RefundService": RefundHandlers(
                CreateRefundUseCase(runner, stripe), RefundReader(transactions)
            ),
            "payments_api.v1.DisputeService": DisputeHandlers(DisputeReader(transactions)),
            "payments_api.v1.PayoutService": PayoutHandlers(PayoutReader(transactions)),
            "payments_api.v1.FeeService": FeeHandlers(
                FeeReader(transactions, payments),
                CreateFeeScheduleUseCase(transactions, core.local_requests),
                FeeScheduleReader(transactions, _stripe_prices(core.settings)),
            ),
            "payments_api.v1.AdminService": AdminHandlers(
                StripeEventReader(transactions),
                ReplayEvents(core.local_requests),
                Verifications(transactions, core.local_requests, core.mirrors),
            ),
            "payments_api.v1.EventService": EventHandlers(PullEvents(transactions, self._feed)),
            "payments_api.v1.LedgerService": LedgerHandlers(
                ledger,
                LedgerAccounts(transactions, core.local_requests),
                PostTransactions(transactions, commit, ProtobufReplyCodec()),
                LedgerTransactions(transactions),
                SealProofs(transactions, core.seal_keys),
            ),
            "payments_api.v1.ReportingService": ReportingHandlers(StripeBalanceReader(transactions, stripe), ledger),
            "payments_api.internal.v1.StripeEventService": StripeEventHandlers(
                RecordEvents(core.recording, core.background, livemode=core.livemode)
            ),
        }

    @property
    def services(self) -> Mapping[str, object]:
        """Handler objects by the full name of their service."""
        return self._services

    async def probe(self) -> bool:
        """Whether it can do its work now."""
        return await self._core.probe()

    def drain(self) -> None:
        """End the waits for events."""
        self._feed.close()

    async def close(self) -> None:
        """Wait for work that outlives its call, then let go of everything."""
        await self._feed.ended()
        await self._core.close()


@asynccontextmanager
async def open_verify(settings: Settings) -> AsyncIterator[Verify]:
    """What verifies the books; it needs the database and the public keys of seals, and Stripe's API key for one check.

    Raises:
        ConfigurationError: a setting is missing or wrong.
    """
    if settings.database_url is None:
        raise ConfigurationError("PAYMENTS_DATABASE_URL: is required here")
    engine = create_engine(settings, settings.database_url.get_secret_value(), application_name="payments-verify")
    client: StripeClient | None = None
    if settings.stripe_api_key is not None:
        client = StripeClient(_stripe_settings(settings, settings.stripe_api_key.get_secret_value()))
    try:
        # Nothing that is encrypted is read, so any key will do.
        transactions = PostgresTransactions(engine, Cipher([new_key("unused")]), seal_keys(settings))
        stripe = StripeAdapter(client, settings.stripe_page_size) if client else None
        yield Verify(transactions, MirrorCheck(transactions, stripe))
    finally:
        if client is not None:
            await client.close()
        await engine.dispose()


async def build_application(settings: Settings) -> ServerApplication:
    """One server process's worth of the service (`transport.application.ApplicationFactory`).

    Raises:
        ConfigurationError: a setting is missing or wrong.
    """
    return ServerApplication(Core(settings, "payments-serve"))


def build_loops(core: Core) -> list[Loop]:
    """The workers of one process."""
    settings = core.settings
    poll = min(settings.worker_poll_ms, settings.outbox_poll_ms) / 1000
    fetcher = Fetcher(core.stripe)
    follower = Follower(core.transactions, fetcher)
    events = ApplyEvents(
        core.transactions, fetcher, ApplySettings(settings.worker_batch_max, settings.event_attempts_max)
    )
    sweep = Sweep(settings.settlement_sweep_seconds, settings.settlement_sweep_connected_seconds)
    pages = PageBooker(core.transactions, core.stripe, follower)
    settlement = Settlement(core.transactions, core.stripe, pages, sweep)
    completer = Completer(core.transactions, core.stripe, core.kinds, core.runner, core.lease)
    inbox = inbox_loop(events, UNTOLD_POLL_SECONDS)
    settling = settlement_loop(settlement, poll * SETTLEMENT_POLLS)
    told = {
        Queue.EVENTS: inbox,
        Queue.STREAMS: sequencer_loop(Sequencer(core.transactions), UNTOLD_POLL_SECONDS),
        Queue.OPERATIONS: completer_loop(completer, UNTOLD_POLL_SECONDS),
        Queue.HOLDS: hold_expiry_loop(ExpireHolds(core.transactions), UNTOLD_POLL_SECONDS),
    }
    inbox.leads_to(settling)
    # While one waits for Stripe, the other takes what has come in since: leases keep them off each other's objects.
    second_inbox = inbox_loop(events, UNTOLD_POLL_SECONDS)
    inbox.works_beside(second_inbox)
    second_inbox.leads_to(settling)
    return [
        lookout_loop(PostgresLookout(core.engine), told, poll),
        *told.values(),
        second_inbox,
        settling,
        event_poll_loop(_poll_events(core)),
        inbox_watch_loop(WatchInbox(core.transactions)),
        retention_loop(RemoveOld(core.transactions, _keep(settings))),
        recheck_loop(Recheck(core.transactions, core.stripe, pages)),
        sealer_loop(Sealer(core.transactions, core.seal_keys), settings.seal_poll_ms / 1000),
        verification_loop(MakeVerifications(core.transactions, core.mirrors), VERIFICATION_POLL_SECONDS),
        books_watch_loop(WatchBooks(core.transactions)),
    ]


def _keep(settings: Settings) -> Keep:
    return Keep(
        bodies=timedelta(days=settings.event_body_days),
        events=timedelta(days=settings.event_days),
        keys=timedelta(days=settings.idempotency_key_days),
    )


def _poll_events(core: Core) -> PollEvents:
    record = RecordEvents(core.recording, core.background, livemode=core.livemode)
    every = Sweep(core.settings.event_poll_seconds, core.settings.event_poll_connected_seconds)
    grace = timedelta(seconds=core.settings.event_poll_grace_seconds)
    return PollEvents(core.transactions, core.stripe, record, every, grace)


async def run_workers(settings: Settings, stopping: asyncio.Event, ready: Callable[[], None] = lambda: None) -> None:
    """Run the workers of one process until `stopping` is set; rounds in progress are finished.

    Args:
        settings: of the service.
        stopping: set it to end.
        ready: called once, when the database has answered.

    Raises:
        ConfigurationError: a setting is missing or wrong.
    """
    core = Core(settings, "payments-worker")
    loops = build_loops(core)
    tasks = [asyncio.create_task(loop.run(), name=loop.name) for loop in loops]
    tasks.append(asyncio.create_task(_tell_when_ready(core, stopping, ready), name="ready"))
    _log.info("workers.started", workers=[loop.name for loop in loops])
    await stopping.wait()
    for loop in loops:
        loop.stop()
    await asyncio.gather(*tasks)
    await core.close()
    _log.info("workers.stopped")


async def _tell_when_ready(core: Core, stopping: asyncio.Event, ready: Callable[[], None]) -> None:
    """Ask the database again and again until it answers; the workers log meanwhile that it does not."""
    while not stopping.is_set():
        try:
            await core.probe()
        except SQLAlchemyError:
            await asyncio.sleep(_READY_POLL_SECONDS)
        else:
            ready()
            return


def _kinds(transactions: PostgresTransactions, stripe: StripeAdapter) -> dict[str, OperationKind]:
    kinds: list[OperationKind] = [
        create.CreatePaymentOperation(create.KIND, EXECUTE_FOR, transactions, stripe),
        create.CreatePaymentOperation(create.KIND_CONFIRMED, EXECUTE_FOR_CONFIRMED, transactions, stripe),
        confirm.ConfirmPaymentOperation(confirm.KIND, EXECUTE_FOR_CONFIRMED, transactions, stripe),
        capture.CapturePaymentOperation(capture.KIND, EXECUTE_FOR, transactions, stripe),
        cancel.CancelPaymentOperation(cancel.KIND, EXECUTE_FOR, transactions, stripe),
        CreateAccountOperation(EXECUTE_FOR, transactions, stripe),
        CreateRefundOperation(EXECUTE_FOR, transactions, stripe),
    ]
    return {kind.kind: kind for kind in kinds}


def _cipher(settings: Settings) -> Cipher:
    try:
        return Cipher([key.get_secret_value() for key in settings.encryption_keys])
    except ValueError as error:
        raise ConfigurationError(f"PAYMENTS_ENCRYPTION_KEYS: {error}") from None


def seal_keys(settings: Settings) -> SealKeys:
    """The keys of seals.

    Raises:
        ConfigurationError: one of them is malformed.
    """
    private = [key.get_secret_value() for key in settings.seal_keys]
    try:
        return SealKeys(private, settings.seal_public_keys)
    except ValueError as error:
        raise ConfigurationError(f"PAYMENTS_SEAL_KEYS, PAYMENTS_SEAL_PUBLIC_KEYS: {error}") from None


def _stripe_settings(settings: Settings, api_key: str) -> StripeSettings:
    return StripeSettings(
        api_key=api_key,
        api_base=settings.stripe_api_base,
        timeout_seconds=settings.stripe_timeout_ms / 1000,
        attempts_max=settings.stripe_attempts_max,
    )


def _stripe_prices(settings: Settings) -> dict[str, StripePrice]:
    return {currency: StripePrice(*price) for currency, price in settings.stripe_fee_estimate.items()}


def _livemode(api_key: str) -> bool:
    """Whether a key works on real money, as its prefix says (docs.stripe.com/keys)."""
    return api_key.startswith(("sk_live_", "rk_live_"))


def _arm_failpoint(settings: Settings, kinds: Collection[str]) -> None:
    name = os.environ.get(FAILPOINT)
    if not name:
        return
    if not settings.stripe_is_sandbox:
        raise ConfigurationError(f"{FAILPOINT}: only works against a sandbox on this machine: unset it")
    try:
        failpoints.arm(name, lambda: os.kill(os.getpid(), signal.SIGKILL), kinds)
    except ValueError as error:
        raise ConfigurationError(f"{FAILPOINT}: {error}") from None
