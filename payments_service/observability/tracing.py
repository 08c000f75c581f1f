"""Trace and span ids as W3C Trace Context defines them (https://www.w3.org/TR/trace-context/)."""

import os
import random
import re
from typing import NamedTuple

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_TRACE_NONE = "0" * 32
_SPAN_NONE = "0" * 16

# Ids have to be unique and not secret. The system's generator would cost a call into the kernel, and with it the
# interpreter lock, several times a request.
_random = random.Random(int.from_bytes(os.urandom(32)))  # noqa: S311 - see above


class Trace(NamedTuple):
    """Where this service's work belongs in a trace.

    Attributes:
        trace_id: 32 hex digits: the caller's, or new.
        span_id: 16 hex digits, new: this service's own part.
        parent_span_id: the caller's span; empty when the trace starts here.
        sampled: whether the caller asked for the trace to be recorded.
    """

    trace_id: str
    span_id: str
    parent_span_id: str = ""
    sampled: bool = False

    @property
    def traceparent(self) -> str:
        """The header to send with calls made on behalf of this work."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"


def continue_trace(traceparent: str | None) -> Trace:
    """A new span of the caller's trace, or of a new trace when the header is missing or malformed."""
    span_id = new_span_id()
    match = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if match is None:
        return Trace(new_trace_id(), span_id)
    version, trace_id, parent_span_id, flags, rest = match.groups()
    # Version ff is forbidden; version 00 has exactly four fields, later ones may add more.
    if version == "ff" or (version == "00" and rest) or trace_id == _TRACE_NONE or parent_span_id == _SPAN_NONE:
        return Trace(new_trace_id(), span_id)
    return Trace(trace_id, span_id, parent_span_id, bool(int(flags, 16) & 1))


def new_trace_id() -> str:
    """A new id of 32 hex digits."""
    return f"{_random.getrandbits(128):032x}"


def new_span_id() -> str:
    """A new id of 16 hex digits."""
    return f"{_random.getrandbits(64):016x}"
