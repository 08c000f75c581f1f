"""What a caller is told when Stripe cannot be asked: never that nothing happened when something may have."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.operations.model import Answered, Outcome, Refused, StripeCall, Unknown
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.ids import new_id
from payments_service.storage.idempotency import IdempotencyRepository
from tests.integration.payments_service.application.house import House, failure
from tests.integration.payments_service.application.mutations import (
    MUTATIONS,
    Mutation,
    effects,
    every_mutation,
    until_known,
)
from tests.integration.payments_service.application.wire import Wire, patience, refused_key

BY_NAME = {mutation.name: mutation for mutation in MUTATIONS}
WITH_SECRET = {"payment.create", "payment.create_confirmed", "payment.confirm"}
"""Kinds whose reply has a client secret, which is asked for again."""

UNREAD = Refused(PaymentsError(Reason.STRIPE_REJECTED, "no such key", metadata={"stripe_code": "api_key"}), unread=True)


@every_mutation
async def test_a_repeat_while_stripe_is_away_never_says_that_nothing_happened(house: House, mutation: Mutation) -> None:
    request = await mutation.prepare(house)
    first = await mutation.call(house, request)
    fault = await house.control("POST", "/faults", {"effect": "reset_before"})
    wire = Wire(house)

    if mutation.kind in WITH_SECRET:
        failed = await failure(mutation.call(house, request))
        assert (failed.code, failed.reason, failed.retry) == ("UNAVAILABLE", "OUTCOME_UNKNOWN", True)
        assert failed.metadata["operation_id"].startswith("op_")
    else:
        assert (await mutation.call(house, request)).body == first.body
        assert wire.gets == []

    await house.control("DELETE", f"/faults/{fault['id']}")
    again = await mutation.call(house, request)
    assert (again.body, again.replayed) == (first.body, True)
    assert wire.posts == []


@pytest.mark.parametrize("name", ["create payment", "create refund", "create account"])
async def test_an_answer_that_news_overtook_and_nobody_can_look_up_is_unknown(house: House, name: str) -> None:
    mutation = BY_NAME[name]
    table = {"create payment": "payments", "create refund": "refunds", "create account": "connected_accounts"}[name]
    request = await mutation.prepare(house)
    before = await effects(house)
    await house.control(
        "POST",
        "/faults",
        {"effect": "latency_after", "method": "POST", "path": mutation.path, "latency_ms": 300, "count": 1},
    )
    fault = await house.control("POST", "/faults", {"effect": "reset_before", "method": "GET"})
    call = asyncio.ensure_future(failure(mutation.call(house, request)))
    async with asyncio.timeout(10):
        while not await house.sql("SELECT 1 FROM stripe_operations WHERE kind = :kind", kind=mutation.kind):
            pass
    # As if an event's fetch had begun before the call and was applied while it was under way.
    await house.sql(f"UPDATE {table} SET observed_time = clock_timestamp()")

    failed = await call

    assert (failed.code, failed.reason, failed.retry) == ("UNAVAILABLE", "OUTCOME_UNKNOWN", True)
    await house.control("DELETE", f"/faults/{fault['id']}")
    await until_known(house)
    assert mutation.state_of(await mutation.call(house, request)) == mutation.state
    await house.settle_all()
    assert sum((await effects(house) - before).values()) == sum(mutation.events.values())


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        pytest.param(
            [Unknown("reset"), UNREAD, UNREAD], Unknown("reset"), id="refused unread after an unknown attempt"
        ),
        pytest.param([Unknown("reset"), UNREAD, Answered({})], Answered({}), id="answered in the end"),
        pytest.param([UNREAD, Answered({})], UNREAD, id="refused at once"),
    ],
)
async def test_a_refusal_of_the_api_key_says_nothing_about_the_attempt_before_it(
    house: House, monkeypatch: pytest.MonkeyPatch, outcomes: list[Outcome], expected: Outcome
) -> None:
    client = house.core.stripe_client
    left = iter(outcomes)

    async def exchange(*_: Any) -> tuple[Outcome, str]:
        return next(left), "scripted"

    monkeypatch.setattr(client, "_exchange", exchange)
    with patience(house, attempts=3):
        outcome = await client.send(StripeCall("post", "/v1/refunds", {}), "op_1")

    assert outcome == expected


class _ReleasedInBetween:
    """A connection whose second statement finds that the key of its first one has just been released."""

    def __init__(self, connection: AsyncConnection, other: AsyncConnection) -> None:
        self._connection = connection
        self._other = other
        self._statements = 0

    async def execute(self, statement: Any, parameters: Any) -> Any:
        self._statements += 1
        if self._statements == 2:
            await self._other.execute(text("DELETE FROM idempotency_keys"))
            await self._other.commit()
        return await self._connection.execute(statement, parameters)


async def test_a_key_that_is_released_while_it_is_being_claimed_is_free(house: House) -> None:
    cipher = house.core.transactions._cipher
    digest, fingerprint, mine = b"d" * 32, b"f" * 32, new_id()
    async with house.core.engine.connect() as one, house.core.engine.connect() as other:
        await IdempotencyRepository(other, cipher).claim(digest, fingerprint, new_id())
        await other.commit()
        between: Any = _ReleasedInBetween(one, other)

        claim = await IdempotencyRepository(between, cipher).claim(digest, fingerprint, mine)

    assert (claim.is_new, claim.operation_id) == (True, mine)


@every_mutation
async def test_many_copies_of_a_call_that_is_turned_away_are_all_answered_and_have_one_effect(
    house: House, mutation: Mutation
) -> None:
    request = await mutation.prepare(house)
    before = await effects(house)
    fault = {"effect": "rate_limit", "retry_after_s": 0, "method": "POST", "path": mutation.path, "count": 3}
    await house.control("POST", "/faults", fault)
    reasons: set[str] = set()
    bodies: set[bytes] = set()

    async def copy() -> None:
        try:
            bodies.add((await mutation.call(house, request)).body)
        except Exception as error:  # noqa: BLE001 - told apart below, by what a client sees
            reasons.add((await failure(_raise(error))).reason)

    async with asyncio.timeout(20):
        while not bodies:
            await asyncio.gather(*(copy() for _ in range(20)))

    assert reasons <= {"REQUEST_IN_PROGRESS", "STRIPE_UNAVAILABLE"}
    assert bodies == {(await mutation.call(house, request)).body}
    await house.settle_all()
    assert sum((await effects(house) - before).values()) == sum(mutation.events.values())


async def _raise(error: Exception) -> None:
    raise error


@every_mutation
async def test_a_call_with_a_refused_api_key_begins_afresh_once_the_key_is_mended(
    house: House, mutation: Mutation
) -> None:
    request = await mutation.prepare(house)
    before = await effects(house)
    async with refused_key(house):
        refused = await failure(mutation.call(house, request))
    assert (refused.reason, refused.metadata["stripe_code"]) == ("STRIPE_REJECTED", "api_key")

    assert mutation.state_of(await mutation.call(house, request)) == mutation.state
    await house.settle_all()

    assert sum((await effects(house) - before).values()) == sum(mutation.events.values())
