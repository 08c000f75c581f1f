"""What others are told: stable words, each explained in the API."""

from enum import Enum
from pathlib import Path

import pytest

import payments_service
from payments_service.domain.outbox import EventType, OutboxEvent, entered

PROTO = Path(payments_service.__file__).parent.parent / "protos" / "payments_api" / "v1" / "event.proto"


class Door(Enum):
    OPEN = "OPEN"
    SHUT = "SHUT"
    AJAR = "AJAR"


TOLD = {Door.OPEN: EventType.PAYMENT_SUCCEEDED, Door.SHUT: EventType.PAYMENT_FAILED}


@pytest.mark.parametrize(
    ("before", "after", "types"),
    [
        (None, Door.OPEN, [EventType.PAYMENT_SUCCEEDED]),
        (Door.SHUT, Door.OPEN, [EventType.PAYMENT_SUCCEEDED]),
        (Door.OPEN, Door.SHUT, [EventType.PAYMENT_FAILED]),
        (Door.OPEN, Door.OPEN, []),
        (Door.OPEN, Door.AJAR, []),
        (None, Door.AJAR, []),
    ],
)
def test_entering_a_state_is_told_once_and_staying_in_it_is_not(
    before: Door | None, after: Door, types: list[EventType]
) -> None:
    assert entered(before, after, TOLD) == types


@pytest.mark.parametrize("event_type", EventType)
def test_every_type_is_explained_in_the_api(event_type: EventType) -> None:
    assert f"`{event_type}`" in PROTO.read_text()


def test_every_event_has_an_id_of_its_own_and_later_ones_sort_later() -> None:
    events = [OutboxEvent(EventType.ACCOUNT_UPDATED, "user_1", "acn_1", "ACTIVE", livemode=False) for _ in range(50)]

    assert len({event.id for event in events}) == 50
    assert [event.id for event in events] == sorted(event.id for event in events)
