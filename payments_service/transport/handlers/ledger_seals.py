"""payments_api.v1.LedgerService: seals, and proofs from them."""

from google.protobuf.message import Message
from payments_api.v1 import ledger_service_pb2 as pb
from payments_api.v1 import seal_pb2

from payments_service.application.sealing.prove import SealProofs
from payments_service.transport.call import Call
from payments_service.transport.convert.seal import proof_to_message, seal_to_message
from payments_service.transport.page_token import page_size


class LedgerSealHandlers:
    """Seals and proofs: see the service's own comments."""

    def __init__(self, proofs: SealProofs) -> None:
        self._proofs = proofs

    async def get_seal_proof(self, request: pb.GetSealProofRequest, call: Call) -> Message:
        """Get a transaction with the proof that it is under a seal."""
        return proof_to_message(await self._proofs.prove(call.principal, request.transaction_id))

    async def list_seals(self, request: pb.ListSealsRequest, _: Call) -> Message:
        """List the seals of the books, oldest first."""
        seals = await self._proofs.seals(request.after_number, page_size(request.page_size))
        keys = [seal_pb2.SealKey(id=name, public_key=raw) for name, raw in self._proofs.public_keys.items()]
        return pb.ListSealsResponse(seals=[seal_to_message(seal) for seal in seals], keys=keys)
