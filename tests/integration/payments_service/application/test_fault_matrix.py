"""Every way in which Stripe may fail to answer, with every mutating call: one effect, one answer."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from payments_api.v1 import fee_service_pb2

from payments_service.bootstrap import ServerApplication
from payments_service.transport.handler_table import service_descriptor
from payments_service.transport.methods import methods_of
from tests.integration.payments_service.application.house import SCOPES, House, failure
from tests.integration.payments_service.application.mutations import (
    INTENTS,
    MUTATIONS,
    Mutation,
    effects,
    every_mutation,
    made_by_operations,
    until_known,
)
from tests.integration.payments_service.application.wire import IMPATIENT_SECONDS, Wire, patience, refused_key

LOCAL = {
    "payments_api.v1.AdminService/ReplayStripeEvents",
    "payments_api.v1.AdminService/StartVerification",
    "payments_api.v1.FeeService/CreateFeeSchedule",
    "payments_api.internal.v1.StripeEventService/RecordEvent",
    "payments_api.internal.v1.StripeEventService/RecordEvents",
    "payments_api.internal.v1.StripeEventService/RecordEventGroups",
    *(
        f"payments_api.v1.LedgerService/{name}"
        for name in (
            "CreateLedgerAccount",
            "UpdateLedgerAccount",
            "FreezeLedgerAccount",
            "UnfreezeLedgerAccount",
            "CloseLedgerAccount",
            "PostTransaction",
            "BatchPostTransactions",
            "PostPendingTransaction",
            "VoidPendingTransaction",
            "ReverseTransaction",
        )
    ),
}
"""Methods that change something, and make no call to Stripe."""

SLOW_MS = int(IMPATIENT_SECONDS * 2_000)


@dataclass(frozen=True)
class Fault:
    """What goes wrong at Stripe, once.

    Attributes:
        rule: the sandbox's rule.
        seconds: how long an attempt waits for its answer.
    """

    name: str
    rule: dict[str, Any]
    seconds: float = 5.0

    async def strikes(self, house: House, path: str, count: int = 1) -> None:
        """Let it strike what is posted to a path."""
        await house.control("POST", "/faults", {"method": "POST", "path": path, "count": count, **self.rule})


RESET_BEFORE = Fault("reset without the effect", {"effect": "reset_before"})
RESET_AFTER = Fault("reset with the effect", {"effect": "reset_after"})
CONFLICT = Fault("409", {"effect": "conflict"})
ERROR_BEFORE = Fault("500 without the effect", {"effect": "error_before"})
ERROR_AFTER = Fault("500 with the effect", {"effect": "error_after", "kept": False})
UNKNOWN = [
    ERROR_BEFORE,
    ERROR_AFTER,
    Fault("500 with the effect, for ever", {"effect": "error_after"}),
    RESET_BEFORE,
    RESET_AFTER,
    Fault("timeout without the effect", {"effect": "reset_before", "latency_ms": SLOW_MS}, IMPATIENT_SECONDS),
    Fault("timeout with the effect", {"effect": "latency_after", "latency_ms": SLOW_MS}, IMPATIENT_SECONDS),
    Fault("timeout with the effect after it", {"effect": "latency", "latency_ms": SLOW_MS}, IMPATIENT_SECONDS),
    CONFLICT,
]
TURNED_AWAY = Fault("429", {"effect": "rate_limit", "retry_after_s": 0})
KEPT_WITHOUT_EFFECT = Fault("500 without the effect, for ever", {"effect": "error_before", "kept": True})


def each_of(*faults: Fault) -> pytest.MarkDecorator:
    """A test with each of these."""
    return pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.name) for fault in faults])


async def has_happened_once(house: House, mutation: Mutation, before: Counter[str]) -> None:
    """One effect at Stripe, and books that are right on every account."""
    await house.settle_all()
    assert await effects(house) - before == Counter(mutation.events)
    assert list((await made_by_operations(house, mutation)).values()) == ([1] if mutation.made_at else [])
    await house.books_are_right()
    balances = await house.balances()
    assert not [code for code in balances if "suspense" in code]
    mirrors = {code: amount for code, amount in balances.items() if code.endswith("stripe:usd")}
    connected = sum(amount for code, amount in mirrors.items() if code.startswith("connected:"))
    assert (mirrors.get("stripe:usd", 0), connected) == mutation.mirrors


@every_mutation
@each_of(*UNKNOWN)
async def test_an_unknown_outcome_becomes_one_effect_and_one_answer(
    house: House, mutation: Mutation, fault: Fault
) -> None:
    request = await mutation.prepare(house)
    before = await effects(house)
    wire = Wire(house)
    await fault.strikes(house, mutation.path)

    with patience(house, fault.seconds):
        failed = await failure(mutation.call(house, request))
    again = await failure(mutation.call(house, request))

    assert (failed.code, failed.reason, failed.retry) == ("UNAVAILABLE", "OUTCOME_UNKNOWN", True)
    assert failed.metadata["operation_id"].startswith("op_")
    assert (again.code, again.reason, again.retry) == (failed.code, failed.reason, True)
    assert again.metadata["operation_id"] == failed.metadata["operation_id"]
    assert len(wire.posts) == 1

    await until_known(house)
    told = len(wire.posts)
    first, second = await mutation.call(house, request), await mutation.call(house, request)

    assert mutation.state_of(first) == mutation.state
    assert first.body == second.body
    assert (first.replayed, second.replayed) == (True, True)
    assert len(wire.posts) == told
    await has_happened_once(house, mutation, before)


@every_mutation
async def test_what_stripe_turned_away_did_not_happen_and_can_be_done_with_the_same_key(
    house: House, mutation: Mutation
) -> None:
    request = await mutation.prepare(house)
    before = await effects(house)
    await TURNED_AWAY.strikes(house, mutation.path)

    failed = await failure(mutation.call(house, request))
    await house.complete()

    assert (failed.code, failed.reason, failed.retry) == ("UNAVAILABLE", "STRIPE_UNAVAILABLE", True)
    assert await house.sql("SELECT 1 FROM stripe_operations WHERE state = 'IN_PROGRESS'") == []
    assert await effects(house) == before

    reply = await mutation.call(house, request)

    assert (mutation.state_of(reply), reply.replayed) == (mutation.state, False)
    assert (await mutation.call(house, request)).body == reply.body
    await has_happened_once(house, mutation, before)


@every_mutation
@each_of(ERROR_AFTER, RESET_BEFORE, TURNED_AWAY)
async def test_a_second_attempt_within_the_call_gives_the_answer_at_once(
    house: House, mutation: Mutation, fault: Fault
) -> None:
    request = await mutation.prepare(house)
    before = await effects(house)
    wire = Wire(house)
    await fault.strikes(house, mutation.path)

    with patience(house, attempts=2):
        reply = await mutation.call(house, request)

    assert (mutation.state_of(reply), reply.replayed) == (mutation.state, False)
    assert len(wire.posts) == 2
    await has_happened_once(house, mutation, before)


@every_mutation
async def test_an_api_key_that_stripe_refuses_later_says_nothing_about_what_was_sent(
    house: House, mutation: Mutation
) -> None:
    request = await mutation.prepare(house)
    before = await effects(house)
    await RESET_AFTER.strikes(house, mutation.path)
    assert (await failure(mutation.call(house, request))).reason == "OUTCOME_UNKNOWN"

    async with refused_key(house):
        await house.complete()
        assert (await failure(mutation.call(house, request))).code in {"UNAVAILABLE", "ABORTED"}
        # Nor does it when the time is over: nobody could look.
        await house.sql("UPDATE stripe_operations SET execute_until = now() - interval '1 second'")
        await house.complete()
    assert await house.sql("SELECT 1 FROM stripe_operations WHERE state = 'FAILED'") == []

    await until_known(house)

    assert mutation.state_of(await mutation.call(house, request)) == mutation.state
    await has_happened_once(house, mutation, before)


@every_mutation
async def test_a_500_that_stripe_keeps_for_the_key_ends_with_the_time_to_execute(
    house: House, mutation: Mutation
) -> None:
    request = await mutation.prepare(house)
    before = await effects(house)
    await KEPT_WITHOUT_EFFECT.strikes(house, mutation.path)
    for _ in range(3):
        assert (await failure(mutation.call(house, request))).reason == "OUTCOME_UNKNOWN"
        await house.complete()
    assert await effects(house) == before

    await house.sql("UPDATE stripe_operations SET execute_until = now() - interval '1 second'")
    await house.complete()
    reply = await mutation.call(house, request)

    assert (mutation.state_of(reply), reply.replayed) == (mutation.state, False)
    await has_happened_once(house, mutation, before)


async def test_every_method_that_may_call_stripe_is_tried(house: House) -> None:
    services = ServerApplication(house.core).services
    mutating = {method.full_name for method in methods_of(map(service_descriptor, services)) if method.mutating}

    assert {mutation.rpc for mutation in MUTATIONS} == mutating - LOCAL
    assert mutating >= LOCAL
    assert {mutation.kind for mutation in MUTATIONS} == set(house.core.kinds)


async def test_what_is_said_to_be_local_sends_nothing(house: House) -> None:
    wire = Wire(house)

    await house.fees.CreateFeeSchedule(
        fee_service_pb2.CreateFeeScheduleRequest(
            idempotency_key="k", kind="FEE_KIND_PAYMENT", rules=[{"currency_code": "usd", "basis_points": 500}]
        ),
        metadata=house.as_caller("boss", scopes=(*SCOPES, "fees.admin")),
    )
    await house.record(
        {
            "id": "evt_1",
            "type": "payment_intent.succeeded",
            "livemode": False,
            "data": {"object": {"object": "payment_intent", "id": "pi_1"}},
        }
    )

    assert (wire.posts, wire.gets) == ([], [])
    await house.create("k")
    assert wire.posts == [INTENTS]
