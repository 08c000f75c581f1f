"""Whether deliveries can be made durable right now: the health of the payments service, asked at most once a second."""

import asyncio
import time

import grpc

# grpcio-health-checking ships no types.
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse  # type: ignore[import-untyped]
from grpc_health.v1.health_pb2_grpc import HealthStub  # type: ignore[import-untyped]
from payments_api.internal.v1 import stripe_event_service_pb2

SERVICE = stripe_event_service_pb2.DESCRIPTOR.services_by_name["StripeEventService"].full_name
CACHE_S = 1.0
TIMEOUT_S = 2.0


class Readiness:
    """Knows whether this gateway should be sent deliveries.

    Args:
        channel: The channel to the payments service.
        metadata: What every call carries, such as the bearer token.
    """

    def __init__(self, channel: grpc.aio.Channel, metadata: tuple[tuple[str, str], ...]) -> None:
        self._check = HealthStub(channel).Check
        self._metadata = metadata
        self._lock = asyncio.Lock()
        self._checked_at = float("-inf")
        self._trouble: str | None = None
        self._draining = False

    def drain(self) -> None:
        """From now on this gateway is not ready, because it is being stopped."""
        self._draining = True

    async def trouble(self) -> str | None:
        """Returns why deliveries should go elsewhere, or nothing if they are welcome here."""
        if self._draining:
            return "the gateway is stopping"
        async with self._lock:
            if time.monotonic() - self._checked_at >= CACHE_S:
                self._trouble = await self._ask()
                self._checked_at = time.monotonic()
            return self._trouble

    async def _ask(self) -> str | None:
        try:
            response = await self._check(
                HealthCheckRequest(service=SERVICE), timeout=TIMEOUT_S, metadata=self._metadata
            )
        except grpc.aio.AioRpcError as error:
            return f"the payments service cannot be asked: {error.code().name}"
        if response.status == HealthCheckResponse.SERVING:
            return None
        return f"the payments service reports {HealthCheckResponse.ServingStatus.Name(response.status)}"
