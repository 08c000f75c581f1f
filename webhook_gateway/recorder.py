"""Makes events durable in the payments service's inbox, many of them with one call.

A delivery that finds no call in flight is sent at once. Those that come while one is in flight go together with the
next, so a call carries the more the busier it gets, and nobody ever waits for company. A call costs this process
and the service more than all else about a delivery: groups are what makes the difference under load.
"""

import asyncio
import contextvars
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import grpc
from payments_api.internal.v1 import stripe_event_service_pb2 as pb
from payments_api.v1.error_reason_pb2 import ErrorReason

from webhook_gateway.errors import NotRecordedError
from webhook_gateway.metrics import Metrics
from webhook_gateway.streams import Streams

DETAIL_CHARACTERS_MAX = 300

_DEFECTS = frozenset({grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN})
"""Answers that may be about one event and not about the state of the service."""

_DURABLE = frozenset({pb.EVENT_RECORDING_RECORDED, pb.EVENT_RECORDING_DUPLICATE})
_STOPPED = "the gateway was stopped"
_METHOD = f"/{pb.DESCRIPTOR.services_by_name['StripeEventService'].full_name}/RecordEvents"


@dataclass(frozen=True, slots=True)
class RecorderLimits:
    """How much is sent at once, and how much may wait to be sent.

    Attributes:
        group_events_max: Events a call; the service takes no more than 64.
        group_bytes_max: Bytes a call, beyond which no further event joins. The service's gRPC takes 1 MiB, and one
            event is at most 256 KiB and its envelope.
        calls_max: Calls in flight, be it over streams. There is one as long as it keeps up: another begins only when
            enough waits, or when one is stuck. Fewer and larger ones cost less.
        another_from: How many deliveries are enough. With one call at a time gateway and service would take turns, each
            idle while the other works.
        stuck_s: How long a call takes that is stuck, in seconds.
        waiting_events_max: Deliveries that may wait to be sent.
        waiting_bytes_max: Bytes of those.
    """

    group_events_max: int = 64
    group_bytes_max: int = 524_288
    calls_max: int = 4
    another_from: int = 12
    stuck_s: float = 0.25
    waiting_events_max: int = 1_000
    waiting_bytes_max: int = 33_554_432


class Recordable(Protocol):
    """A delivery with an event to be recorded.

    Attributes:
        request: What is sent: the bytes of a request with this event alone. Those of several, one behind the other,
            are the request with all of them, as protobuf has it for repeated fields: so each is encoded once. May be
            let go once it has ended.
        request_id: Of its delivery.
        size: Bytes of the request while it had not ended; set here.
        deadline: When it is given up, on the event loop's clock; set here.
        ended: Whether it knows what became of it.
    """

    request: bytes
    size: int
    request_id: str
    deadline: float
    ended: bool

    def recorded(self, *, duplicate: bool) -> None:
        """It is durable, now or already before."""
        ...

    def not_recorded(self, reason: str, detail: str) -> None:
        """It is not known to be durable; nothing if it has ended already."""
        ...


class EventRecorder:
    """Records events over one channel, which reconnects by itself.

    Args:
        channel: The channel to the payments service.
        metadata: What every call carries, such as the bearer token.
        timeout_s: How long a delivery may take from here to its confirmation, in seconds.
        metrics: Counted into.
        limits: Sizes of groups and of the queue.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        metadata: tuple[tuple[str, str], ...],
        timeout_s: float,
        metrics: Metrics,
        limits: RecorderLimits | None = None,
    ) -> None:
        # Without a serializer: what is sent is encoded already.
        self._record_events: grpc.aio.UnaryUnaryMultiCallable[bytes, pb.RecordEventsResponse] = channel.unary_unary(
            _METHOD, response_deserializer=pb.RecordEventsResponse.FromString
        )
        self._streams = Streams(channel, metadata, metrics)
        self._late = f"not confirmed within {timeout_s:g} s"
        self._metadata = metadata
        self._timeout_s = timeout_s
        self._metrics = metrics
        self._limits = limits or RecorderLimits()
        self._loop = asyncio.get_running_loop()
        self._queue: deque[Recordable] = deque()
        self._waiting_bytes = 0
        self._open: deque[Recordable] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._senders: set[asyncio.Task[None]] = set()
        self._sending = 0
        self._began: dict[object, float] = {}
        self._reminder: asyncio.TimerHandle | None = None
        metrics.queue_depth.set_function(lambda: len(self._queue))
        metrics.queue_bytes.set_function(lambda: self._waiting_bytes)

    def submit(self, delivery: Recordable) -> None:
        """Takes a delivery, and tells it once the event is durable or is not known to be.

        The service may refuse, fail, be late or be away.

        Raises:
            NotRecordedError: Too many wait already.
        """
        delivery.size = len(delivery.request)
        delivery.deadline = self._loop.time() + self._timeout_s
        self._enqueue(delivery)
        self._open.append(delivery)
        if self._timer is None:
            self._timer = self._loop.call_at(delivery.deadline, self._give_up_late)

    async def close(self) -> None:
        """Ends what is left when the process ends: what is not confirmed by now is not acknowledged."""
        for timer in (self._reminder, self._timer):
            if timer is not None:
                timer.cancel()
        for sender in self._senders:
            sender.cancel()
        await asyncio.gather(*self._senders, return_exceptions=True)
        self._streams.close()
        for delivery in self._queue:
            delivery.not_recorded("CANCELLED", _STOPPED)

    def _give_up_late(self) -> None:
        """Ends what has waited too long: one timer for all, since they are given up in the order in which they came."""
        self._timer = None
        now = self._loop.time()
        while self._open and (self._open[0].ended or self._open[0].deadline <= now):
            self._open.popleft().not_recorded("DEADLINE_EXCEEDED", self._late)
        if self._open:
            self._timer = self._loop.call_at(self._open[0].deadline, self._give_up_late)

    def _enqueue(self, delivery: Recordable) -> None:
        """Puts a delivery into the queue, and sees that somebody sends it.

        Raises:
            NotRecordedError: The queue is full.
        """
        limits = self._limits
        full = len(self._queue) >= limits.waiting_events_max
        if full or self._waiting_bytes + delivery.size > limits.waiting_bytes_max:
            raise NotRecordedError("QUEUE_FULL", f"{len(self._queue)} deliveries wait, {self._waiting_bytes} bytes")
        self._queue.append(delivery)
        self._waiting_bytes += delivery.size
        self._see_to_the_queue()

    def _see_to_the_queue(self) -> None:
        """Starts a sender where those at work do not keep up, or looks again once one of them may be stuck."""
        if not self._suffice(self._sending):
            self._sending += 1
            # A context of its own: the calls are also those of other deliveries.
            sender = self._loop.create_task(self._send_waiting(), context=contextvars.Context())
            self._senders.add(sender)
            sender.add_done_callback(self._senders.discard)
        elif self._reminder is None and self._sending < self._limits.calls_max:
            self._reminder = self._loop.call_later(self._limits.stuck_s, self._look_again)

    def _look_again(self) -> None:
        self._reminder = None
        if self._queue:
            self._see_to_the_queue()

    def _suffice(self, calls: int) -> bool:
        """Tells whether as many calls in flight keep up with what waits, or are all that there may be."""
        limits = self._limits
        if not 0 < calls < limits.calls_max:
            return calls > 0
        if (
            len(self._queue) >= min(limits.another_from, limits.group_events_max)
            or self._waiting_bytes >= limits.group_bytes_max
        ):
            return False
        return not self._began or self._loop.time() - min(self._began.values()) < limits.stuck_s

    async def _send_waiting(self) -> None:
        """Sends group after group, until nothing waits or the other calls keep up with it."""
        call = object()
        try:
            while not self._suffice(self._sending - 1) and (group := self._take()):
                self._metrics.group_size.observe(len(group))
                self._began[call] = self._loop.time()
                try:
                    await self._send(group)
                finally:
                    del self._began[call]
        finally:
            self._sending -= 1
        if self._queue:
            self._see_to_the_queue()

    def _take(self) -> list[Recordable]:
        """Returns what goes into one call, in the order of arrival, without what has been given up meanwhile."""
        group: list[Recordable] = []
        size = 0
        while self._queue and len(group) < self._limits.group_events_max:
            first = self._queue[0]
            if group and size + first.size > self._limits.group_bytes_max:
                break
            self._queue.popleft()
            self._waiting_bytes -= first.size
            if not first.ended:
                group.append(first)
                size += first.size
        return group

    async def _send(self, group: Sequence[Recordable]) -> None:
        """Makes one call and ends its deliveries; by halves where one of them may be what makes it fail."""
        # What has been given up since it was taken has let go of its bytes, and must have no result of its own either.
        group = [delivery for delivery in group if not delivery.ended]
        if not group:
            return
        try:
            results = await self._record(group)
        except grpc.aio.AioRpcError as error:
            if error.code() in _DEFECTS and len(group) > 1:
                middle = len(group) // 2
                await self._send(group[:middle])
                await self._send(group[middle:])
            else:
                _fail(group, error.code().name, error.details() or "")
        except grpc.aio.UsageError as error:
            # The channel was closed under deliveries that outlived the shutdown.
            _fail(group, "CANCELLED", str(error))
        except asyncio.CancelledError:
            _fail(group, "CANCELLED", _STOPPED)
            raise
        else:
            _confirm(group, results)
            while self._open and self._open[0].ended:
                self._open.popleft()

    async def _record(self, group: Sequence[Recordable]) -> Sequence[pb.RecordEventsResult]:
        """Sends a group over a stream where there is one, else with a call, and returns what the service says of it."""
        request = b"".join([delivery.request for delivery in group])
        # As long as the newest may wait; older ones are given up by their own timers.
        deadline = group[-1].deadline
        reply = await self._streams.record(request, deadline - self._loop.time(), busy=self._sending > 1)
        if reply is not None:
            return reply.results
        response = await self._record_events(
            request,
            timeout=max(0.0, deadline - self._loop.time()),
            metadata=(*self._metadata, ("x-request-id", group[0].request_id)),
        )
        return response.results


def _confirm(group: Sequence[Recordable], results: Sequence[pb.RecordEventsResult]) -> None:
    """Ends deliveries as the service says of each. What it does not say is not confirmed."""
    for delivery, result in zip(group, results, strict=False):
        if result.recording in _DURABLE:
            delivery.recorded(duplicate=result.recording == pb.EVENT_RECORDING_DUPLICATE)
        elif result.recording == pb.EVENT_RECORDING_FAILED:
            delivery.not_recorded(_reason(result.reason), result.message[:DETAIL_CHARACTERS_MAX])
    _fail(group, "UNKNOWN", "the service did not say what became of the event")


def _fail(group: Sequence[Recordable], reason: str, detail: str) -> None:
    """Ends those of the deliveries that have not ended yet."""
    for delivery in group:
        delivery.not_recorded(reason, detail[:DETAIL_CHARACTERS_MAX])


def _reason(number: int) -> str:
    """Returns the name of a reason; a newer service may have some that are unknown here."""
    value = ErrorReason.DESCRIPTOR.values_by_number.get(number)
    return value.name.removeprefix("ERROR_REASON_") if value else "UNKNOWN"
