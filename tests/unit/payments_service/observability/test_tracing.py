"""W3C trace context: a valid header is continued, anything else starts anew."""

import pytest

from payments_service.observability.tracing import continue_trace

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def test_a_valid_header_is_continued_with_a_span_of_our_own() -> None:
    trace = continue_trace(f"00-{TRACE}-{SPAN}-01")
    assert (trace.trace_id, trace.parent_span_id, trace.sampled) == (TRACE, SPAN, True)
    assert len(trace.span_id) == 16
    assert trace.span_id != SPAN
    assert trace.traceparent == f"00-{TRACE}-{trace.span_id}-01"


def test_a_later_version_may_have_more_fields() -> None:
    assert continue_trace(f"01-{TRACE}-{SPAN}-00-more").trace_id == TRACE


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "nonsense",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
    ],
)
def test_a_malformed_header_starts_a_new_trace(header: str | None) -> None:
    trace = continue_trace(header)
    assert trace.trace_id != TRACE
    assert len(trace.trace_id) == 32
    assert trace.parent_span_id == ""
