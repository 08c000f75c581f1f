"""Request ids: the caller's own when it is sane."""

import re

import pytest
from payments_api.v1 import ledger_service_pb2

from payments_service.observability.context import log_context
from payments_service.observability.tracing import Trace
from payments_service.transport.call import Call
from payments_service.transport.interceptors.request_context import request_context
from payments_service.transport.methods import methods_of

METHOD = methods_of(ledger_service_pb2.DESCRIPTOR.services_by_name.values())[0]


async def request_id_for(given: str | bytes | None) -> str:
    call = Call(METHOD, {} if given is None else {"x-request-id": given}, None)
    call.trace = Trace("t" * 32, "s" * 16)

    async def following(_: Call, request: bytes) -> bytes:
        context = log_context.get()
        assert context == (call.request_id, "t" * 32, "s" * 16)
        return request

    assert await request_context(call, b"request", following) == b"request"
    assert call.trailing == [("x-request-id", call.request_id)]
    return call.request_id


@pytest.mark.parametrize("given", ["a", "order-17.retry_2", "A" * 128])
async def test_a_sane_id_is_kept(given: str) -> None:
    assert await request_id_for(given) == given


@pytest.mark.parametrize(
    "given", [None, "", "A" * 129, "with space", "new\nline", "é", b"bytes", "4242424242424242"], ids=repr
)
async def test_any_other_is_replaced(given: str | bytes | None) -> None:
    assert re.fullmatch(r"[0-9a-f]{32}", await request_id_for(given))
