"""payments_api.v1.FeeService."""

from datetime import datetime

from google.protobuf.message import Message
from payments_api.v1 import fee_pb2
from payments_api.v1 import fee_service_pb2 as pb

from payments_service.application.fee_schedules import (
    CreateFeeSchedule,
    CreateFeeScheduleUseCase,
    FeeScheduleReader,
    FeeScope,
)
from payments_service.application.fees import FeeReader
from payments_service.application.ports import FeeScheduleFilter
from payments_service.domain.fee.schedule import FeeKind
from payments_service.domain.money import currency_from_input
from payments_service.domain.settlement.fees import Fees, Share
from payments_service.transport.call import Call
from payments_service.transport.convert.basic import money_from_message, money_to_message, time_from_message
from payments_service.transport.convert.fee import (
    KIND_FROM_MESSAGE,
    estimate_to_message,
    rule_in_force_to_message,
    rules_from_messages,
    schedule_to_message,
)
from payments_service.transport.idempotency import idempotent_request
from payments_service.transport.page_token import decode_page_token_with_id, encode_page_token, page_size
from payments_service.transport.replay import replayable


class FeeHandlers:
    """Fees: see the service's own comments."""

    def __init__(self, reader: FeeReader, create: CreateFeeScheduleUseCase, schedules: FeeScheduleReader) -> None:
        self._reader = reader
        self._create = create
        self._schedules = schedules

    async def create_fee_schedule(self, request: pb.CreateFeeScheduleRequest, call: Call) -> Message:
        """Publish the next version of the platform's fees."""
        command = CreateFeeSchedule(
            kind=_kind(request.kind),
            connected_account_id=request.connected_account_id,
            effective_time=_time(request, "effective_time"),
            rules=rules_from_messages(request.rules),
        )
        with replayable(call):
            completed = await self._create(call.principal, idempotent_request(request, call), command)
        if completed.replayed:
            call.mark_replayed()
        return pb.CreateFeeScheduleResponse.FromString(completed.reply)

    async def get_fee_schedule(self, request: pb.GetFeeScheduleRequest, call: Call) -> Message:
        """Get the fees in force, or one schedule."""
        if request.fee_schedule_id:
            schedule = await self._schedules.by_id(call.principal, request.fee_schedule_id)
            return pb.GetFeeScheduleResponse(fee_schedule=schedule_to_message(schedule))
        code = request.currency_code
        currency = currency_from_input(code, "currency_code") if code else ""
        found = await self._schedules.in_force(call.principal, _scope(request), currency)
        return pb.GetFeeScheduleResponse(
            fee_schedule=schedule_to_message(found.schedule),
            rules_in_force=[rule_in_force_to_message(rule) for rule in found.rules],
        )

    async def list_fee_schedules(self, request: pb.ListFeeSchedulesRequest, call: Call) -> Message:
        """List fee schedules, newest first."""
        before = decode_page_token_with_id(request, request.page_token)
        size = page_size(request.page_size)
        which = FeeScheduleFilter(
            kind=KIND_FROM_MESSAGE.get(request.kind),
            general_only=request.general_only,
            effective_time_from=_time(request, "effective_time_from"),
            effective_time_before=_time(request, "effective_time_before"),
        )
        found = await self._schedules.page(call.principal, which, request.connected_account_id, before, size + 1)
        token = encode_page_token(request, found[size - 1].id.bytes) if len(found) > size else ""
        messages = [schedule_to_message(schedule) for schedule in found[:size]]
        return pb.ListFeeSchedulesResponse(fee_schedules=messages, next_page_token=token)

    async def calculate_fees(self, request: pb.CalculateFeesRequest, call: Call) -> Message:
        """Calculate what a payment would come to."""
        amount = money_from_message(request.amount, "amount")
        estimate = await self._schedules.estimate(call.principal, _scope(request), amount)
        return pb.CalculateFeesResponse(estimate=estimate_to_message(estimate))

    async def get_payment_fees(self, request: pb.GetPaymentFeesRequest, call: Call) -> Message:
        """Get the real fees of a payment or a purchase."""
        if request.WhichOneof("key") == "reference":
            found = await self._reader.of_purchase(call.principal, request.reference)
        else:
            found = await self._reader.of_payment(call.principal, request.payment_id)
        return pb.GetPaymentFeesResponse(fees=[_fees_to_message(fees) for fees in found])


def _scope(request: pb.GetFeeScheduleRequest | pb.CalculateFeesRequest) -> FeeScope:
    return FeeScope(_kind(request.kind), request.connected_account_id, _time(request, "time"))


def _kind(number: int) -> FeeKind:
    return KIND_FROM_MESSAGE.get(number, FeeKind.PAYMENT)


def _time(request: Message, field: str) -> datetime | None:
    """A time field of a request; None when it was left out."""
    return time_from_message(getattr(request, field), field) if request.HasField(field) else None


def _fees_to_message(fees: Fees) -> fee_pb2.PaymentFees:
    return fee_pb2.PaymentFees(
        gross=money_to_message(fees.gross),
        fees=money_to_message(fees.fees),
        refunded=money_to_message(fees.refunded),
        transferred=money_to_message(fees.transferred),
        platform_fee=money_to_message(fees.platform_fee),
        net=money_to_message(fees.net),
        connected_share=_share_to_message(fees.share) if fees.share else None,
        lines=[
            fee_pb2.FeeLine(
                type=line.type,
                amount=money_to_message(line.amount),
                description=line.description,
                stripe_balance_transaction_id=line.balance_transaction_id,
                of_connected_account=line.of_connected_account,
            )
            for line in fees.lines
        ],
        settled=fees.settled,
    )


def _share_to_message(share: Share) -> fee_pb2.ConnectedShare:
    return fee_pb2.ConnectedShare(
        gross=money_to_message(share.gross),
        fees=money_to_message(share.fees),
        refunded=money_to_message(share.refunded),
        net=money_to_message(share.net),
    )
