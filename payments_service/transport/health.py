"""`grpc.health.v1`: whether each service can do its work, as a probe of the application last found.

An own servicer, because the one that ships with grpcio keeps Watch streams open and so holds up every drain.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress

import grpc
import structlog
from grpc_health.v1 import health_pb2  # type: ignore[import-untyped]  # ships no types

from payments_service.observability.metrics import SERVING

PROBE_INTERVAL_SECONDS = 1.0
PROBE_TIMEOUT_SECONDS = 3.0
SERVICE_NAME = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name
_Status = health_pb2.HealthCheckResponse
_Context = grpc.aio.ServicerContext[health_pb2.HealthCheckRequest, health_pb2.HealthCheckResponse]
_log = structlog.get_logger()


class Health:
    """Answers Check and Watch for every service and for the server as a whole (the empty name).

    Attributes:
        serving: set while the status is SERVING.
    """

    def __init__(self, services: Iterable[str]) -> None:
        self._services = frozenset(services) | {""}
        self._drained = asyncio.Event()
        self._changed = asyncio.Event()
        self.serving = asyncio.Event()

    def register(self, server: grpc.aio.Server) -> None:
        """Offer the health service on a server that is not yet started."""
        codec = {
            "request_deserializer": health_pb2.HealthCheckRequest.FromString,
            "response_serializer": _Status.SerializeToString,
        }
        methods = {
            "Check": grpc.unary_unary_rpc_method_handler(self.check, **codec),
            "List": grpc.unary_unary_rpc_method_handler(
                self.list,
                request_deserializer=health_pb2.HealthListRequest.FromString,
                response_serializer=health_pb2.HealthListResponse.SerializeToString,
            ),
            "Watch": grpc.unary_stream_rpc_method_handler(self.watch, **codec),
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE_NAME, methods),))

    async def check(self, request: health_pb2.HealthCheckRequest, context: _Context) -> health_pb2.HealthCheckResponse:
        """The status now."""
        if request.service not in self._services:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such service here")
        return _Status(status=self._status())

    async def list(
        self,
        request: health_pb2.HealthListRequest,  # noqa: ARG002 - has no fields
        context: grpc.aio.ServicerContext[  # noqa: ARG002 - gRPC passes it
            health_pb2.HealthListRequest, health_pb2.HealthListResponse
        ],
    ) -> health_pb2.HealthListResponse:
        """The status of every service now."""
        return health_pb2.HealthListResponse(statuses={name: _Status(status=self._status()) for name in self._services})

    async def watch(
        self,
        request: health_pb2.HealthCheckRequest,
        context: _Context,  # noqa: ARG002 - gRPC passes it
    ) -> AsyncIterator[health_pb2.HealthCheckResponse]:
        """The status now and at each change, until the server drains."""
        known = request.service in self._services
        while True:
            changed = self._changed
            yield _Status(status=self._status() if known else _Status.SERVICE_UNKNOWN)
            if self._drained.is_set():
                return
            await changed.wait()

    async def keep_probing(self, probe: Callable[[], Awaitable[bool]]) -> None:
        """Ask the probe again and again, until draining.

        It ends by itself instead of being cancelled: a connection to the database that is given up halfway leaves a
        backend behind that waits for its client to log in, a minute long.
        """
        while not self._drained.is_set():
            self.set_serving(await _ask(probe))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._drained.wait(), PROBE_INTERVAL_SECONDS)

    def set_serving(self, serving: bool) -> None:
        """Take on a new status and tell the watchers. Once draining, it stays NOT_SERVING."""
        serving = serving and not self._drained.is_set()
        if serving == self.serving.is_set():
            return
        if serving:
            self.serving.set()
        else:
            self.serving.clear()
        SERVING.set(int(serving))
        _log.info("health", serving=serving, draining=self._drained.is_set())
        self._tell()

    def drain(self) -> None:
        """NOT_SERVING from now on; watchers are told so and let go."""
        self._drained.set()
        self.set_serving(False)
        self._tell()

    def _status(self) -> health_pb2.HealthCheckResponse.ServingStatus:
        return _Status.SERVING if self.serving.is_set() else _Status.NOT_SERVING

    def _tell(self) -> None:
        """Wake every watcher once; later changes have an event of their own."""
        self._changed.set()
        self._changed = asyncio.Event()


async def _ask(probe: Callable[[], Awaitable[bool]]) -> bool:
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_SECONDS):
            return await probe()
    except Exception as error:  # noqa: BLE001 - whatever stops the probe means that the service cannot do its work
        _log.warning("probe_failed", error=type(error).__name__)
        return False
