"""The lookout sees what is due in each queue, and nothing that somebody is at or whose time has not come."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from payments_service.application.lookout import Queue
from payments_service.storage.lookout import PostgresLookout

PASSED, AHEAD = "now() - interval '1 s'", "now() + interval '1 h'"


def an_event(state: str = "PENDING", due: str = PASSED, leased: str = "NULL") -> str:
    return (
        "INSERT INTO stripe_events (id, stripe_account, livemode, event_id, type, category, api_version, object_type, "
        "object_id, related_ids, endpoint, secret_index, request_id, state, next_attempt_time, lease_until) "
        "SELECT id, '', false, id, 'charge.updated', 'x', 'x', 'charge', 'ch_1', '{}', 'platform', 0, '', "
        f"'{state}', {due}, {leased} FROM gen_random_uuid() AS id"
    )


def an_operation(state: str = "IN_PROGRESS", due: str = PASSED) -> str:
    return (
        "INSERT INTO stripe_operations (id, kind, object_id, claim, method, request_id, call, state, create_time, "
        "execute_until, lease_until, next_attempt_time, attempts) SELECT gen_random_uuid(), 'x', gen_random_uuid(), "
        f"'', 'x', 'x', '{{}}', '{state}', now(), {AHEAD}, {due}, {due}, 0"
    )


def a_hold(expires: str = PASSED, again: str = "NULL") -> str:
    return (
        "INSERT INTO ledger_hold_expiries (transaction_id, expire_time, next_attempt_time) "
        f"SELECT gen_random_uuid(), {expires}, {again}"
    )


AN_OUTBOX_EVENT = (
    "INSERT INTO outbox_queue (id, type, owner_id, resource_id, reference, state, livemode) "
    "SELECT gen_random_uuid(), 'x', 'x', 'x', 'x', 'x', false"
)
A_BATCH = (
    "INSERT INTO ledger_queue (record_time, first_id, transaction_ids) SELECT now(), id, ARRAY[id] "
    "FROM gen_random_uuid() AS id"
)


async def waiting_after(engine: AsyncEngine, *statements: str) -> set[Queue]:
    async with engine.begin() as connection:
        # The service's role may not do all of it; and there are no transactions for such holds.
        await connection.exec_driver_sql("SET ROLE NONE")
        await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for statement in statements:
            await connection.execute(text(statement))
        await connection.exec_driver_sql("RESET ROLE")
    return set(await PostgresLookout(engine).waiting())


async def test_nothing_waits_in_a_new_database(engine: AsyncEngine) -> None:
    assert await waiting_after(engine) == set()


async def test_what_is_due_is_seen_in_each_queue_by_itself(engine: AsyncEngine) -> None:
    assert await waiting_after(engine, an_event()) == {Queue.EVENTS}
    assert await waiting_after(engine, "DELETE FROM stripe_events", an_operation()) == {Queue.OPERATIONS}
    assert await waiting_after(engine, "DELETE FROM stripe_operations", a_hold()) == {Queue.HOLDS}
    assert await waiting_after(engine, "DELETE FROM ledger_hold_expiries", AN_OUTBOX_EVENT) == {Queue.STREAMS}
    assert await waiting_after(engine, "DELETE FROM outbox_queue", A_BATCH) == {Queue.STREAMS}
    assert await waiting_after(engine, "DELETE FROM ledger_queue") == set()


async def test_all_of_them_are_seen_at_once(engine: AsyncEngine) -> None:
    assert await waiting_after(engine, an_event(), an_operation(), a_hold(), A_BATCH) == set(Queue)


async def test_what_is_done_or_dead_or_leased_or_not_due_yet_is_passed_over(engine: AsyncEngine) -> None:
    events = [an_event("DONE"), an_event("DEAD"), an_event(due=AHEAD), an_event(leased=AHEAD)]
    operations = [an_operation("SUCCEEDED"), an_operation(due=AHEAD)]
    assert await waiting_after(engine, *events, *operations, a_hold(AHEAD), a_hold(again=AHEAD)) == set()
    assert await waiting_after(engine, a_hold(again=PASSED)) == {Queue.HOLDS}


async def test_an_event_whose_lease_has_ended_is_seen(engine: AsyncEngine) -> None:
    assert await waiting_after(engine, an_event(leased=PASSED)) == {Queue.EVENTS}


async def test_a_look_leaves_no_transaction_open(engine: AsyncEngine) -> None:
    await PostgresLookout(engine).waiting()
    async with engine.begin() as connection:
        assert not await connection.run_sync(lambda sync: sync.get_isolation_level() == "AUTOCOMMIT")
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
        assert (await connection.execute(text(others))).scalar_one() == 0
