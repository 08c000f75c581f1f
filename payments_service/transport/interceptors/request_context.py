"""Gives the call a request id, sends it back with the reply or error, and puts it on every log line of the call."""

import re

from payments_service.observability.context import LogContext, log_context
from payments_service.observability.redaction import scrub
from payments_service.observability.tracing import new_trace_id
from payments_service.transport.call import Call
from payments_service.transport.chain import Next

REQUEST_ID_KEY = "x-request-id"
_SANE = re.compile(r"[A-Za-z0-9._-]{1,128}")


async def request_context(call: Call, request: bytes, following: Next) -> bytes:
    """Take the caller's request id when it is sane, make one otherwise."""
    given = call.text(REQUEST_ID_KEY)
    # An id goes into logs, the ledger and replies: one that looks like a secret or a card number is replaced.
    sane = given is not None and _SANE.fullmatch(given) is not None and scrub(given) == given
    call.request_id = given if sane and given is not None else new_trace_id()
    call.trailing.append((REQUEST_ID_KEY, call.request_id))
    # The task is this call's own, so the context needs no reset.
    log_context.set(LogContext(call.request_id, call.trace.trace_id, call.trace.span_id))
    return await following(call, request)
