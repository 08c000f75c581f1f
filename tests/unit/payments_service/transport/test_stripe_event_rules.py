"""The rules of an event's message, told without the validator: its own answer, on both sides of each limit."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from payments_api.internal.v1 import stripe_event_service_pb2 as pb
from payments_api.internal.v1.stripe_event_pb2 import StripeEventEnvelope
from protovalidate import Validator

from payments_service.domain.errors import PaymentsError
from payments_service.transport.convert.stripe_event import event_from_item, keeps_rules

_validator = Validator()


def text(limit: int) -> st.SearchStrategy[str]:
    """Texts around a limit, also such as take more bytes than characters."""
    lengths = st.sampled_from((0, 1, limit - 1, limit, limit + 1))
    return st.builds(lambda character, length: character * length, st.sampled_from(("a", "é", "😀")), lengths)


names = text(255)
pairs = st.dictionaries(st.one_of(text(64), st.text("ab", max_size=3)), st.one_of(names, st.just("x")), max_size=3)
envelopes = st.builds(
    StripeEventEnvelope,
    event_id=names,
    type=names,
    stripe_account_id=names,
    api_version=text(64),
    object_type=names,
    object_id=names,
    related_ids=pairs,
    endpoint=st.sampled_from((0, 1, 2, 3, -1)),
    secret_index=st.sampled_from((-1, 0, 1)),
)
items = st.builds(
    pb.RecordEventsItem,
    envelope=st.one_of(st.none(), envelopes),
    body=st.sampled_from((b"", b"{}", b"x" * 262_144, b"x" * 262_145)),
    request_id=text(128),
)


def item(**envelope: object) -> pb.RecordEventsItem:
    """A good one but for these fields."""
    fields = {"event_id": "evt_1", "endpoint": 1, **envelope}
    return pb.RecordEventsItem(envelope=StripeEventEnvelope(**fields), body=b"{}", request_id="r")  # type: ignore[arg-type]


def is_read(one: pb.RecordEventsItem) -> bool:
    """Whether it is taken to keep its rules, be it that it is refused for something else."""
    try:
        return event_from_item(one, "") is not None
    except PaymentsError:
        return True


@settings(max_examples=150, deadline=None)
@given(items)
def test_the_answer_is_the_validators(one: pb.RecordEventsItem) -> None:
    assert is_read(one) == (not _validator.collect_violations(one))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        *({name: "é" * length} for name in ("event_id", "type", "stripe_account_id") for length in (0, 255, 256)),
        *({name: "a" * length} for name in ("object_type", "object_id") for length in (255, 256)),
        *({"api_version": "a" * length} for length in (64, 65)),
        *({"related_ids": {str(number): "x" for number in range(count)}} for count in (16, 17)),
        *({"related_ids": {"k" * length: "x"}} for length in (64, 65)),
        *({"related_ids": {"k": "x" * length}} for length in (255, 256)),
        *({"endpoint": number} for number in (0, 2, 3, -1)),
        *({"secret_index": number} for number in (-1, 0, 7)),
    ],
    ids=str,
)
def test_each_limit_alone(fields: dict[str, object]) -> None:
    one = item(**fields)
    assert is_read(one) == (not _validator.collect_violations(one))


def test_what_bodies_and_request_ids_may_be() -> None:
    for body, request_id in (
        (b"", "r"),
        (b"x" * 262_144, "r"),
        (b"x" * 262_145, "r"),
        (b"{}", "é" * 128),
        (b"{}", "a" * 129),
    ):
        one = item()
        one.body, one.request_id = body, request_id
        assert is_read(one) == (not _validator.collect_violations(one))
    assert not is_read(pb.RecordEventsItem(body=b"{}"))


@pytest.mark.parametrize("count", [0, 1, 64, 65])
def test_how_many_items_there_may_be(count: int) -> None:
    group = pb.RecordEventsRequest(items=[pb.RecordEventsItem()] * count)
    assert keeps_rules(group) == (not _validator.collect_violations(group))
