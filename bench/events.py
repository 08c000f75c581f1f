"""Events applied with all their effects by one worker, Stripe answering at once, against TPC-B."""

import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime

import psutil
import psycopg
from pydantic import SecretStr

from bench.calls import CPU
from bench.command import main
from bench.events_stripe import AMOUNT, TYPES, InstantStripe
from bench.figures import at_least, best
from bench.ledger.books import check_ledger
from bench.place import Place
from bench.postgres import CPU as POSTGRES_CPU
from bench.postgres import postgres_cpu
from bench.references.pgbench import check_tpc_b, tpc_b, tpc_b_arms
from bench.report import Books, Comparison, Report, Sample, ratio
from bench.rounds import Arm, take_turns
from payments_service.application.background import Background
from payments_service.application.events.record import RecordEvents
from payments_service.application.payments.store import add_payment
from payments_service.application.ports import UnitOfWork
from payments_service.bootstrap import Core, build_loops
from payments_service.cli.development import SANDBOX_API_KEY
from payments_service.config import load_settings
from payments_service.domain.ids import new_id
from payments_service.domain.money import Money
from payments_service.domain.payment.model import ChargeModel, Payment, PaymentState
from payments_service.observability.logging import configure_logging
from payments_service.processors.stripe.adapter import StripeAdapter
from payments_service.transport.collector import settle_collector

_DATABASE = "payments"
_APPLIED, _SETTLED = "events applied", "applied and settled"
_RECORDED_AT_ONCE = 100


class Worker:
    """The worker's loops in this process, and the database that they work on."""

    def __init__(self, core: Core, stripe: InstantStripe) -> None:
        # Before the loops are built, so that all of them ask this one.
        core.stripe = StripeAdapter(stripe, core.settings.stripe_page_size)
        self._core = core
        self._stripe = stripe
        self._rounds = {loop.name: loop._run_once for loop in build_loops(core)}  # noqa: SLF001 - without its pauses
        self._record = RecordEvents(core.recording, Background(), livemode=False)
        self.payments = 0

    async def prepare(self, payments: int) -> None:
        """Store payments that Stripe has taken, and record what it tells of them."""
        new = [_payment() for _ in range(payments)]

        async def add(unit: UnitOfWork) -> None:
            for payment in new:
                await add_payment(unit, payment)

        await self._core.transactions.run(add)
        events = self._stripe.pay([(payment.id, payment.intent_id) for payment in new])
        for start in range(0, len(events), _RECORDED_AT_ONCE):
            await self._record.many(events[start : start + _RECORDED_AT_ONCE])
        self.payments += payments

    async def work(self, name: str) -> None:
        """Let a loop work until there is nothing left to do."""
        while await self._rounds[name]():
            pass


async def measure(place: Place) -> Report:
    """Measure."""
    options = place.options
    server = await place.postgres()
    url = await place.ledger(server, _DATABASE)
    tpc = await tpc_b(place, server)
    settings = load_settings(
        place.keys, database_url=SecretStr(url), stripe_api_key=SecretStr(SANDBOX_API_KEY), worker_metrics_address=""
    )
    postgres = await postgres_cpu(server.postgres_url())
    payments = options.sized(1_000, 250)
    with (place.folder / "worker.log").open("wb") as log:
        configure_logging(settings.log_level, log)
        core = Core(settings, "bench-worker")
        try:
            worker = Worker(core, InstantStripe())
            settle_collector()

            async def turn(*names: str) -> Sample:
                await worker.prepare(payments)
                before, used, started = psutil.Process().cpu_times(), postgres(), time.perf_counter()
                for name in names:
                    await worker.work(name)
                seconds, after = time.perf_counter() - started, psutil.Process().cpu_times()
                events = payments * len(TYPES)
                own = sum(after[:2]) - sum(before[:2])
                details = {CPU: own / events * 1e6, POSTGRES_CPU: (postgres() - used) / events * 1e6}
                await worker.work("settlement")
                return Sample(events / seconds, details)

            arms = (
                *tpc_b_arms(tpc, options.seconds),
                Arm(_APPLIED, "events/s", lambda: turn("inbox")),
                Arm(_SETTLED, "events/s", lambda: turn("inbox", "settlement")),
            )
            rows = await take_turns(arms, options.rounds, place.say)
        finally:
            await core.close()
            configure_logging()
    place.say("checking the books")
    applied, tpcs = rows[_APPLIED], best(*(rows[arm.name].values for arm in arms[:-2]))
    books = await _check(server.postgres_url(_DATABASE), worker.payments) + await check_tpc_b(tpc)
    return Report(
        name="events",
        title="Stripe's events applied by one worker, against TPC-B",
        setting=(
            f"one worker in this process, batches of {settings.worker_batch_max}; Stripe answers at once, in it too",
            f"{payments:,} payments a turn, {len(TYPES)} events each; each is booked provisionally, then settled",
        ),
        rows=tuple(rows.values()),
        comparisons=(
            Comparison(_APPLIED, "events/s", applied.summary, at_least(1_000)),
            ratio(f"{_APPLIED} by TPC-B's best", applied.values, tpcs),
            ratio(f"{_SETTLED} by TPC-B's best", rows[_SETTLED].values, tpcs),
        ),
        books=books,
    )


def _payment() -> Payment:
    """A payment that was created and not yet paid, as far as we know."""
    now, nothing = datetime.now(UTC), Money(0, "usd")
    payment = Payment(
        id=new_id(),
        owner_id="bench",
        reference="",
        amount=Money(AMOUNT, "usd"),
        charge_model=ChargeModel.PLATFORM,
        state=PaymentState.PROCESSING,
        description="an order of the benchmark",
        metadata={},
        livemode=False,
        create_time=now,
        update_time=now,
        amount_captured=nothing,
        amount_refunded=nothing,
        amount_capturable=nothing,
        platform_fee=nothing,
    )
    return replace(payment, reference=f"bench-{payment.id}", intent_id=f"pi_{uuid.uuid4().hex}")


async def _check(url: str, payments: int) -> Books:
    """Whether every event had its effects once, and the ledger's books are right."""
    statement = """
        SELECT (SELECT count(*) FROM payments WHERE state = 'SUCCEEDED' AND balance_transaction_id <> ''),
               (SELECT count(*) FROM stripe_balance_transactions),
               (SELECT count(*) FROM stripe_events WHERE state = 'DONE'), (SELECT count(*) FROM stripe_events)
    """
    async with await psycopg.AsyncConnection.connect(url) as connection:
        row = await (await connection.execute(statement)).fetchone()
    expected = (payments, payments, payments * len(TYPES), payments * len(TYPES))
    if row != expected:
        return Books((), (f"{row} payments, balance transactions, events done and events; {expected} were expected",))
    said = f"{payments:,} payments are paid and settled, once each, and all their events are done"
    # Each is booked provisionally and then by its balance transaction.
    return Books((said,)) + await check_ledger(url, 2 * payments)


if __name__ == "__main__":
    main("events", __doc__ or "", measure)
