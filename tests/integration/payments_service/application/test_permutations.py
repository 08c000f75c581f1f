"""Every flow of money, its events in every order, doubled and lost: one end, and that is the yardstick's.

`make test` tries a few orders of each flow; `make permutations` tries them all (`PERMUTATIONS=all`), and tells how far
it is.
"""

import itertools
import math
import os
import random
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence

import psycopg
import pytest
import pytest_asyncio

from payments_service.storage.embedded import EmbeddedPostgres
from stripe_sandbox.settings import SandboxSettings
from tests.integration.databases import Databases
from tests.integration.payments_service.application.flows import FLOWS, HOUR_SECONDS
from tests.integration.payments_service.application.open_house import open_house
from tests.integration.payments_service.application.permuting import Event, Stage, of_interest

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALL = os.environ.get("PERMUTATIONS", "") == "all"
ORDERS_A_FLOW = 2
"""How many orders of a flow are tried when not all are: the one in which Stripe tells, and others by chance."""

INTERLEAVINGS_A_FLOW = 20 if ALL else 1
LINE_EVERY = 60
SEED = 20_260

Tell = Callable[[str], None]
flows = pytest.mark.parametrize("name", FLOWS)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(postgres: EmbeddedPostgres, databases: Databases) -> AsyncIterator[Stage]:
    """One for all: each flow begins with everything as new.

    Nothing happens by itself, at Stripe or here, so that nothing depends on how fast the machine is: accounts are
    settled when events say so, and swept when the test does.
    """
    hour = HOUR_SECONDS * 1000
    slow = SandboxSettings(address="127.0.0.1:0", log_level="warning", capture_delay_ms=hour, debit_delay_ms=hour)
    database = databases.take()
    url = postgres.address.url(database)
    never = {"settlement_sweep_seconds": 24 * HOUR_SECONDS, "settlement_sweep_connected_seconds": 24 * HOUR_SECONDS}
    async with open_house(url, slow, **never) as house:
        with psycopg.connect(url, autocommit=True) as connection:
            yield Stage(house, connection)
    databases.give_back(database)


@pytest.fixture
def tell(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Tell:
    """Says how far it is, where that takes long."""
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")

    def say(line: str) -> None:
        if ALL and reporter is not None:
            with capsys.disabled():
                reporter.write_line(line)
                reporter.flush()

    return say


@flows
async def test_the_events_of_a_flow_end_the_same_in_every_order_and_doubled(
    stage: Stage, name: str, tell: Tell
) -> None:
    flow = FLOWS[name]
    scene = await stage.begin()
    async for _ in flow.play(scene):
        pass
    events = of_interest(flow, await stage.events(scene))
    expected = None
    async for told in stage.tell_orders(_counted(name, _orders(name, events), tell), f"{SEED} {name}"):
        if expected is None:
            await stage.check(scene, flow)
            expected = stage.end()
        assert stage.end() == expected, [f"{each.event['type']}{each.twin}" for each in told]


@flows
async def test_a_flow_ends_the_same_whenever_its_events_come_and_whichever_are_lost(
    stage: Stage, name: str, tell: Tell
) -> None:
    flow = FLOWS[name]
    for number in range(INTERLEAVINGS_A_FLOW):
        scene = await stage.begin()
        await stage.play_interleaved(scene, flow, random.Random(f"{SEED} {name} {number}"))
        await stage.check(scene, flow)
        stage.end()
    tell(f"{name}: {INTERLEAVINGS_A_FLOW} times with events in between")


def _orders(name: str, events: Sequence[Event]) -> Iterable[Sequence[Event]]:
    """The orders that are tried, first of all that in which Stripe tells."""
    if ALL:
        return itertools.permutations(events)
    rng = random.Random(f"{SEED} {name}")
    return [events, *(rng.sample(events, len(events)) for _ in range(ORDERS_A_FLOW - 1))]


def _counted(name: str, orders: Iterable[Sequence[Event]], tell: Tell) -> Iterator[Sequence[Event]]:
    """The orders, telling how many of a flow's have ended as they must."""
    began = time.monotonic()
    for number, order in enumerate(orders, start=1):
        yield order
        whole = math.factorial(len(order))
        if number % LINE_EVERY == 0 or number == whole:
            tell(f"{name}: {number} of {whole} orders, {time.monotonic() - began:.0f} s")
