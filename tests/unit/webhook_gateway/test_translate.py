"""Envelopes: the ids that matter are found, and nothing that can be signed is too odd to be recorded."""

import hashlib

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from payments_api.internal.v1.stripe_event_pb2 import StripeEndpoint, StripeEventCategory, StripeEventEnvelope

from webhook_gateway.categories import CATEGORIES
from webhook_gateway.related import COMMON, RELATED, related_ids
from webhook_gateway.translate import misrouted, translate

PLATFORM = StripeEndpoint.STRIPE_ENDPOINT_PLATFORM
CONNECT = StripeEndpoint.STRIPE_ENDPOINT_CONNECT


def envelope_of(document: object, endpoint: StripeEndpoint = PLATFORM) -> StripeEventEnvelope:
    return translate(document, orjson.dumps(document), endpoint, 1)


def event(event_type: str, content: object, **more: object) -> dict[str, object]:
    return {
        "id": "evt_1",
        "object": "event",
        "type": event_type,
        "api_version": "2026-10-28.endive",
        "created": 1_790_000_000,
        "livemode": False,
        "data": {"object": content},
        **more,
    }


def test_an_event_is_translated_whole() -> None:
    content = {"id": "ch_1", "object": "charge", "payment_intent": "pi_1", "balance_transaction": {"id": "txn_1"}}
    assert envelope_of(event("charge.succeeded", content, account="acct_1", livemode=True)) == StripeEventEnvelope(
        event_id="evt_1",
        type="charge.succeeded",
        category=StripeEventCategory.STRIPE_EVENT_CATEGORY_PAYMENT,
        stripe_account_id="acct_1",
        livemode=True,
        create_time={"seconds": 1_790_000_000},
        api_version="2026-10-28.endive",
        object_type="charge",
        object_id="ch_1",
        related_ids={"payment_intent": "pi_1", "balance_transaction": "txn_1"},
        endpoint=PLATFORM,
        secret_index=1,
    )


@pytest.mark.parametrize("event_type", sorted(CATEGORIES))
def test_every_known_type_keeps_its_type_and_category(event_type: str) -> None:
    envelope = envelope_of(event(event_type, {"id": "x_1", "object": "thing"}))
    assert (envelope.type, envelope.category) == (event_type, CATEGORIES[event_type])


def nested(path: tuple[str, ...], value: object) -> dict[str, object]:
    for key in reversed(path):
        value = {key: value}
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize(
    ("object_type", "name", "path"),
    [(kind, name, path) for kind, paths in {**RELATED, "unheard_of": COMMON}.items() for name, path in paths],
)
def test_every_related_id_is_found_as_a_string_and_expanded(object_type: str, name: str, path: tuple[str, ...]) -> None:
    assert related_ids(object_type, nested(path, "x_1")) == {name: "x_1"}
    assert related_ids(object_type, nested(path, {"id": "x_1", "object": "x"})) == {name: "x_1"}
    for absent in (None, 7, True, [], ["x_1"], {}, {"id": None}, "", "a\x00b", "a\nb", "é", "x" * 256):
        assert related_ids(object_type, nested(path, absent)) == {}


def test_no_object_has_more_related_ids_than_an_envelope_holds() -> None:
    assert max(len(paths) for paths in (*RELATED.values(), COMMON)) <= 16


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"object": "payment_intent", "latest_charge": "ch_1"}, {"charge": "ch_1"}),
        ({"object": "transfer", "source_transaction": "ch_1"}, {"charge": "ch_1"}),
        (
            {"object": "invoice", "parent": {"subscription_details": {"subscription": "sub_1"}}, "customer": "cus_1"},
            {"subscription": "sub_1", "customer": "cus_1"},
        ),
        (
            {"object": "invoice_payment", "payment": {"payment_intent": "pi_1"}, "invoice": "in_1"},
            {"payment_intent": "pi_1", "invoice": "in_1"},
        ),
        (
            {"object": "payout", "failure_balance_transaction": "txn_2", "balance_transaction": "txn_1"},
            {"failure_balance_transaction": "txn_2", "balance_transaction": "txn_1"},
        ),
        ({"object": "balance"}, {}),
    ],
)
def test_ids_are_found_where_stripe_puts_them(content: dict[str, object], expected: dict[str, str]) -> None:
    assert dict(envelope_of(event("x.y", content)).related_ids) == expected


@pytest.mark.parametrize(
    "document",
    [None, [], [1, {"id": "evt_1"}], "evt_1", 7, 1.5, True, {}]
    + [{"id": unfit} for unfit in (None, 5, "", {"id": "x"}, "evt\x00", "e" * 256, "évt")],
)
def test_a_body_without_a_fit_id_is_known_by_its_digest(document: object) -> None:
    envelope = envelope_of(document)
    assert envelope.event_id == f"sha256:{hashlib.sha256(orjson.dumps(document)).hexdigest()}"
    assert envelope.category == StripeEventCategory.STRIPE_EVENT_CATEGORY_UNSPECIFIED
    assert envelope.endpoint == PLATFORM


@pytest.mark.parametrize("created", [None, True, -1, 1.5, "1790000000", 253_402_300_800, 2**70, [], {}])
def test_a_time_that_is_none_is_left_out(created: object) -> None:
    envelope = translate(event("x.y", {}, created=created), b"{}", PLATFORM, 0)
    assert not envelope.HasField("create_time")


@pytest.mark.parametrize("created", [0, 253_402_300_799])
def test_a_time_within_bounds_is_kept(created: int) -> None:
    assert envelope_of(event("x.y", {}, created=created)).create_time.seconds == created


@pytest.mark.parametrize("livemode", [None, "true", 1, 0, [True]])
def test_only_true_is_live(livemode: object) -> None:
    assert envelope_of(event("x.y", {}, livemode=livemode)).livemode is False


@pytest.mark.parametrize(
    ("account", "endpoint", "expected"),
    [("acct_1", CONNECT, False), ("acct_1", PLATFORM, True), (None, PLATFORM, False), (None, CONNECT, True)],
)
def test_an_event_at_the_other_endpoint_is_noticed(
    account: str | None, endpoint: StripeEndpoint, expected: bool
) -> None:
    envelope = envelope_of(event("x.y", {}, account=account), endpoint)
    assert misrouted(envelope) is expected
    assert envelope.endpoint == endpoint


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
oddities = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("id", "object", "type", "api_version", "created", "livemode", "account", "context"), json_values
    )
    | {
        "data": json_values
        | st.fixed_dictionaries(
            {
                "object": st.fixed_dictionaries(
                    {},
                    optional={"object": st.sampled_from(sorted(RELATED)) | json_values, "id": json_values}
                    | dict.fromkeys(("customer", "charge", "parent", "payment", "account_holder"), json_values),
                )
            }
        )
    },
)


@given(json_values | oddities)
def test_every_document_gets_an_envelope_that_can_be_sent(document: object) -> None:
    envelope = translate(document, b"{}", CONNECT, 0)
    assert 1 <= len(envelope.event_id) <= 255
    assert StripeEventEnvelope.FromString(envelope.SerializeToString()) == envelope
    texts = [envelope.event_id, envelope.type, envelope.stripe_account_id, envelope.api_version, envelope.object_id]
    assert all(text.isascii() and text.isprintable() for text in [*texts, *envelope.related_ids.values()])
