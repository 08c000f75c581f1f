"""Server reflection, v1 and v1alpha, so that grpcurl and `buf curl` need no protos.

`google.rpc` error details are in the pool that answers come from (transport.status imports them), so those tools can
show them. grpcio ships v1alpha only; v1 differs from it in nothing but the package name, so it is derived.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable

import grpc
from google.protobuf import descriptor_pool, text_format
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_reflection.v1alpha import reflection_pb2  # type: ignore[import-untyped]  # ships no types
from grpc_reflection.v1alpha.reflection import aio as reflection_aio  # type: ignore[import-untyped]  # ships no types

_V1ALPHA, _V1 = "grpc.reflection.v1alpha", "grpc.reflection.v1"
_SERVICE = "ServerReflection"
_METHOD = "ServerReflectionInfo"
SERVICE_NAMES = (f"{_V1}.{_SERVICE}", f"{_V1ALPHA}.{_SERVICE}")


def add_reflection(server: grpc.aio.Server, services: Iterable[str], draining: asyncio.Event) -> None:
    """Register both versions.

    Args:
        server: not yet started.
        services: full names to list, besides reflection itself.
        draining: ends open streams when set, so that they do not hold up a stop.
    """
    _register_v1()
    servicer = reflection_aio.ReflectionServicer([*services, *SERVICE_NAMES])

    async def info(
        requests: AsyncIterator[reflection_pb2.ServerReflectionRequest], context: object
    ) -> AsyncIterator[reflection_pb2.ServerReflectionResponse]:
        async for response in servicer.ServerReflectionInfo(_until(draining, requests), context):
            yield response

    handler = grpc.stream_stream_rpc_method_handler(
        info,
        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    server.add_generic_rpc_handlers(
        tuple(grpc.method_handlers_generic_handler(name, {_METHOD: handler}) for name in SERVICE_NAMES)
    )


async def _until(
    stop: asyncio.Event, requests: AsyncIterator[reflection_pb2.ServerReflectionRequest]
) -> AsyncIterator[reflection_pb2.ServerReflectionRequest]:
    """The requests, until the caller or we have had enough."""
    stopped = asyncio.ensure_future(stop.wait())
    try:
        while True:
            arrival = asyncio.ensure_future(anext(requests))
            await asyncio.wait({arrival, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not arrival.done():
                arrival.cancel()
                return
            try:
                request = arrival.result()
            except StopAsyncIteration:
                return
            yield request
    finally:
        stopped.cancel()


def _register_v1() -> None:
    """Put the descriptors of v1 into the pool, so that its own service can be described too."""
    pool = descriptor_pool.Default()
    name = reflection_pb2.DESCRIPTOR.name.replace("v1alpha", "v1")
    try:
        pool.FindFileByName(name)
    except KeyError:
        alpha = FileDescriptorProto()
        reflection_pb2.DESCRIPTOR.CopyToProto(alpha)
        text = text_format.MessageToString(alpha).replace("v1alpha", "v1")
        pool.AddSerializedFile(text_format.Parse(text, FileDescriptorProto()).SerializeToString())
