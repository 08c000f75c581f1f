"""payments_api.v1.FeeService."""

from google.protobuf.message import Message
from payments_api.v1 import fee_pb2
from payments_api.v1 import fee_service_pb2 as pb

from payments_service.application.fees import FeeReader
from payments_service.domain.settlement.fees import Fees
from payments_service.transport.call import Call
from payments_service.transport.convert.basic import money_to_message


class FeeHandlers:
    """Fees: see the service's own comments."""

    def __init__(self, reader: FeeReader) -> None:
        self._reader = reader

    async def get_payment_fees(self, request: pb.GetPaymentFeesRequest, call: Call) -> Message:
        """Get the real fees of a payment or a purchase."""
        if request.WhichOneof("key") == "reference":
            found = await self._reader.of_purchase(call.principal, request.reference)
        else:
            found = await self._reader.of_payment(call.principal, request.payment_id)
        return pb.GetPaymentFeesResponse(fees=[_fees_to_message(fees) for fees in found])


def _fees_to_message(fees: Fees) -> fee_pb2.PaymentFees:
    return fee_pb2.PaymentFees(
        gross=money_to_message(fees.gross),
        fees=money_to_message(fees.fees),
        refunded=money_to_message(fees.refunded),
        net=money_to_message(fees.net),
        lines=[
            fee_pb2.FeeLine(
                type=line.type,
                amount=money_to_message(line.amount),
                description=line.description,
                stripe_balance_transaction_id=line.balance_transaction_id,
            )
            for line in fees.lines
        ],
        settled=fees.settled,
    )
