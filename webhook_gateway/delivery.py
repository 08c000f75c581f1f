"""The way of one delivery: size, signature, JSON, envelope, record, answer. In this order, nothing before its turn."""

import asyncio
import time
from collections.abc import Callable

from payments_api.internal.v1.stripe_event_pb2 import StripeEndpoint, StripeEventEnvelope
from starlette.types import Receive, Scope, Send

from webhook_gateway import signature
from webhook_gateway.answers import Answer, accepted, defect, refused, send_answer
from webhook_gateway.body import BodyReader
from webhook_gateway.categories import UNKNOWN
from webhook_gateway.errors import REFUSALS, NotRecordedError, Refusal
from webhook_gateway.event_json import parse
from webhook_gateway.logs import Log
from webhook_gateway.metrics import Metrics
from webhook_gateway.recorder import EventRecorder
from webhook_gateway.request_id import HEADER_NAME as REQUEST_ID_HEADER
from webhook_gateway.request_id import request_id_of
from webhook_gateway.signature import SignatureVerifier
from webhook_gateway.translate import misrouted, translate

ENDPOINT_NAMES = {
    StripeEndpoint.STRIPE_ENDPOINT_PLATFORM: "platform",
    StripeEndpoint.STRIPE_ENDPOINT_CONNECT: "connect",
}


OUTCOMES = ("recorded", "duplicate", *sorted(refusal.outcome for refusal in REFUSALS))
"""How a delivery can end. Every one is shown in the metrics from the start, as 0."""


class WebhookEndpoint:
    """One of the two addresses that Stripe calls, as an ASGI application.

    Args:
        endpoint: Which of the two.
        body_reader: Reads bodies within limits.
        verifier: Proves signatures with this endpoint's secrets.
        recorder: Makes events durable.
        metrics: Counts what happens.
        log: Takes one line per delivery.
        clock: Our time, in seconds since 1970.
    """

    def __init__(
        self,
        endpoint: StripeEndpoint,
        *,
        body_reader: BodyReader,
        verifier: SignatureVerifier,
        recorder: EventRecorder,
        metrics: Metrics,
        log: Log,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._endpoint = endpoint
        self._name = ENDPOINT_NAMES[endpoint]
        self._body_reader = body_reader
        self._verifier = verifier
        self._recorder = recorder
        self._metrics = metrics
        self._counted = {outcome: metrics.webhooks.labels(self._name, outcome) for outcome in OUTCOMES}
        self._ack_seconds = metrics.ack_seconds.labels(self._name)
        self._matched = [metrics.secret_matches.labels(self._name, index) for index in range(verifier.secrets)]
        self._log = log
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Takes one delivery from its headers to its answer and its log line."""
        started = time.perf_counter()
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        request_id = request_id_of(headers)
        fields: dict[str, object] = {}
        self._metrics.working_on += 1
        try:
            answer = await self._deliver(headers, receive, request_id, fields)
            self._ack_seconds.observe(time.perf_counter() - started)
            write = self._log.info
        except Refusal as refusal:
            answer = refused(refusal)
            fields |= _account_of(refusal)
            write = self._log.error if isinstance(refusal, NotRecordedError) else self._log.warning
        except Exception:
            # Nobody foresaw it: answered here, and raised on for uvicorn to log.
            await send_answer(send, defect())
            raise
        finally:
            self._metrics.working_on -= 1
        outcome = str(fields["outcome"])
        self._counted[outcome].inc()
        await send_answer(send, answer, ((REQUEST_ID_HEADER, request_id.encode()),))
        write(
            "webhook",
            endpoint=self._name,
            request_id=request_id,
            status=answer.status,
            duration_ms=round((time.perf_counter() - started) * 1000, 2),
            **fields,
        )

    async def _deliver(
        self, headers: list[tuple[bytes, bytes]], receive: Receive, request_id: str, fields: dict[str, object]
    ) -> Answer:
        """Makes one delivery durable; notes in `fields` what the log shall say about it, as far as it got."""
        body = await self._body_reader.read(headers, receive)
        fields["body_bytes"] = len(body)
        match = self._verifier.verify([value for name, value in headers if name == signature.HEADER_NAME], body)
        self._metrics.signature_age_s = match.age_s
        self._matched[match.secret_index].inc()
        envelope = translate(parse(body), body, self._endpoint, match.secret_index)
        fields |= _facts_of(envelope)
        try:
            duplicate = await self._recorder.record(envelope, body, request_id)
        except NotRecordedError as error:
            self._metrics.record_failures.labels(error.reason).inc()
            raise
        except asyncio.CancelledError:
            # The process is being stopped for good. Answered like any event that is not known to be durable.
            raise NotRecordedError("CANCELLED", "the gateway was stopped") from None
        self._count(envelope, fields)
        fields["outcome"] = "duplicate" if duplicate else "recorded"
        return accepted(envelope.event_id, duplicate=duplicate)

    def _count(self, envelope: StripeEventEnvelope, fields: dict[str, object]) -> None:
        """Counts what is odd about a recorded event."""
        if envelope.HasField("create_time"):
            self._metrics.event_age_seconds.observe(max(0.0, self._clock() - envelope.create_time.seconds))
        if envelope.category == UNKNOWN:
            self._metrics.unknown_types.inc()
            fields["unknown_type"] = True
        if misrouted(envelope):
            self._metrics.misrouted.labels(self._name).inc()
            fields["misrouted"] = True


def _facts_of(envelope: StripeEventEnvelope) -> dict[str, object]:
    """Returns what the log says about an event: ids and types, nothing of its content."""
    return {
        "event_id": envelope.event_id,
        "event_type": envelope.type,
        "stripe_account_id": envelope.stripe_account_id,
        "livemode": envelope.livemode,
        "secret_index": envelope.secret_index,
    }


def _account_of(refusal: Refusal) -> dict[str, object]:
    """Returns what the log says about a refusal."""
    if isinstance(refusal, NotRecordedError):
        # The service refuses an argument only if gateway and service disagree about the envelope: that is our defect.
        defect = refusal.reason == "INVALID_ARGUMENT"
        return {"outcome": refusal.outcome, "reason": refusal.reason, "detail": refusal.detail, "defect": defect}
    return {"outcome": refusal.outcome, "reason": str(refusal)}
