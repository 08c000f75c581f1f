"""The gRPC server of one process: from an application to a listening port, and back to nothing, gracefully."""

import asyncio

import grpc
import structlog

from payments_service.config import Settings
from payments_service.observability.metrics import RPC_IN_FLIGHT
from payments_service.transport import health as health_service
from payments_service.transport.addresses import Addresses
from payments_service.transport.application import Application
from payments_service.transport.authentication import Authenticator
from payments_service.transport.chain import Step
from payments_service.transport.client_certificates import ClientCertificates
from payments_service.transport.health import Health
from payments_service.transport.interceptors.access_log import access_log
from payments_service.transport.interceptors.authenticate import Authenticate
from payments_service.transport.interceptors.authorise import authorise
from payments_service.transport.interceptors.deadline import Deadline
from payments_service.transport.interceptors.load_shed import LoadShed
from payments_service.transport.interceptors.map_errors import map_errors
from payments_service.transport.interceptors.rate_limit import RateLimit
from payments_service.transport.interceptors.request_context import request_context
from payments_service.transport.interceptors.trace_call import trace_call
from payments_service.transport.listening import listen
from payments_service.transport.reflection import add_reflection
from payments_service.transport.rpc_handlers import generic_handlers

CONCURRENT_STREAMS_MAX = 1_000
"""Calls in progress a connection, at the HTTP/2 level; load shedding is what callers meet first."""

KEEPALIVE_MS = 60_000

CERTIFIED_CONNECTION_AGE_MS = 3_600_000
"""Connections with client certificates are made anew this often, so that an authority no longer trusted lets nobody in
for longer. Calls in progress are finished, and clients do not notice."""

_SAMPLE_SECONDS = 1.0
_log = structlog.get_logger()


class Server:
    """One server, started and drained once.

    Attributes:
        addresses: where it listens, once started.
        health: set by the application's probe; `health.serving` can be awaited.
    """

    def __init__(
        self,
        settings: Settings,
        application: Application,
        *,
        addresses: Addresses | None = None,
        share_port: bool = False,
        authenticator: Authenticator | None = None,
    ) -> None:
        """Wire the chain and the services; nothing listens yet.

        Args:
            settings: of the service.
            application: what is served.
            addresses: instead of the settings' addresses.
            share_port: let other processes listen on the same ports (SO_REUSEPORT). Off, a port in use is an error.
            authenticator: instead of one from the settings.

        Raises:
            ConfigurationError: no usable key for tokens.
            MethodTableError: handlers and methods do not match.
        """
        self._settings = settings
        self._application = application
        self._share_port = share_port
        self.addresses = addresses or Addresses.of(settings)
        self.health = Health(application.services)
        self._draining = asyncio.Event()
        self._probing: asyncio.Task[None] | None = None
        self._sampling: asyncio.Task[None] | None = None
        self._load_shed = LoadShed(settings.grpc_concurrency_max)
        self._server = grpc.aio.server(options=_options(settings, share_port=share_port))
        steps = _steps(settings, self._load_shed, authenticator or Authenticator(settings))
        certificates = settings.tls_client_ca_file is not None
        self._server.add_generic_rpc_handlers(
            generic_handlers(application.services, steps, self._draining, client_certificates=certificates)
        )
        self.health.register(self._server)
        add_reflection(self._server, [*application.services, health_service.SERVICE_NAME], self._draining)

    async def start(self) -> str:
        """Listen, and start probing.

        Returns:
            The address for all callers, with the port that it got.

        Raises:
            ConfigurationError: an address or a file of TLS cannot be used.
        """
        self.addresses = listen(self._server, self._settings, self.addresses, share_port=self._share_port)
        await self._server.start()
        self._probing = asyncio.create_task(self.health.keep_probing(self._application.probe))
        self._sampling = asyncio.create_task(self._sample())
        return self.addresses.grpc

    async def drain(self) -> None:
        """Stop gracefully: unready, no new calls, wait for those in progress, then for the application's own work."""
        if self._draining.is_set():
            return
        self._draining.set()
        grace_seconds = self._settings.grpc_drain_seconds
        _log.info("draining", in_flight=self._load_shed.in_flight, grace_seconds=grace_seconds)
        self.health.drain()
        self._application.drain()
        await self._server.stop(grace_seconds)
        if self._sampling is not None:
            self._sampling.cancel()
        await asyncio.gather(*filter(None, (self._probing, self._sampling)), return_exceptions=True)
        await self._application.close()
        RPC_IN_FLIGHT.set(0)
        _log.info("stopped")

    async def _sample(self) -> None:
        while True:
            RPC_IN_FLIGHT.set(self._load_shed.in_flight)
            await asyncio.sleep(_SAMPLE_SECONDS)


def _steps(settings: Settings, load_shed: LoadShed, authenticator: Authenticator) -> list[Step]:
    """What every call passes through before its handler, outermost first (design: architecture.md)."""
    steps: list[Step] = [
        trace_call,
        request_context,
        access_log,
        map_errors,
        load_shed,
        Authenticate(authenticator, ClientCertificates(settings)),
        authorise,
    ]
    if settings.rate_limit_per_second:
        steps.append(RateLimit(settings.rate_limit_per_second))
    steps.append(Deadline(settings.grpc_deadline_default_ms, settings.grpc_deadline_max_ms))
    return steps


def _options(settings: Settings, *, share_port: bool) -> list[tuple[str, int]]:
    certified = [("grpc.max_connection_age_ms", CERTIFIED_CONNECTION_AGE_MS)] if settings.tls_client_ca_file else []
    return [
        *certified,
        ("grpc.so_reuseport", int(share_port)),
        ("grpc.max_receive_message_length", settings.grpc_message_bytes_max),
        ("grpc.max_concurrent_streams", CONCURRENT_STREAMS_MAX),
        ("grpc.keepalive_time_ms", KEEPALIVE_MS),
        ("grpc.keepalive_timeout_ms", 20_000),
        # Clients behind load balancers keep quiet connections alive; more often than this is abuse.
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ]
