"""Deliveries: what Stripe sends is made durable and acknowledged; what is not Stripe's is not."""

import asyncio
import hashlib

import orjson
import pytest
from payments_api.internal.v1.stripe_event_pb2 import StripeEndpoint, StripeEventCategory

from tests.integration.webhook_gateway.harness import (
    CONNECT_SECRET,
    PLATFORM_SECRETS,
    PaymentsDouble,
    RunningGateway,
    event,
    sign,
)


async def test_a_signed_event_is_recorded_and_acknowledged(gateway: RunningGateway, payments: PaymentsDouble) -> None:
    body = event("evt_first", api_version="2026-10-28.endive")
    response = await gateway.deliver(body)
    assert response.status_code == 200
    assert response.json() == {"success": True, "received": True, "event_id": "evt_first", "duplicate": False}
    assert response.headers["content-type"] == "application/json"
    (request,) = payments.requests
    assert request.body == body
    envelope = request.envelope
    assert envelope.event_id == "evt_first"
    assert envelope.category == StripeEventCategory.STRIPE_EVENT_CATEGORY_PAYMENT
    assert (envelope.object_type, envelope.object_id) == ("payment_intent", "pi_1")
    assert dict(envelope.related_ids) == {"charge": "ch_1"}
    assert envelope.endpoint == StripeEndpoint.STRIPE_ENDPOINT_PLATFORM
    assert envelope.secret_index == 0


async def test_a_repeat_is_acknowledged_as_one(gateway: RunningGateway) -> None:
    answers = [(await gateway.deliver(event("evt_twice"))).json()["duplicate"] for _ in range(3)]
    assert answers == [False, True, True]
    assert gateway.count("gateway_webhooks_total", endpoint="platform", outcome="recorded") == 1
    assert gateway.count("gateway_webhooks_total", endpoint="platform", outcome="duplicate") == 2


async def test_many_copies_at_once_are_all_acknowledged(gateway: RunningGateway) -> None:
    responses = await asyncio.gather(*(gateway.deliver(event("evt_many")) for _ in range(40)))
    assert {response.status_code for response in responses} == {200}
    assert [response.json()["duplicate"] for response in responses].count(False) == 1


async def test_each_secret_works_during_a_rotation_and_is_told_apart(
    gateway: RunningGateway, payments: PaymentsDouble
) -> None:
    for index, secret in enumerate(PLATFORM_SECRETS):
        assert (await gateway.deliver(event(f"evt_{index}"), secret=secret)).status_code == 200
    assert [request.envelope.secret_index for request in payments.requests] == [0, 1]
    assert gateway.count("gateway_secret_matches_total", endpoint="platform", index="1") == 1


async def test_each_endpoint_has_secrets_of_its_own(gateway: RunningGateway, payments: PaymentsDouble) -> None:
    body = event(account="acct_1")
    assert (await gateway.deliver(body, secret=CONNECT_SECRET, connect=True)).status_code == 200
    assert (await gateway.deliver(body, secret=CONNECT_SECRET)).status_code == 401
    assert (await gateway.deliver(body, secret=PLATFORM_SECRETS[0], connect=True)).status_code == 401
    (request,) = payments.requests
    assert request.envelope.endpoint == StripeEndpoint.STRIPE_ENDPOINT_CONNECT
    assert request.envelope.stripe_account_id == "acct_1"


async def test_an_event_at_the_wrong_endpoint_is_recorded_and_counted(
    gateway: RunningGateway, payments: PaymentsDouble
) -> None:
    assert (await gateway.deliver(event("evt_a", account="acct_1"))).status_code == 200
    assert (await gateway.deliver(event("evt_b"), secret=CONNECT_SECRET, connect=True)).status_code == 200
    assert [request.envelope.endpoint for request in payments.requests] == [1, 2]
    assert gateway.count("gateway_misrouted_total", endpoint="platform") == 1
    assert gateway.count("gateway_misrouted_total", endpoint="connect") == 1


@pytest.mark.parametrize("offset_s", [-299, 299])
async def test_clocks_may_differ_a_little_either_way(gateway: RunningGateway, offset_s: int) -> None:
    assert (await gateway.deliver(event(), offset_s=offset_s)).status_code == 200


# Two seconds more than the tolerance: the clock may tick between the signature and its check, in one direction only.
@pytest.mark.parametrize("offset_s", [-301, 303])
async def test_a_replayed_or_future_signature_is_refused(
    gateway: RunningGateway, payments: PaymentsDouble, offset_s: int
) -> None:
    response = await gateway.deliver(event(), offset_s=offset_s)
    assert response.status_code == 401
    assert response.json()["success"] is False
    assert response.json()["error"]["code"] == "webhook_signature_invalid"
    assert "300 s are allowed" in response.json()["error"]["message"]
    assert payments.requests == []
    assert gateway.count("gateway_webhooks_total", endpoint="platform", outcome="signature_stale") == 1


BAD_SIGNATURES: list[list[tuple[str, str]]] = [
    [],
    [("stripe-signature", "")],
    [("stripe-signature", "t=1,v1=00")],
    [("stripe-signature", "t=99999999999999999999999,v1=" + "0" * 64)],
    [("stripe-signature", "t=\xb2,v1=zz")],
    [("stripe-signature", "\xff\xfe")],
    [("stripe-signature", "v1=" + "0" * 20_000)],
    [("stripe-signature", sign(event())), ("stripe-signature", sign(event()))],
]


async def test_a_bad_signature_is_refused(gateway: RunningGateway, payments: PaymentsDouble) -> None:
    for headers in BAD_SIGNATURES:
        encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers]
        response = await gateway.client.post("/stripe/webhook", content=event(), headers=encoded)
        assert response.status_code == 401, headers
        assert response.json()["error"]["code"] == "webhook_signature_invalid"
    assert payments.requests == []


async def test_what_is_not_signed_is_not_even_parsed(gateway: RunningGateway) -> None:
    response = await gateway.client.post("/stripe/webhook", content=b"[" * 100_000)
    assert response.status_code == 401


async def test_what_is_signed_and_no_json_is_malformed(gateway: RunningGateway, payments: PaymentsDouble) -> None:
    for body in (b"", b"hello", b'{"id":NaN}', b'"\xff"', b"[" * 100_000, b"1e999", b'{"id":"evt_1"'):
        response = await gateway.deliver(body)
        assert response.status_code == 400, body
        assert response.json()["error"]["code"] == "webhook_malformed"
    assert payments.requests == []


async def test_whatever_is_json_and_signed_is_recorded(gateway: RunningGateway, payments: PaymentsDouble) -> None:
    bodies = [b"null", b"[]", b"7", b'"evt_1"', b"{}", b'{"id":5,"type":[],"data":7}', b'{"id":""}']
    for body in bodies:
        response = await gateway.deliver(body)
        assert response.status_code == 200, body
        assert response.json()["event_id"] == f"sha256:{hashlib.sha256(body).hexdigest()}"
    assert [request.body for request in payments.requests] == bodies
    assert gateway.count("gateway_unknown_types_total") == len(bodies)


async def test_an_unknown_type_is_recorded_and_counted(gateway: RunningGateway, payments: PaymentsDouble) -> None:
    body = orjson.dumps({"id": "evt_new", "type": "invention.patented", "data": {"object": {"id": "x", "object": "y"}}})
    assert (await gateway.deliver(body)).json()["event_id"] == "evt_new"
    assert payments.requests[0].envelope.type == "invention.patented"
    assert gateway.count("gateway_unknown_types_total") == 1


async def test_the_service_is_told_who_calls_and_for_which_request(
    gateway: RunningGateway, payments: PaymentsDouble
) -> None:
    response = await gateway.deliver(event(), x_request_id="req-42")
    assert response.headers["x-request-id"] == "req-42"
    assert payments.metadata[0]["x-request-id"] == "req-42"
    assert payments.metadata[0]["authorization"] == "Bearer tok_gateway"


async def test_a_delivery_leaves_one_line_without_its_content(gateway: RunningGateway) -> None:
    await gateway.deliver(event("evt_logged"), x_request_id="req-43")
    (line,) = gateway.lines()
    assert line["event"] == "webhook"
    assert line["event_id"] == "evt_logged"
    assert line["event_type"] == "payment_intent.succeeded"
    assert line["outcome"] == "recorded"
    assert line["request_id"] == "req-43"
    assert isinstance(line["duration_ms"], float)
    logged = gateway.log_stream.getvalue().decode()
    for private in ("Jenny", *PLATFORM_SECRETS, CONNECT_SECRET, "tok_gateway", "v1="):
        assert private not in logged


async def test_a_refusal_leaves_one_line_too(gateway: RunningGateway) -> None:
    await gateway.client.post("/stripe/webhook", content=b"Jenny")
    (line,) = gateway.lines()
    assert line["outcome"] == "signature_invalid"
    assert line["level"] == "warning"
    assert "Jenny" not in str(line)
