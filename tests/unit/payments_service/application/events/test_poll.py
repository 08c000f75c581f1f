"""What is young, and up to when everything is recorded, goes by Stripe's clock; what is young is not paged through."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from payments_service.application.events.model import StripeEvent
from payments_service.application.events.poll import OVERLAP, PollEvents
from payments_service.application.events.ports import DuePoll, LostPage
from payments_service.application.events.record import Recorded, Result
from payments_service.application.settlement.ports import Sweep
from payments_service.domain.ids import new_id
from tests.unit.payments_service.domain.samples import NOON

GRACE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
EVENT = StripeEvent(
    id=new_id(),
    event_id="",
    type="charge.updated",
    category="",
    stripe_account="",
    livemode=False,
    create_time=None,
    api_version="",
    object_type="charge",
    object_id="ch_1",
    related_ids={},
    endpoint="POLL",
    secret_index=0,
    request_id="",
    body=b"{}",
)


def made(time: datetime, name: str = "evt_1") -> StripeEvent:
    """An event that Stripe made at a time of its own clock."""
    return EVENT._replace(event_id=name, create_time=time)


@dataclass
class Stripe:
    """Stripe's list of what it could not deliver, two a page, and its clock (`ports.LostEvents`)."""

    time: datetime | None
    events: list[StripeEvent]
    asked: list[tuple[datetime | None, str]] = field(default_factory=list)

    async def undelivered_events(
        self, stripe_account: str, *, since: datetime, through: datetime | None, after: str
    ) -> LostPage:
        assert stripe_account == ""
        self.asked.append((through, after))
        found = [
            event
            for event in self.events
            if event.create_time is None or since <= event.create_time <= (through or event.create_time)
        ]
        names = [event.event_id for event in found]
        start = names.index(after) + 1 if after else 0
        page = found[start : start + 2]
        return LostPage(page, page[-1].event_id if start + 2 < len(found) else "", self.time)


@dataclass
class Service:
    """What a look needs of the service: how far it has come, and what is recorded."""

    now: datetime
    polled_through: datetime | None = None
    recorded: list[str] = field(default_factory=list)

    async def run(self, closure: Callable[[Any], Awaitable[Any]]) -> Any:
        return await closure(SimpleNamespace(event_polls=self))

    async def lease_due(self, *_: object) -> list[DuePoll]:
        return [DuePoll("", self.now, self.polled_through)]

    async def polled(self, _: str, through: datetime) -> None:
        self.polled_through = through

    async def many(self, events: Sequence[StripeEvent]) -> list[Result]:
        self.recorded += [event.event_id for event in events]
        return [Recorded.NEW] * len(events)

    async def look(self, stripe: Stripe) -> None:
        """Look once."""
        use_case = PollEvents(cast("Any", self), stripe, cast("Any", self), Sweep(60, 60), GRACE)
        assert await use_case.run_once() == 1


@pytest.mark.parametrize("ours", [NOON - HOUR, NOON, NOON + HOUR], ids=["slow", "right", "fast"])
async def test_nothing_is_lost_whatever_our_clock_shows(ours: datetime) -> None:
    """With a fast clock of ours the first look would go by for one that had seen the next hour already."""
    service = Service(ours)
    old, young = made(NOON - HOUR, "evt_old"), made(NOON, "evt_young")
    await service.look(Stripe(NOON, [young, old]))
    assert service.recorded == ["evt_old"]
    assert service.polled_through == NOON - GRACE

    service.now += 2 * GRACE
    late = made(NOON + timedelta(seconds=30), "evt_late")
    await service.look(Stripe(NOON + 2 * GRACE, [late, young, old]))
    assert service.recorded == ["evt_old", "evt_late", "evt_young"]


async def test_our_clock_serves_where_stripe_does_not_tell_the_time() -> None:
    service = Service(NOON)
    await service.look(Stripe(None, [made(NOON), made(NOON - GRACE, "evt_2")]))
    assert (service.recorded, service.polled_through) == (["evt_2"], NOON - GRACE)


async def test_each_look_goes_back_behind_the_one_before() -> None:
    service = Service(NOON, polled_through=NOON)
    await service.look(Stripe(NOON + HOUR, [made(NOON - OVERLAP), made(NOON - OVERLAP - GRACE, "evt_before")]))
    assert service.recorded == ["evt_1"]


async def test_what_is_young_is_not_paged_through() -> None:
    young = [made(NOON, f"evt_young_{number}") for number in range(5)]
    old = [made(NOON - HOUR, f"evt_old_{number}") for number in range(3)]
    service, stripe = Service(NOON), Stripe(NOON, [*young, *old])

    await service.look(stripe)

    assert service.recorded == [event.event_id for event in old]
    assert stripe.asked == [(None, ""), (NOON - GRACE, ""), (NOON - GRACE, "evt_old_1")]


async def test_a_page_with_both_is_gone_on_from_its_end() -> None:
    events = [made(NOON, "evt_young"), *(made(NOON - HOUR, f"evt_old_{number}") for number in range(3))]
    service, stripe = Service(NOON), Stripe(NOON, events)

    await service.look(stripe)

    assert service.recorded == ["evt_old_0", "evt_old_1", "evt_old_2"]
    assert stripe.asked == [(None, ""), (NOON - GRACE, "evt_old_0")]
