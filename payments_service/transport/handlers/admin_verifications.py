"""payments_api.v1.AdminService: the methods about verifications."""

from google.protobuf.message import Message
from payments_api.v1 import admin_service_pb2 as pb

from payments_service.application.verification.runs import Verifications
from payments_service.transport.call import Call
from payments_service.transport.convert.verification import run_to_message
from payments_service.transport.idempotency import idempotent_request
from payments_service.transport.replay import replayable


class AdminVerificationHandlers:
    """Verifications: see the service's own comments."""

    def __init__(self, verifications: Verifications) -> None:
        self._verifications = verifications

    async def start_verification(self, request: pb.StartVerificationRequest, call: Call) -> Message:
        """Ask for the ledger to be computed again."""
        with replayable(call):
            completed = await self._verifications.start(
                call.principal, idempotent_request(request, call), list(request.checks)
            )
        if completed.replayed:
            call.mark_replayed()
        return pb.StartVerificationResponse.FromString(completed.reply)

    async def get_verification(self, request: pb.GetVerificationRequest, call: Call) -> Message:
        """Get a verification as far as it has come."""
        run = await self._verifications.get(call.principal, request.id)
        return pb.GetVerificationResponse(verification=run_to_message(run))
