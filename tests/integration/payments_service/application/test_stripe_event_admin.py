"""AdminService over Stripe's events: seen by operators only, shown without what is private, replayed."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from payments_api.v1 import admin_service_pb2 as pb
from payments_api.v1 import admin_service_pb2_grpc, stripe_event_pb2

from payments_service.application import failpoints
from tests.integration.payments_service.application.house import PAY, House, failure
from tests.integration.payments_service.application.test_events import odd_event

ADMIN = ("admin.read", "admin.write")
DEAD, PENDING, DONE = (getattr(stripe_event_pb2, f"STRIPE_EVENT_STATE_{name}") for name in ("DEAD", "PENDING", "DONE"))
BODY = {
    "id": "evt_1",
    "type": "charge.succeeded",
    "data": {
        "object": {
            "id": "ch_1",
            "amount": 2_500,
            "billing_details": {"name": "Ada Canary", "email": "canary@example.com"},
            "metadata": {"payments_payment_id": "pay_1", "note": "canary note"},
            "client_secret": "canary_secret",
            "payment_method_details": {"card": {"last4": "4242"}},
        }
    },
}


class Desk:
    """An operator's calls."""

    def __init__(self, house: House) -> None:
        self._stub: Any = admin_service_pb2_grpc.AdminServiceStub(house.channel)
        self.metadata = house.as_caller("operator", scopes=ADMIN)

    async def listed(self, **fields: Any) -> list[stripe_event_pb2.StripeEvent]:
        reply = await self._stub.ListStripeEvents(pb.ListStripeEventsRequest(**fields), metadata=self.metadata)
        return list(reply.stripe_events)

    async def get(self, name: str) -> pb.GetStripeEventResponse:
        reply: pb.GetStripeEventResponse = await self._stub.GetStripeEvent(
            pb.GetStripeEventRequest(id=name), metadata=self.metadata
        )
        return reply

    async def replay(self, key: str, **fields: Any) -> pb.ReplayStripeEventsResponse:
        reply: pb.ReplayStripeEventsResponse = await self._stub.ReplayStripeEvents(
            pb.ReplayStripeEventsRequest(idempotency_key=key, **fields), metadata=self.metadata
        )
        return reply


@pytest.fixture
def desk(house: House) -> Desk:
    return Desk(house)


@pytest.fixture
def broken() -> Iterator[None]:
    """Applying events fails, as with a bug."""

    def fail() -> None:
        raise KeyError("a bug")

    failpoints.arm(failpoints.INBOX_BEFORE_COMMIT, fail)
    yield
    failpoints._armed.clear()


async def until_dead(house: House) -> None:
    for _ in range(house.settings.event_attempts_max):
        await house.sql("UPDATE stripe_events SET next_attempt_time = now()")
        await house.run("inbox")


@pytest.mark.usefixtures("broken")
async def test_dead_events_are_replayed_after_the_fix_and_have_their_effect(house: House, desk: Desk) -> None:
    payment = (await house.create("k", **PAY)).payment
    await house.record_all()
    await until_dead(house)
    dead = await desk.listed(states=[DEAD])
    assert {"KeyError: 'a bug'"} == {event.last_error for event in dead}
    assert await desk.listed(states=[DONE]) == []
    failpoints._armed.clear()

    with structlog.testing.capture_logs() as logs:
        first = await desk.replay("r", all_dead=True, types=["charge.succeeded"])
        again = await desk.replay("r", all_dead=True, types=["charge.succeeded"])
    (chosen,) = [event for event in dead if event.type == "charge.succeeded"]
    assert list(first.replayed_ids) == list(again.replayed_ids) == [chosen.id]
    (audit,) = [line for line in logs if line["event"] == "audit.stripe_events_replayed"]
    assert (audit["caller"], audit["events"]) == ("operator", [chosen.id])
    await desk.replay("rest", all_dead=True)
    assert {(event.state, event.attempts) for event in await desk.listed()} == {(PENDING, 0)}
    await house.run("inbox")

    assert {event.state for event in await desk.listed()} == {DONE}
    assert len((await house.get(payment.id)).payment.stripe_event_ids) == len(
        [event for event in dead if event.type.startswith(("charge", "payment_intent"))]
    )
    await house.settle_all()
    await house.books_are_right()


async def test_a_body_is_shown_without_what_is_private(house: House, desk: Desk) -> None:
    await house.record(odd_event("evt_1"), body=json.dumps(BODY).encode())

    for name in ("evt_1", (await desk.listed())[0].id):
        found = await desk.get(name)
        assert json.loads(found.content_json)["data"]["object"] == {
            "id": "ch_1",
            "amount": 2_500,
            "metadata": {"payments_payment_id": "pay_1"},
        }
        assert "anary" not in str(found)
        assert found.body_bytes == len(json.dumps(BODY))


async def test_lists_are_filtered_and_paged(house: House, desk: Desk) -> None:
    for number in range(3):
        await house.record(odd_event(f"evt_{number}", ("charge.failed", "charge.updated")[number % 2]))
    everything = await desk.listed()

    assert [event.stripe_event_id for event in everything] == ["evt_2", "evt_1", "evt_0"]
    assert [event.stripe_event_id for event in await desk.listed(types=["charge.updated"])] == ["evt_1"]
    middle = everything[1].receive_time
    assert [event.stripe_event_id for event in await desk.listed(receive_time_from=middle)] == ["evt_2", "evt_1"]
    assert [event.stripe_event_id for event in await desk.listed(receive_time_before=middle)] == ["evt_0"]
    assert [event.stripe_event_id for event in await desk.listed(page_size=2)] == ["evt_2", "evt_1"]
    assert await desk.listed(stripe_account_id="acct_other") == []


async def test_what_cannot_be_replayed_is_refused_and_nothing_else_is_replayed(house: House, desk: Desk) -> None:
    await house.record(odd_event("evt_live", livemode=True))
    await house.record(odd_event("evt_done", "astrology.sign.changed"))
    await house.run("inbox")

    refused = await failure(desk.replay("a", ids=["evt_done", "evt_live"]))
    missing = await failure(desk.replay("b", ids=["evt_done", "evt_unheard_of"]))
    nothing = await failure(desk.replay("c"))

    assert (refused.reason, refused.metadata["state"]) == ("INVALID_STATE", "REFUSED")
    assert (missing.reason, missing.metadata["id"]) == ("STRIPE_EVENT_NOT_FOUND", "evt_unheard_of")
    assert nothing.reason == "REQUEST_INVALID"
    assert [event.state for event in await desk.listed(types=["astrology.sign.changed"])] == [DONE]


async def test_only_operators_see_the_inbox(house: House, desk: Desk) -> None:
    desk.metadata = house.as_caller("shop")
    assert (await failure(desk.listed())).reason == "SCOPE_MISSING"
    desk.metadata = house.as_caller("user", owner_ids=["o"], scopes=ADMIN)
    assert (await failure(desk.listed())).reason == "SCOPE_MISSING"
    assert (await failure(desk.replay("k", all_dead=True))).reason == "SCOPE_MISSING"
