"""The one RPC: makes an event durable in the payments service's inbox."""

import grpc
from payments_api.internal.v1.stripe_event_pb2 import StripeEventEnvelope
from payments_api.internal.v1.stripe_event_service_pb2 import RecordEventRequest
from payments_api.internal.v1.stripe_event_service_pb2_grpc import StripeEventServiceStub

from webhook_gateway.errors import NotRecordedError

DETAIL_CHARACTERS_MAX = 300


class EventRecorder:
    """Records events over one channel, which reconnects by itself.

    Args:
        channel: The channel to the payments service.
        metadata: What every call carries, such as the bearer token.
        timeout_s: How long one call may take, in seconds.
    """

    def __init__(self, channel: grpc.aio.Channel, metadata: tuple[tuple[str, str], ...], timeout_s: float) -> None:
        self._record_event = StripeEventServiceStub(channel).RecordEvent
        self._metadata = metadata
        self._timeout_s = timeout_s

    async def record(self, envelope: StripeEventEnvelope, body: bytes, request_id: str) -> bool:
        """Returns once the event is durable, and whether it already was.

        Raises:
            NotRecordedError: It is not known to be durable: the service refused, failed, was late or is away.
        """
        try:
            response = await self._record_event(
                RecordEventRequest(envelope=envelope, body=body),
                timeout=self._timeout_s,
                metadata=(*self._metadata, ("x-request-id", request_id)),
            )
        except grpc.aio.AioRpcError as error:
            raise NotRecordedError(error.code().name, (error.details() or "")[:DETAIL_CHARACTERS_MAX]) from error
        except grpc.aio.UsageError as error:
            # The channel was closed under a delivery that outlived the shutdown.
            raise NotRecordedError("CANCELLED", str(error)[:DETAIL_CHARACTERS_MAX]) from error
        return response.duplicate
