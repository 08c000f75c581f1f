"""A caller: generated stubs and a token, and errors in a form that tests can look at."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import grpc
import pytest
from google.protobuf import any_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # ships no types
from payments_api.v1 import (
    account_service_pb2_grpc,
    fee_pb2,
    fee_service_pb2,
    fee_service_pb2_grpc,
    ledger_pb2,
    ledger_service_pb2,
    ledger_service_pb2_grpc,
    money_pb2,
    payment_pb2,
    payment_service_pb2,
    payment_service_pb2_grpc,
    refund_service_pb2_grpc,
    reporting_pb2,
    reporting_service_pb2,
    reporting_service_pb2_grpc,
)

from tests.e2e.waiting import until

CALL_SECONDS = 20.0
T = TypeVar("T")


@dataclass
class Failure:
    """What a failed call says."""

    code: grpc.StatusCode
    reason: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    violations: dict[str, str] = field(default_factory=dict)
    retryable: bool = False


@dataclass
class RawReply:
    """A reply as it came over the wire."""

    body: bytes
    trailing: dict[str, str]


class Caller:
    """A backend that uses the service."""

    def __init__(self, channel: grpc.aio.Channel, token: str) -> None:
        self._channel = channel
        self.metadata = (("authorization", f"Bearer {token}"),)
        self.payments = payment_service_pb2_grpc.PaymentServiceStub(channel)
        self.accounts = account_service_pb2_grpc.AccountServiceStub(channel)
        self.refunds = refund_service_pb2_grpc.RefundServiceStub(channel)
        self.fees = fee_service_pb2_grpc.FeeServiceStub(channel)
        self.ledger = ledger_service_pb2_grpc.LedgerServiceStub(channel)
        self.reports = reporting_service_pb2_grpc.ReportingServiceStub(channel)

    async def call(self, method: Callable[..., Awaitable[T]], request: Message) -> T:
        return await method(request, metadata=self.metadata, timeout=CALL_SECONDS)

    async def create(
        self, request: payment_service_pb2.CreatePaymentRequest
    ) -> payment_service_pb2.CreatePaymentResponse:
        return await self.call(self.payments.CreatePayment, request)

    async def create_raw(self, request: payment_service_pb2.CreatePaymentRequest) -> RawReply:
        """CreatePayment with the reply's bytes."""
        return await self.raw("PaymentService/CreatePayment", request)

    async def raw(self, method: str, request: Message) -> RawReply:
        """Any method, such as `PaymentService/CreatePayment`, with the reply's bytes."""
        send: grpc.aio.UnaryUnaryMultiCallable[Message, bytes]
        send = self._channel.unary_unary(f"/payments_api.v1.{method}", request_serializer=_serialized)
        call = send(request, metadata=self.metadata, timeout=CALL_SECONDS)
        body = await call
        return RawReply(body, {key: str(value) for key, value in await call.trailing_metadata() or ()})

    async def confirm(self, payment_id: str, method: str, key: str = "") -> payment_service_pb2.ConfirmPaymentResponse:
        request = payment_service_pb2.ConfirmPaymentRequest(
            idempotency_key=key or f"confirm-{uuid.uuid4()}", payment_id=payment_id, payment_method=method
        )
        return await self.call(self.payments.ConfirmPayment, request)

    async def payment(self, payment_id: str) -> payment_pb2.Payment:
        request = payment_service_pb2.GetPaymentRequest(payment_id=payment_id)
        return (await self.call(self.payments.GetPayment, request)).payment

    async def payments_for(self, reference: str) -> list[payment_pb2.Payment]:
        request = payment_service_pb2.ListPaymentsRequest(reference=reference)
        return list((await self.call(self.payments.ListPayments, request)).payments)

    async def purchase(self, reference: str) -> payment_pb2.Purchase:
        request = payment_service_pb2.GetPurchaseRequest(reference=reference)
        return (await self.call(self.payments.GetPurchase, request)).purchase

    async def settled_fees(self, payment_id: str) -> fee_pb2.PaymentFees:
        """The fees of a payment, once its balance transaction is booked in the ledger."""
        found: list[fee_pb2.PaymentFees] = []

        async def settled() -> bool:
            request = fee_service_pb2.GetPaymentFeesRequest(payment_id=payment_id)
            found[:] = (await self.call(self.fees.GetPaymentFees, request)).fees
            return bool(found) and found[0].settled

        await until(settled)
        [fees] = found
        return fees

    async def books(self) -> reporting_service_pb2.GetTrialBalanceResponse:
        return await self.call(self.reports.GetTrialBalance, reporting_service_pb2.GetTrialBalanceRequest())

    async def mirrors(self, connected_account_id: str = "") -> dict[str, reporting_pb2.StripeBalance]:
        """The platform's, or those of a connected account, by currency."""
        request = reporting_service_pb2.GetStripeBalanceRequest(connected_account_id=connected_account_id)
        reply = await self.call(self.reports.GetStripeBalance, request)
        return {line.ledger.currency_code: line for line in reply.balances}

    async def entries(self, code: str) -> list[ledger_pb2.Entry]:
        """All entries of a ledger account; none while there is no such account."""
        found: list[ledger_pb2.Entry] = []
        request = ledger_service_pb2.ListEntriesRequest(code=code, page_size=1000)
        try:
            while True:
                page = await self.call(self.ledger.ListEntries, request)
                found += page.entries
                request.page_token = page.next_page_token
                if not request.page_token:
                    break
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise
        return found


@asynccontextmanager
async def calling(target: str, token: str, ca_file: Path) -> AsyncIterator[Caller]:
    async with _channel(target, ca_file) as channel:
        yield Caller(channel, token)


def _channel(target: str, ca_file: Path) -> grpc.aio.Channel:
    credentials = grpc.ssl_channel_credentials(ca_file.read_bytes())
    # A server that was killed is back soon: its callers look again often.
    again = [("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 100)]
    return grpc.aio.secure_channel(target, credentials, options=[("grpc.enable_http_proxy", 0), *again])


def _serialized(message: Message) -> bytes:
    return message.SerializeToString()


def new_payment(
    amount_minor: int = 2_500, currency: str = "usd", **fields: str | bool | Mapping[str, str] | Message
) -> payment_service_pb2.CreatePaymentRequest:
    """A request for a payment that no other test has."""
    name = uuid.uuid4().hex
    given = {"idempotency_key": f"create-{name}", "reference": f"order-{name}"} | fields
    amount = money_pb2.Money(amount_minor=amount_minor, currency_code=currency)
    return payment_service_pb2.CreatePaymentRequest(amount=amount, **given)  # type: ignore[arg-type]  # fields by name


async def failure(work: Awaitable[object]) -> Failure:
    """How a call fails; a call that does not fail is a failed test."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await work
    return read_failure(caught.value)


def read_failure(error: grpc.aio.AioRpcError) -> Failure:
    """What an error says."""
    found = Failure(error.code())
    for key, value in error.trailing_metadata() or ():
        if key != "grpc-status-details-bin":
            continue
        for detail in status_pb2.Status.FromString(value).details:
            _read(detail, found)
    return found


def _read(detail: any_pb2.Any, found: Failure) -> None:
    if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
        info = error_details_pb2.ErrorInfo()
        detail.Unpack(info)
        assert info.domain == "payments_api"
        found.reason, found.metadata = info.reason, dict(info.metadata)
    elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
        request = error_details_pb2.BadRequest()
        detail.Unpack(request)
        found.violations = {each.field: each.description for each in request.field_violations}
    elif detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
        found.retryable = True
