"""Outermost step: puts the call into its trace (W3C `traceparent`), or starts one."""

from payments_service.observability.tracing import continue_trace
from payments_service.transport.call import Call
from payments_service.transport.chain import Next


async def trace_call(call: Call, request: bytes, following: Next) -> bytes:
    """Give the call a span."""
    call.trace = continue_trace(call.text("traceparent"))
    return await following(call, request)
