"""Streams to the payments service: a message on one costs a third of a call, once there is group after group.

They are for busy times only, and may fail at any moment: whoever is told that one did makes a call instead, which has
deadlines, repetition and errors of its own. The inbox knows an event by its id, so sending it twice does no harm.
"""

import asyncio
from collections import deque
from typing import NamedTuple

import grpc
from payments_api.internal.v1 import stripe_event_service_pb2 as pb

from webhook_gateway.metrics import Metrics

IDLE_S = 0.1
"""How long a stream is kept that nobody needs, in seconds: a service that stops waits for it."""
PAUSE_S = 1.0
"""How long there are no new streams once one has failed, in seconds: the service may be too old to know them."""

_METHOD = f"/{pb.DESCRIPTOR.services_by_name['StripeEventService'].full_name}/RecordEventGroups"
_FAILURES = (grpc.aio.AioRpcError, grpc.aio.UsageError, asyncio.InvalidStateError, TimeoutError)

_Stream = grpc.aio.StreamStreamCall[bytes, pb.RecordEventGroupsResponse]


class _Idle(NamedTuple):
    """A stream that nobody uses, and since when, on the event loop's clock."""

    stream: _Stream
    since: float


class Streams:
    """Streams over one channel, each used by one sender at a time and kept for a moment between two.

    Args:
        channel: The channel to the payments service.
        metadata: What every stream carries, such as the bearer token.
        metrics: Counted into.
    """

    def __init__(self, channel: grpc.aio.Channel, metadata: tuple[tuple[str, str], ...], metrics: Metrics) -> None:
        self._open: grpc.aio.StreamStreamMultiCallable[bytes, pb.RecordEventGroupsResponse] = channel.stream_stream(
            _METHOD, response_deserializer=pb.RecordEventGroupsResponse.FromString
        )
        self._metadata = metadata
        self._metrics = metrics
        self._loop = asyncio.get_running_loop()
        self._idle: deque[_Idle] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._none_before = 0.0

    async def record(self, request: bytes, timeout_s: float, *, busy: bool) -> pb.RecordEventGroupsResponse | None:
        """Records a group over a stream.

        Args:
            request: The group, encoded.
            timeout_s: How long it may take, in seconds.
            busy: Whether a new stream is worth its while.

        Returns:
            What became of its events; None if there is no stream to be had, or it has failed: nothing is known then.
        """
        stream = self._take()
        if stream is None:
            if not busy or self._loop.time() < self._none_before:
                return None
            stream = self._open(metadata=self._metadata)
        try:
            async with asyncio.timeout(timeout_s):
                await stream.write(request)
                reply = await stream.read()
        except _FAILURES:
            reply = grpc.aio.EOF
        if not isinstance(reply, pb.RecordEventGroupsResponse):
            stream.cancel()
            self._metrics.streams_failed.inc()
            self._none_before = self._loop.time() + PAUSE_S
            return None
        self._idle.append(_Idle(stream, self._loop.time()))
        if self._timer is None:
            self._timer = self._loop.call_later(IDLE_S, self._end_idle)
        return reply

    def close(self) -> None:
        """Ends what nobody uses; a stream in use ends with its user."""
        if self._timer is not None:
            self._timer.cancel()
        while self._idle:
            self._idle.pop().stream.cancel()

    def _take(self) -> _Stream | None:
        """Returns the stream that was used last, so that those in excess stay idle, and end."""
        while self._idle:
            stream = self._idle.pop().stream
            if not stream.done():
                return stream
        return None

    def _end_idle(self) -> None:
        self._timer = None
        before = self._loop.time() - IDLE_S
        while self._idle and self._idle[0].since <= before:
            self._idle.popleft().stream.cancel()
        if self._idle:
            self._timer = self._loop.call_later(IDLE_S, self._end_idle)
