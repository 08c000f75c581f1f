"""Writers that commit late, sequencers that run twice, readers that crash: each event is read once, in one order."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from payments_service.application.ports import UnitOfWork
from payments_service.application.sequencing.sequencer import Sequencer
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.outbox import EventType, OutboxEvent
from payments_service.storage.cipher import Cipher, new_key
from payments_service.storage.engine import create_engine
from payments_service.storage.unit_of_work import PostgresTransactions
from payments_service.workers.sequencer import sequencer_loop
from tests.integration.payments_service.application.outbox.office import Office, an_event, open_office

WRITERS = 32
TRANSACTIONS = 16
OWNERS = ("ann", "bob", "cid")
TYPES = (EventType.PAYMENT_SUCCEEDED, EventType.PAYMENT_PROCESSING, EventType.REFUND_FAILED)
SERIALIZABLE = "?options=-c%20default_transaction_isolation%3Dserializable"


class ChangedItsMindError(Exception):
    """A writer rolls back."""


@dataclass
class Written:
    """What the writers did: ids in the order of each one's commits, the events behind them, and those rolled back."""

    by_writer: list[list[str]] = field(default_factory=lambda: [[] for _ in range(WRITERS)])
    events: dict[str, OutboxEvent] = field(default_factory=dict)
    rolled_back: set[str] = field(default_factory=set)


def outside(event: OutboxEvent) -> str:
    return format_id(Prefix.OUTBOX_EVENT, event.id)


@dataclass
class Change:
    """What one transaction does: two writes, with time before each and before it ends."""

    shapes: list[tuple[EventType, str]]
    waits: list[float]
    gives_up: bool
    resource_id: str
    made: list[OutboxEvent] = field(default_factory=list)

    @classmethod
    def by(cls, chance: random.Random, resource_id: str) -> "Change":
        waits = [chance.expovariate(1 / 0.004) for _ in range(3)]
        if chance.random() < 0.05:
            waits[2] += 0.15  # late enough for many rounds of the sequencer
        shapes = [(chance.choice(TYPES), chance.choice(OWNERS)) for _ in range(chance.randint(1, 3))]
        return cls(shapes, waits, chance.random() < 0.2, resource_id)

    async def __call__(self, unit: UnitOfWork) -> None:
        self.made = [an_event(self.resource_id, type=kind, owner_id=owner) for kind, owner in self.shapes]
        await asyncio.sleep(self.waits[0])
        await unit.outbox.add(self.made[:1])
        await asyncio.sleep(self.waits[1])
        await unit.outbox.add(self.made[1:])
        await asyncio.sleep(self.waits[2])
        if self.gives_up:
            raise ChangedItsMindError


async def write(transactions: PostgresTransactions, writer: int, seed: int, written: Written) -> None:
    """Transactions one after the other, each held open for a while; some roll back."""
    chance = random.Random(f"{seed}/{writer}")
    for number in range(TRANSACTIONS):
        change = Change.by(chance, f"pay_{writer}_{number}")
        try:
            await transactions.run(change)
        except ChangedItsMindError:
            written.rolled_back.update(outside(event) for event in change.made)
        else:
            written.by_writer[writer] += [outside(event) for event in change.made]
            written.events |= {outside(event): event for event in change.made}


@dataclass
class Reader:
    """Follows by cursor; what it has read and where it goes on are stored together, as a consumer should."""

    office: Office
    chance: random.Random
    types: Sequence[EventType] = ()
    owner_ids: Sequence[str] | None = None
    crashes: bool = False
    picks: bool = False
    stored: list[str] = field(default_factory=list)
    cursor: str = ""
    crashed: int = 0

    async def follow(self, done: asyncio.Event) -> None:
        """Read until there is nothing more after `done`."""
        while True:
            ending = done.is_set()
            reply = await self.office.pull(
                self.owner_ids,
                cursor=self.cursor,
                types=self.types,
                page_size=self.chance.choice((1, 3, 50, 0)),
                wait={"nanos": self.chance.choice((0, 20_000_000, 300_000_000))},
            )
            if self.crashes and reply.events and self.chance.random() < 0.3:
                self.crashed += 1  # before it has stored anything of this reply
                continue
            events = list(reply.events)
            cursor = reply.next_cursor
            if self.picks and len(events) > 1:
                events = events[: self.chance.randint(1, len(events))]
                cursor = events[-1].cursor
            self.stored += [event.id for event in events]
            self.cursor = cursor
            if ending and not reply.events and not reply.has_more:
                return


@asynccontextmanager
async def two_sequencers(office: Office) -> AsyncIterator[None]:
    loops = [sequencer_loop(Sequencer(office.core.transactions), 0.005) for _ in range(2)]
    tasks = [asyncio.create_task(loop.run()) for loop in loops]
    yield
    for loop in loops:
        loop.stop()
    await asyncio.gather(*tasks)


async def all_numbered(office: Office) -> None:
    async with asyncio.timeout(30):
        while await office.sql("SELECT 1 FROM outbox_queue LIMIT 1"):  # noqa: ASYNC110 - a table tells nobody
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("seed", "isolation"), [(1, ""), (2, ""), (3, ""), (4, SERIALIZABLE)], ids=["1", "2", "3", "4-serializable"]
)
async def test_readers_see_every_committed_event_once_and_in_one_order(
    database_url: str, seed: int, isolation: str
) -> None:
    written = Written()
    async with open_office(database_url + isolation) as office:
        writers_engine = create_engine(
            office.settings.model_copy(update={"database_pool_size": WRITERS}), database_url + isolation
        )
        transactions = PostgresTransactions(writers_engine, Cipher([new_key("test")]))
        chance = random.Random(seed)
        plain, crashing, picking = (
            Reader(office, random.Random(chance.random()), crashes=crashes, picks=picks)
            for crashes, picks in ((False, False), (True, False), (False, True))
        )
        refunds = Reader(office, random.Random(chance.random()), types=[EventType.REFUND_FAILED], crashes=True)
        anns = Reader(office, random.Random(chance.random()), owner_ids=["ann"])
        done = asyncio.Event()
        async with asyncio.timeout(120), two_sequencers(office):
            following = [
                asyncio.create_task(reader.follow(done)) for reader in (plain, crashing, picking, refunds, anns)
            ]
            await asyncio.gather(*(write(transactions, number, seed, written) for number in range(WRITERS)))
            await all_numbered(office)
            done.set()
            await asyncio.gather(*following)
        await writers_engine.dispose()
        numbers = await office.sql("SELECT number FROM outbox ORDER BY number")

    order = plain.stored
    assert len(order) > WRITERS * TRANSACTIONS
    assert len(set(order)) == len(order)
    assert set(order) == set(written.events)
    assert not set(order) & written.rolled_back
    assert written.rolled_back
    assert crashing.crashed > 0
    assert crashing.stored == order
    assert picking.stored == order
    assert refunds.stored == [name for name in order if written.events[name].type is EventType.REFUND_FAILED]
    assert anns.stored == [name for name in order if written.events[name].owner_id == "ann"]
    place = {name: index for index, name in enumerate(order)}
    for names in written.by_writer:
        assert [place[name] for name in names] == sorted(place[name] for name in names)
    assert [row.number for row in numbers] == list(range(1, len(order) + 1))
