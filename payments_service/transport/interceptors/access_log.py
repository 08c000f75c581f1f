"""One log line and one count a call, whatever becomes of it. Never a body, a secret or personal data."""

import asyncio
import time
from functools import cache, lru_cache

from prometheus_client import Counter, Histogram

from payments_service.domain.errors import Code, PaymentsError
from payments_service.observability.logging import write_line
from payments_service.observability.metrics import RPC_CALLS, RPC_DURATION
from payments_service.observability.redaction import scrub
from payments_service.transport.call import Call
from payments_service.transport.chain import Next

OK = "OK"
CANCELLED = "CANCELLED"


async def access_log(call: Call, request: bytes, following: Next) -> bytes:
    """Record method, code, reason, duration and caller."""
    try:
        reply = await following(call, request)
    except PaymentsError as error:
        _record(call, error.code.value, error.reason.name)
        raise
    except asyncio.CancelledError:
        # The caller has gone: because its deadline passed, or for its own reasons.
        if call.is_past_deadline():
            _record(call, Code.DEADLINE_EXCEEDED.value, Code.DEADLINE_EXCEEDED.value)
        else:
            _record(call, CANCELLED, "")
        raise
    _record(call, OK, "")
    return reply


def _record(call: Call, code: str, reason: str) -> None:
    method = call.method.full_name
    seconds = time.monotonic() - call.started
    _count(method, code, reason).inc()
    _durations(method).observe(seconds)
    write_line(
        "call",
        {
            "method": method,
            "code": code,
            "reason": reason,
            "duration_ms": round(seconds * 1000, 3),
            "caller": _shown(call.principal.subject),
            "replayed": call.replayed,
        },
    )


# Looking up a labelled child costs more than counting, and there are only so many of them.
@cache
def _count(method: str, code: str, reason: str) -> Counter:
    return RPC_CALLS.labels(method, code, reason)


@cache
def _durations(method: str) -> Histogram:
    return RPC_DURATION.labels(method)


@lru_cache(maxsize=4096)
def _shown(subject: str) -> str:
    """The caller as the log may show it: an identity provider's subjects are not ours to trust."""
    return scrub(subject)
