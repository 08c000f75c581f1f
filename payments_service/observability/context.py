"""What every log line of one call or job carries, without passing it through each function."""

from contextvars import ContextVar
from typing import NamedTuple


class LogContext(NamedTuple):
    """Ids that find everything about one piece of work.

    Attributes:
        request_id: of the call, as the caller sees it in `x-request-id`.
        trace_id: 32 hex digits, shared by all services that took part (W3C Trace Context).
        span_id: 16 hex digits, of this service's own part.
    """

    request_id: str
    trace_id: str
    span_id: str


log_context: ContextVar[LogContext | None] = ContextVar("log_context", default=None)
"""Set once a call in the task that serves it; tasks started from there inherit it."""
