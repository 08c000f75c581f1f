"""Who works on which events: batches of distinct objects, leases that end with their worker, poison alone."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Connection

from payments_service.application import failpoints
from payments_service.application.events import apply
from payments_service.application.events.ports import Lease
from payments_service.application.follow.news import Fetcher, News, Wanted
from payments_service.domain.ids import new_id
from payments_service.domain.payment.model import Payment
from payments_service.storage.payments import PaymentRepository
from tests.integration.payments_service.application.house import PAY, House
from tests.integration.payments_service.application.test_events import odd_event
from tests.integration.payments_service.application.wire import Wire

STATES = "SELECT event_id, state, attempts FROM stripe_events ORDER BY event_id"


async def lease(house: House, limit: int = 100, seconds: float = 10) -> Lease:
    """What another worker leases."""
    return await house.core.transactions.run(lambda unit: unit.event_queue.lease(new_id(), limit, seconds))


def names(lease: Lease) -> list[str]:
    return [event.event_id for event in lease.events]


async def paid(house: House, number: int) -> list[dict[str, Any]]:
    """Payments that are paid at Stripe, and all events about them."""
    for each in range(number):
        await house.create(f"k{each}", **PAY)
    return await house.stripe_events()


async def test_events_about_one_object_are_leased_together_and_by_nobody_else(house: House) -> None:
    for number, intent in enumerate(("pi_a", "pi_b", "pi_a", "pi_c", "pi_a")):
        await house.record(odd_event(f"evt_{number}", intent=intent))

    first = await lease(house, limit=3)
    await house.record(odd_event("evt_late", intent="pi_a"))
    second = await lease(house)

    assert names(first) == ["evt_0", "evt_2", "evt_4"]
    assert names(second) == ["evt_1", "evt_3"]
    assert names(await lease(house)) == []
    await house.core.transactions.run(lambda unit: unit.event_queue.done([row.id for row in first.events]))
    assert names(await lease(house)) == ["evt_late"]


async def test_events_of_no_object_are_each_about_themselves(house: House) -> None:
    for number in range(3):
        nameless = {"object": {"object": "balance", "id": ""}}
        await house.record(odd_event(f"evt_{number}", "balance.available", data=nameless))

    assert names(await lease(house, limit=1)) == ["evt_0"]
    assert names(await lease(house, limit=1)) == ["evt_1"]


async def test_workers_that_lease_at_the_same_time_share_no_event_and_no_object(house: House) -> None:
    for number in range(60):
        await house.record(odd_event(f"evt_{number:02}", intent=f"pi_{number % 20}"))

    # Connections at hand, so that they really do it at the same time.
    await asyncio.gather(*(lease(house, limit=0) for _ in range(6)))
    leases = await asyncio.gather(*(lease(house, limit=9) for _ in range(6)))

    taken = [name for each in leases for name in names(each)]
    assert len(taken) == len(set(taken))
    subjects = [{event.subject for event in each.events} for each in leases]
    # Two that lease at the very same instant may come by one object: rare, and harmless.
    assert len(set().union(*subjects)) >= sum(map(len, subjects)) - 1


async def test_one_payments_events_are_one_fetch(house: House) -> None:
    for one in await paid(house, 2):
        await house.record(one)
    wire = Wire(house)

    await house.run("inbox")

    assert len(wire.gets) == 2
    assert {state for _, state, _ in await house.sql(STATES)} == {"DONE"}


async def test_a_lease_ends_by_itself_and_not_while_its_worker_lives(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply, "RENEW_SECONDS", 0.05)
    await house.record(odd_event("evt_1", intent="pi_slow"))
    renewed = asyncio.Event()
    renewals = 0

    async def fetch(_: Fetcher, __: Wanted) -> News:
        await renewed.wait()
        return News()

    def notice(_: Connection, __: Any, statement: str, *___: Any) -> None:
        nonlocal renewals
        if "SET lease_until" in statement:
            renewals += 1
            if renewals == 3:
                renewed.set()

    monkeypatch.setattr(Fetcher, "fetch", fetch)
    event.listen(house.core.engine.sync_engine, "before_cursor_execute", notice)
    assert await house.run("inbox") == 1
    assert await house.sql(STATES) == [("evt_1", "DONE", 1)]

    await house.record(odd_event("evt_2"))
    abandoned = await lease(house)
    assert names(await lease(house)) == []
    await house.sql("UPDATE stripe_events SET lease_until = clock_timestamp() WHERE event_id = 'evt_2'")
    await house.core.transactions.run(lambda unit: unit.event_queue.renew(abandoned, 10))
    assert names(await lease(house)) == []
    await house.sql("UPDATE stripe_events SET lease_until = clock_timestamp() WHERE event_id = 'evt_2'")
    taken_over = await lease(house)
    assert names(taken_over) == ["evt_2"]
    before = await house.sql("SELECT lease_until FROM stripe_events WHERE event_id = 'evt_2'")
    await house.core.transactions.run(lambda unit: unit.event_queue.renew(abandoned, 60))
    assert await house.sql("SELECT lease_until FROM stripe_events WHERE event_id = 'evt_2'") == before


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes a payment one that cannot be stored, until the test ends."""
    poisoned: set[str] = set()
    save_all = PaymentRepository.save_all

    async def save_or_choke(self: PaymentRepository, payments: Sequence[Payment]) -> None:
        if poisoned & {payment.intent_id for payment in payments}:
            raise KeyError("poison")
        await save_all(self, payments)

    monkeypatch.setattr(PaymentRepository, "save_all", save_or_choke)
    return poisoned.add


async def test_poison_is_found_by_halving_and_nothing_is_fetched_twice(
    house: House, poison: Callable[[str], None]
) -> None:
    events = await paid(house, 8)
    for one in events:
        await house.record(one)
    intents = sorted({one["data"]["object"]["id"] for one in events if one["type"] == "payment_intent.succeeded"})
    poison(intents[5])
    wire = Wire(house)
    commits = 0

    def count() -> None:
        nonlocal commits
        commits += 1

    failpoints.arm(failpoints.INBOX_BEFORE_COMMIT, count)
    try:
        await house.run("inbox")
    finally:
        failpoints._armed.clear()

    assert len(wire.gets) == 8
    assert commits <= 4, "eight in halves: four, two, one"
    rows = await house.sql("SELECT state, count(*) FROM stripe_events GROUP BY 1 ORDER BY 1")
    assert [state for state, _ in rows] == ["DONE", "PENDING"]
    ((subjects,),) = await house.sql(
        "SELECT count(DISTINCT coalesce(related_ids ->> 'payment_intent', object_id)) "
        "FROM stripe_events WHERE state = 'PENDING'"
    )
    assert subjects == 1


async def test_an_event_that_ends_its_worker_each_time_is_tried_alone_and_given_up(house: House) -> None:
    await house.record(odd_event("evt_killer"))
    await house.record(odd_event("evt_other", "astrology.sign.changed"))
    killed = "UPDATE stripe_events SET attempts = attempts + 1 WHERE event_id = 'evt_killer'"
    for _ in range(house.settings.event_attempts_max):
        await house.sql(killed)

    assert names(await lease(house)) == ["evt_other"]
    await house.run("inbox")

    ((state, error),) = await house.sql("SELECT state, last_error FROM stripe_events WHERE event_id = 'evt_killer'")
    assert state == "DEAD"
    assert "ended each time" in error
