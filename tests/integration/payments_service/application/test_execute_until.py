"""Nothing is executed after its `execute_until`: what is in doubt then is only looked up."""

import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest
from google.protobuf.message import Message
from payments_api.v1 import account_service_pb2, payment_pb2, payment_service_pb2, refund_pb2, refund_service_pb2

from payments_service.application import failpoints
from payments_service.application.operations.completer import Completer
from payments_service.application.operations.model import Operation
from payments_service.storage.operations import OperationRepository
from tests.integration.payments_service.application.house import House, failure
from tests.integration.payments_service.application.mutations import MUTATIONS, Mutation, effects, every_mutation
from tests.integration.payments_service.application.wire import Wire

CREATE_ACCOUNT, CREATE, REFUND = MUTATIONS[0], MUTATIONS[1], MUTATIONS[-1]
MINUTES = {"payment.create_confirmed": 15, "payment.confirm": 15}
"""How long a kind may be sent, where that is not an hour."""


async def in_doubt(house: House, mutation: Mutation, request: Message, effect: str) -> Wire:
    """Make the call so that its answer is lost; what goes to Stripe after that is noted."""
    await house.control("POST", "/faults", {"effect": effect, "method": "POST", "path": mutation.path, "count": 1})
    assert (await failure(mutation.call(house, request))).reason == "OUTCOME_UNKNOWN"
    return Wire(house)


async def time_is_over(house: House, by: str = "1 second") -> None:
    """As if operations had been in doubt until now."""
    await house.sql(f"UPDATE stripe_operations SET execute_until = now() - interval '{by}' WHERE state = 'IN_PROGRESS'")


async def has_happened_once(house: House, mutation: Mutation, before: Counter[str]) -> None:
    await house.settle_all()
    assert await effects(house) - before == Counter(mutation.events)
    await house.books_are_right()
    assert not [code for code in await house.balances() if "suspense" in code]


@every_mutation
async def test_what_had_its_effect_is_found_and_nothing_is_sent(house: House, mutation: Mutation) -> None:
    request = await mutation.prepare(house)
    before = await effects(house)
    wire = await in_doubt(house, mutation, request, "reset_after")

    await time_is_over(house)
    await house.complete()
    reply = await mutation.call(house, request)

    assert (mutation.state_of(reply), reply.replayed) == (mutation.state, True)
    assert (await mutation.call(house, request)).body == reply.body
    assert wire.posts == []
    assert wire.gets
    await has_happened_once(house, mutation, before)


@every_mutation
async def test_what_had_no_effect_has_failed_and_its_key_is_free(house: House, mutation: Mutation) -> None:
    request = await mutation.prepare(house)
    before = await effects(house)
    wire = await in_doubt(house, mutation, request, "reset_before")

    await time_is_over(house)
    for _ in range(3):
        await house.complete()

    assert await house.sql("SELECT state FROM stripe_operations WHERE kind = :kind", kind=mutation.kind) == [
        ("FAILED",)
    ]
    assert wire.posts == []
    assert await effects(house) == before

    reply = await mutation.call(house, request)

    assert (mutation.state_of(reply), reply.replayed) == (mutation.state, False)
    assert len(wire.posts) == 1
    assert (await mutation.call(house, request)).body == reply.body
    await has_happened_once(house, mutation, before)


@every_mutation
async def test_it_may_be_sent_for_as_long_as_the_design_says(house: House, mutation: Mutation) -> None:
    await in_doubt(house, mutation, await mutation.prepare(house), "reset_before")

    rows = await house.sql(
        "SELECT execute_until - create_time AS time FROM stripe_operations WHERE kind = :kind", kind=mutation.kind
    )

    assert [row.time for row in rows] == [timedelta(minutes=MINUTES.get(mutation.kind, 60))]


@every_mutation
async def test_what_could_still_be_under_way_when_the_time_comes_is_neither_sent_nor_given_up(
    house: House, mutation: Mutation
) -> None:
    request = await mutation.prepare(house)
    before = await effects(house)
    wire = await in_doubt(house, mutation, request, "reset_before")

    for leases in (1, 2):
        await time_is_over(house, by=f"-{(house.core.lease * leases).total_seconds() - 1} seconds")
        await house.complete()

    assert (wire.posts, wire.gets) == ([], [])
    assert (await failure(mutation.call(house, request))).code in {"ABORTED", "UNAVAILABLE"}
    await time_is_over(house)
    await house.complete()
    assert (await mutation.call(house, request)).replayed is False
    await has_happened_once(house, mutation, before)


@pytest.mark.parametrize("effect", ["reset_after", "reset_before"])
async def test_while_nobody_can_look_nothing_is_decided(house: House, effect: str) -> None:
    request = await REFUND.prepare(house)
    before = await effects(house)
    wire = await in_doubt(house, REFUND, request, effect)
    await time_is_over(house)
    fault = await house.control("POST", "/faults", {"effect": "error_before", "method": "GET"})
    for _ in range(3):
        await house.complete()
    assert await house.sql("SELECT state FROM stripe_operations WHERE kind = 'refund.create'") == [("IN_PROGRESS",)]

    await house.control("DELETE", f"/faults/{fault['id']}")
    await house.complete()
    reply = await REFUND.call(house, request)

    assert reply.replayed is (effect == "reset_after")
    assert len(wire.posts) == (0 if reply.replayed else 1)
    await has_happened_once(house, REFUND, before)


async def test_a_refund_that_never_was_reserves_nothing(house: House) -> None:
    request = await REFUND.prepare(house)
    assert isinstance(request, refund_service_pb2.CreateRefundRequest)
    await in_doubt(house, REFUND, request, "reset_before")
    held = await failure(
        house.refund("all", request.payment_id, amount={"amount_minor": 10_000, "currency_code": "usd"})
    )
    assert (held.reason, held.metadata["refundable_minor"]) == ("REFUND_EXCEEDS_CAPTURED", "6000")

    await time_is_over(house)
    await house.complete()

    reply = await house.refunds.ListRefunds(refund_service_pb2.ListRefundsRequest(), metadata=house.metadata)
    assert [(refund.state, refund.amount.amount_minor) for refund in reply.refunds] == [
        (refund_pb2.REFUND_STATE_FAILED, 4_000)
    ]
    whole = await house.refund("new", request.payment_id)
    assert (whole.state, whole.amount.amount_minor) == (refund_pb2.REFUND_STATE_SUCCEEDED, 10_000)


async def test_the_owner_of_an_account_that_never_was_can_have_another(house: House) -> None:
    request = await CREATE_ACCOUNT.prepare(house)
    other = account_service_pb2.CreateAccountRequest(idempotency_key="other", owner_id="new", country_code="US")
    await in_doubt(house, CREATE_ACCOUNT, request, "reset_before")
    refused = await failure(CREATE_ACCOUNT.call(house, other))
    assert (refused.reason, refused.metadata["state"]) == ("ACCOUNT_ALREADY_EXISTS", "CREATING")

    await time_is_over(house)
    await house.complete()
    await CREATE_ACCOUNT.call(house, other)

    states = await house.sql("SELECT state FROM connected_accounts ORDER BY create_time")
    assert states == [("FAILED",), ("ONBOARDING",)]
    assert (await failure(CREATE_ACCOUNT.call(house, request))).reason == "ACCOUNT_ALREADY_EXISTS"
    assert (await effects(house))["account"] == 1


async def test_a_payment_that_never_was_has_failed_and_its_purchase_is_canceled(house: House) -> None:
    await in_doubt(house, CREATE, await CREATE.prepare(house), "reset_before")
    await time_is_over(house)
    await house.complete()

    request = payment_service_pb2.ListPaymentsRequest()
    (payment,) = (await house.payments.ListPayments(request, metadata=house.metadata)).payments
    purchase = await house.payments.GetPurchase(
        payment_service_pb2.GetPurchaseRequest(reference=payment.reference), metadata=house.metadata
    )

    assert payment.state == payment_pb2.PAYMENT_STATE_FAILED
    assert payment.last_failure.code == "stripe_unavailable"
    assert purchase.purchase.status == payment_pb2.PURCHASE_STATUS_CANCELED


async def test_a_caller_that_was_stopped_before_it_sent_sends_nothing_afterwards(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = timedelta(milliseconds=20)
    monkeypatch.setattr(house.core.runner, "_lease", lease)
    # As a stopped process is: nothing of it runs, and the lease that it has just taken runs out.
    monkeypatch.setitem(failpoints._armed, failpoints.AFTER_CLAIM, lambda: time.sleep(lease.total_seconds() * 2))
    request = await CREATE.prepare(house)
    wire = Wire(house)

    failed = await failure(CREATE.call(house, request))

    assert (failed.reason, failed.retry) == ("STRIPE_UNAVAILABLE", True)
    assert wire.posts == []
    assert await house.sql("SELECT state FROM stripe_operations") == [("FAILED",)]
    monkeypatch.undo()
    assert (await CREATE.call(house, request)).replayed is False
    assert len(await house.intents()) == 1


async def test_a_completer_that_was_stopped_before_it_sent_sends_nothing_afterwards(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    core, lease = house.core, timedelta(milliseconds=20)
    completer = Completer(core.transactions, core.stripe, core.kinds, core.runner, lease)
    request = await CREATE.prepare(house)
    wire = await in_doubt(house, CREATE, request, "reset_before")
    take = OperationRepository.lease_due

    async def take_and_be_stopped(self: OperationRepository, limit: int, seconds: float) -> Sequence[Operation]:
        taken = await take(self, limit, seconds)
        time.sleep(lease.total_seconds() * 2)  # noqa: ASYNC251 - a stopped process does nothing else either
        return taken

    monkeypatch.setattr(OperationRepository, "lease_due", take_and_be_stopped)
    await house.sql("UPDATE stripe_operations SET next_attempt_time = now()")
    assert await completer.run_once() == 1
    assert wire.posts == []

    monkeypatch.undo()
    await house.complete()

    assert (await CREATE.call(house, request)).replayed is True
    assert len(await house.intents()) == 1
