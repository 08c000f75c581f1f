"""The way of one delivery: size, signature, JSON, envelope, record, answer. In this order, nothing before its turn."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from payments_api.internal.v1.stripe_event_pb2 import StripeEndpoint, StripeEventEnvelope
from payments_api.internal.v1.stripe_event_service_pb2 import RecordEventsRequest

from webhook_gateway import signature
from webhook_gateway.answers import Answer, accepted, refused
from webhook_gateway.body import Body
from webhook_gateway.categories import UNKNOWN
from webhook_gateway.errors import REFUSALS, BodyAbortedError, BodySlowError, NotRecordedError, Refusal
from webhook_gateway.event_json import parse
from webhook_gateway.logs import Log
from webhook_gateway.metrics import Metrics
from webhook_gateway.recorder import EventRecorder
from webhook_gateway.request_id import request_id_of
from webhook_gateway.signature import SignatureVerifier
from webhook_gateway.translate import misrouted, translate

ENDPOINT_NAMES = {
    StripeEndpoint.STRIPE_ENDPOINT_PLATFORM: "platform",
    StripeEndpoint.STRIPE_ENDPOINT_CONNECT: "connect",
}


OUTCOMES = ("recorded", "duplicate", *sorted(refusal.outcome for refusal in REFUSALS))
"""How a delivery can end. Every one is shown in the metrics from the start, as 0."""

_log = logging.getLogger(__name__)


class Client(Protocol):
    """Whoever delivers, at the other end of a connection."""

    def ask(self) -> None:
        """Tells it to send the body."""
        ...

    def answer(self, delivery: "Delivery", answer: Answer, request_id: str) -> None:
        """Answers its delivery, if it is still there."""
        ...


class WebhookEndpoint:
    """One of the two addresses that Stripe calls: all that its deliveries have in common.

    Args:
        endpoint: Which of the two.
        body_bytes_max: The longest body that is accepted, in bytes.
        body_timeout_s: The time that a whole body may take, in seconds.
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
        body_bytes_max: int,
        body_timeout_s: float,
        verifier: SignatureVerifier,
        recorder: EventRecorder,
        metrics: Metrics,
        log: Log,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.endpoint = endpoint
        self.name = ENDPOINT_NAMES[endpoint]
        self.body_bytes_max = body_bytes_max
        self.body_timeout_s = body_timeout_s
        self.verifier = verifier
        self.recorder = recorder
        self.metrics = metrics
        self.counted = {outcome: metrics.webhooks.labels(self.name, outcome) for outcome in OUTCOMES}
        self.ack_seconds = metrics.ack_seconds.labels(self.name)
        self.matched = [metrics.secret_matches.labels(self.name, index) for index in range(verifier.secrets)]
        self.misrouted = metrics.misrouted.labels(self.name)
        self.log = log
        self.clock = clock
        self.loop = asyncio.get_running_loop()


class _NobodyWaits:
    """In the place of the event that uvicorn's connection sets for an ASGI application."""

    def set(self) -> None:
        """Wakes nobody."""


class Delivery:
    """One delivery, from the end of its headers to its answer and its log line.

    It is no coroutine: a task for each would cost as much as proving its signature and reading its JSON.

    Args:
        endpoint: Where it was delivered.
        headers: Those of the request, names in lower case.
        client: Whom to answer.
        keep_alive: Whether the connection is kept after the answer.

    Attributes:
        request: For the recorder: the bytes of a request with this event alone.
        request_id: What ties its log line here to its trace in the payments service.
        size: For the recorder: the length of that.
        deadline: For the recorder: when it is given up.
        ended: Whether it has had its answer.
        keep_alive: As above; uvicorn's connection takes it back when the server stops.
        disconnected: Set by uvicorn's connection when the client has left.
        response_complete: What uvicorn's connection goes by: whether the next request may have its turn.
        message_event: What uvicorn's connection sets.
    """

    message_event = _NobodyWaits()

    __slots__ = (
        "_body",
        "_client",
        "_created",
        "_endpoint",
        "_event_id",
        "_fields",
        "_headers",
        "_started",
        "_timer",
        "deadline",
        "disconnected",
        "ended",
        "keep_alive",
        "request",
        "request_id",
        "response_complete",
        "size",
    )

    def __init__(
        self, endpoint: WebhookEndpoint, headers: Sequence[tuple[bytes, bytes]], client: Client, *, keep_alive: bool
    ) -> None:
        self._endpoint = endpoint
        self._headers = headers
        self._client = client
        self._body = Body(headers, endpoint.body_bytes_max)
        self._event_id = ""
        self._created: int | None = None
        self._fields: dict[str, object] = {}
        self._started = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.request = b""
        self.request_id = ""
        self.size = 0
        self.deadline = 0.0
        self.ended = False
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_complete = False

    def start(self) -> None:
        """Has its turn on its connection; of its body there may be nothing yet, or all."""
        self._started = time.perf_counter()
        self._endpoint.metrics.working_on += 1
        self.request_id = request_id_of(self._headers)
        if self._body.done:
            self._proceed()
        elif self._body.asks:
            self._client.ask()

    def feed(self, chunk: bytes) -> None:
        """Takes the next part of its body."""
        self._body.feed(chunk)
        if self._body.done:
            self._go_on()

    def end(self) -> None:
        """Has all of its body."""
        self._body.end()
        self._go_on()

    def expect_rest(self) -> None:
        """Gives the rest of its body some time to come."""
        if self._timer is None and self._started and not (self._body.done or self.ended):
            endpoint = self._endpoint
            late = f"the body did not arrive within {endpoint.body_timeout_s:g} s"
            self._timer = endpoint.loop.call_later(endpoint.body_timeout_s, self._refuse, BodySlowError(late))

    def abort(self) -> None:
        """Has lost its client. What is being recorded goes on; what had not arrived ends here."""
        if self._started and not (self._body.done or self.ended):
            self._refuse(BodyAbortedError("the connection ended before the body was complete"))

    def recorded(self, *, duplicate: bool) -> None:
        """Has become durable, now or already before."""
        if self.ended:
            return
        try:
            self._accept(duplicate=duplicate)
        except Exception:  # noqa: BLE001 - the others of its group are confirmed all the same
            self._fail()

    def not_recorded(self, reason: str, detail: str) -> None:
        """Is not known to be durable."""
        if not self.ended:
            self._refuse(NotRecordedError(reason, detail))

    def _go_on(self) -> None:
        if self._started and not (self.request or self.ended):
            self._proceed()

    def _proceed(self) -> None:
        """Takes what there is of the body through all that can refuse it, and hands it to the recorder."""
        try:
            self._record()
        except Refusal as refusal:
            self._refuse(refusal)
        except Exception:  # noqa: BLE001 - nobody foresaw it; raised on it would end as a refusal by the HTTP parser
            self._fail()

    def _record(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        endpoint = self._endpoint
        body = self._body.take()
        self._fields["body_bytes"] = len(body)
        headers = [value for name, value in self._headers if name == signature.HEADER_NAME]
        match = endpoint.verifier.verify(headers, body)
        endpoint.metrics.signature_age_s = match.age_s
        endpoint.matched[match.secret_index].value += 1
        request = RecordEventsRequest()
        item = request.items.add(body=body, request_id=self.request_id)
        self._fill(translate(parse(body), body, endpoint.endpoint, match.secret_index, item.envelope))
        self.request = request.SerializeToString()
        endpoint.recorder.submit(self)

    def _fill(self, envelope: StripeEventEnvelope) -> None:
        """Keeps what is counted and logged of the event in the end: ids and types, nothing of its content."""
        self._event_id = envelope.event_id
        self._created = envelope.create_time.seconds if envelope.HasField("create_time") else None
        fields = self._fields
        fields["event_id"] = self._event_id
        fields["event_type"] = envelope.type
        fields["stripe_account_id"] = envelope.stripe_account_id
        fields["livemode"] = envelope.livemode
        fields["secret_index"] = envelope.secret_index
        if envelope.category == UNKNOWN:
            fields["unknown_type"] = True
        if misrouted(envelope):
            fields["misrouted"] = True

    def _accept(self, *, duplicate: bool) -> None:
        endpoint, metrics, fields = self._endpoint, self._endpoint.metrics, self._fields
        endpoint.ack_seconds.observe(time.perf_counter() - self._started)
        if self._created is not None:
            metrics.event_age_seconds.observe(max(0.0, endpoint.clock() - self._created))
        if "unknown_type" in fields:
            metrics.unknown_types.inc()
        if "misrouted" in fields:
            endpoint.misrouted.inc()
        outcome = "duplicate" if duplicate else "recorded"
        self._finish(accepted(self._event_id, duplicate=duplicate), outcome, "info")

    def _refuse(self, refusal: Refusal) -> None:
        """Answers why it is not acknowledged."""
        if isinstance(refusal, NotRecordedError):
            self._endpoint.metrics.record_failures.labels(refusal.reason).inc()
            # The service refuses an argument only if gateway and service disagree about the envelope: our defect.
            self._fields |= {
                "reason": refusal.reason,
                "detail": refusal.detail,
                "defect": refusal.reason == "INVALID_ARGUMENT",
            }
            level = "error"
        else:
            self._fields["reason"] = str(refusal)
            level = "warning"
        self._finish(refused(refusal), refusal.outcome, level)

    def _fail(self) -> None:
        """Answers for a failure that nobody foresaw, from within its handler."""
        _log.exception("delivery %s failed", self.request_id)
        self.not_recorded("DEFECT", "the gateway failed: see the line before this one")

    def _finish(self, answer: Answer, outcome: str, level: str) -> None:
        self.ended = True
        self.request = b""
        if self._timer is not None:
            self._timer.cancel()
        self._endpoint.metrics.working_on -= 1
        self._endpoint.counted[outcome].value += 1
        self._client.answer(self, answer, self.request_id)
        fields = self._fields
        fields["endpoint"] = self._endpoint.name
        fields["request_id"] = self.request_id
        fields["status"] = answer.status
        fields["duration_ms"] = round((time.perf_counter() - self._started) * 1000, 2)
        fields["outcome"] = outcome
        self._endpoint.log.line(level, "webhook", fields)
