"""Reflection, as `buf curl` and grpcurl use it."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_reflection.v1alpha import reflection_pb2  # type: ignore[import-untyped]  # ships no types

from tests.integration.payments_service.transport.harness import SERVICES, Running, serving

BUF = Path(sys.executable).with_name("buf")
ERROR_DETAILS = ["google.rpc.ErrorInfo", "google.rpc.BadRequest", "google.rpc.RetryInfo", "google.rpc.Status"]


async def buf_curl(running: Running, cache: Path, path: str, *arguments: str) -> tuple[str, str]:
    """What `buf curl` prints, on standard output and standard error."""
    process = await asyncio.create_subprocess_exec(
        BUF,
        "curl",
        "--protocol",
        "grpc",
        "--http2-prior-knowledge",
        *arguments,
        f"http://{running.server.addresses.grpc}{path}",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"BUF_CACHE_DIR": str(cache)},
    )
    async with asyncio.timeout(30):
        out, err = await process.communicate()
    return out.decode(), err.decode()


async def test_buf_curl_calls_a_method_without_having_the_protos(tmp_path: Path) -> None:
    async with serving() as running:
        out, err = await buf_curl(
            running,
            tmp_path,
            "/payments_api.v1.LedgerService/GetBalance",
            "--header",
            f"authorization: Bearer {running.token()}",
            "--data",
            '{"code": "stripe:usd"}',
        )
    assert json.loads(out) == {}, err


async def test_buf_curl_shows_errors_with_their_details(tmp_path: Path) -> None:
    async with serving() as running:
        _, err = await buf_curl(running, tmp_path, "/payments_api.v1.LedgerService/GetBalance", "--data", "{}")
    shown = json.loads(err)
    assert (shown["code"], shown["message"]) == (
        "unauthenticated",
        "no token: send metadata authorization: Bearer <token>",
    )
    assert [detail["type"] for detail in shown["details"]] == ["google.rpc.ErrorInfo"]


async def test_buf_curl_lists_every_method(tmp_path: Path) -> None:
    async with serving() as running:
        out, err = await buf_curl(running, tmp_path, "", "--list-methods")
    listed = set(out.split())
    assert "payments_api.v1.PaymentService/CreatePayment" in listed, err
    assert "grpc.reflection.v1.ServerReflection/ServerReflectionInfo" in listed
    assert "grpc.health.v1.Health/Check" in listed


def _ask(running: Running, version: str, request: reflection_pb2.ServerReflectionRequest) -> Any:
    stub: Any = running.channel.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    return stub(iter([request]))


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
@pytest.mark.parametrize("symbol", [*ERROR_DETAILS, *SERVICES, "grpc.reflection.v1.ServerReflection"])
async def test_both_versions_describe_services_and_error_details(version: str, symbol: str) -> None:
    async with serving() as running:
        request = reflection_pb2.ServerReflectionRequest(file_containing_symbol=symbol)
        [response] = [each async for each in _ask(running, version, request)]
    files = [FileDescriptorProto.FromString(raw) for raw in response.file_descriptor_response.file_descriptor_proto]
    package, _, name = symbol.rpartition(".")
    declared = {(file.package, each.name) for file in files for each in file.message_type}
    declared |= {(file.package, each.name) for file in files for each in file.service}
    assert (package, name) in declared


async def test_an_open_reflection_stream_does_not_hold_up_a_drain() -> None:
    async with serving(grpc_drain_seconds=600) as running:
        stub: Any = running.channel.stream_stream(
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )
        stream = stub()
        await stream.write(reflection_pb2.ServerReflectionRequest(list_services=""))
        response = await stream.read()
        assert {each.name for each in response.list_services_response.service} >= set(SERVICES)
        async with asyncio.timeout(10):
            await running.server.drain()
