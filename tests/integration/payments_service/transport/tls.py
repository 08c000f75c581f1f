"""Servers with TLS for tests, their callers, and how a connection is refused. Imported by its full name."""

import json
from collections.abc import Mapping
from typing import Any

import grpc
import pytest

from payments_service.transport.methods import Method
from tests.authority import SERVER, Authority
from tests.integration.payments_service.transport.harness import GET_BALANCE, METHODS, Running

ORDERS, REPORTS = "spiffe://shop.example/orders", "spiffe://shop.example/reports"
READS = {"scopes": [GET_BALANCE.scope]}

each_method = pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)


def tls(authority: Authority, **more: object) -> dict[str, object]:
    """Settings of a server with a certificate by this authority, and of who calls it."""
    issued = authority.issue("server", usage=SERVER)
    files = {"tls_cert_file": issued.certificate, "tls_key_file": issued.key, "tls_ca_file": authority.ca_file}
    return files | more


def mutual(authority: Authority, grants: Mapping[str, object] | None = None, **more: object) -> dict[str, object]:
    """Settings of a server that asks its callers for certificates by the same authority."""
    asked = {"tls_client_ca_file": authority.ca_file, "auth_spiffe_scopes": json.dumps(dict(grants or {}))}
    return tls(authority, **asked, **more)


async def refused(running: Running, channel: grpc.aio.Channel, method: Method = GET_BALANCE) -> str:
    """What gRPC says of a connection that does not come about; no call may have got through."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await running.over(channel).call(method, b"")
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert running.log_lines() == []
    return caught.value.details() or ""


async def reaches(running: Running, method: Method, **named: Any) -> bool:
    """Whether a call gets as far as the validation of its request."""
    try:
        await running.call(method, b"", **named)
    except grpc.aio.AioRpcError as error:
        return error.code() is grpc.StatusCode.INVALID_ARGUMENT
    return True
