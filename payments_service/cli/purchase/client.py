"""Playing the purchase: the generated stubs, a token, and nothing that any other caller has not."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import grpc
from payments_api.v1 import (
    fee_service_pb2,
    fee_service_pb2_grpc,
    ledger_service_pb2,
    ledger_service_pb2_grpc,
    money_pb2,
    payment_pb2,
    payment_service_pb2,
    payment_service_pb2_grpc,
    reporting_service_pb2,
    reporting_service_pb2_grpc,
)

from payments_service.cli.channel import ChannelTls, open_channel
from payments_service.cli.errors import CommandError
from payments_service.cli.purchase.check import problems
from payments_service.cli.purchase.facts import AMOUNT_MINOR, CURRENCY, MIRROR, PAYMENT_METHOD, Facts
from payments_service.cli.purchase.failure import explained
from payments_service.cli.steps import Step

CALL_SECONDS = 15.0
PATIENCE_SECONDS = 20.0
"""How long the webhook and the settlement behind it may take."""

AGREE_SECONDS = 5.0
"""How long the figures may differ for a moment, for example while another purchase is being settled."""

_POLL_SECONDS = 0.02
_ENTRIES = 50

BalanceAtStripe = Callable[[], Awaitable[dict[str, int]]]
T = TypeVar("T")


class PurchaseClient:
    """A caller with a token.

    Attributes:
        steps: what was done so far and how long it took.
    """

    def __init__(self, channel: grpc.aio.Channel, token: str, at_stripe: BalanceAtStripe | None = None) -> None:
        """Take an open channel.

        Args:
            channel: to the service.
            token: with the scopes of a backend.
            at_stripe: asks Stripe's own API for the balance, where this machine may.
        """
        self.steps: list[Step] = []
        self._payments = payment_service_pb2_grpc.PaymentServiceStub(channel)
        self._fees = fee_service_pb2_grpc.FeeServiceStub(channel)
        self._ledger = ledger_service_pb2_grpc.LedgerServiceStub(channel)
        self._reports = reporting_service_pb2_grpc.ReportingServiceStub(channel)
        self._metadata = (("authorization", f"Bearer {token}"),)
        self._at_stripe = at_stripe

    async def play(self) -> Facts:
        """Create a payment, pay it, wait for the webhook and the ledger, and read every report.

        Raises:
            CommandError: a call failed; says which and why.
        """
        reference = f"demo-{uuid.uuid4().hex}"
        created = await self._create(reference)
        await self._confirm(created.payment.id)
        await self._wait_for_booking(created.payment.id)
        deadline = time.monotonic() + AGREE_SECONDS
        count = len(self.steps)
        while True:
            facts = await self._read(reference, created)
            if not problems(facts) or time.monotonic() > deadline:
                return facts
            del self.steps[count:]
            await asyncio.sleep(_POLL_SECONDS)

    async def _create(self, reference: str) -> payment_service_pb2.CreatePaymentResponse:
        request = payment_service_pb2.CreatePaymentRequest(
            idempotency_key=f"{reference}-create",
            amount=money_pb2.Money(amount_minor=AMOUNT_MINOR, currency_code=CURRENCY),
            charge_model=payment_pb2.CHARGE_MODEL_PLATFORM,
            reference=reference,
            description="A demonstration purchase",
        )
        return await self._step("CreatePayment", self._call(self._payments.CreatePayment, request))

    async def _confirm(self, payment_id: str) -> None:
        request = payment_service_pb2.ConfirmPaymentRequest(
            idempotency_key=f"{payment_id}-confirm", payment_id=payment_id, payment_method=PAYMENT_METHOD
        )
        await self._step("ConfirmPayment", self._call(self._payments.ConfirmPayment, request))

    async def _wait_for_booking(self, payment_id: str) -> None:
        """Wait for the webhook's effect and the ledger posting; both are polled, for both come behind the call.

        Raises:
            CommandError: they did not come in time; says which.
        """
        started = time.monotonic()
        awaited: dict[str, Callable[[str], Awaitable[bool]]] = {
            "webhook applied (after ConfirmPayment)": self._webhook_applied,
            "ledger posted (after ConfirmPayment)": self._ledger_posted,
        }
        while awaited and time.monotonic() < started + PATIENCE_SECONDS:
            for name, has_come in list(awaited.items()):
                if await has_come(payment_id):
                    del awaited[name]
                    self.steps.append(Step(name, _milliseconds_since(started)))
            if awaited:
                await asyncio.sleep(_POLL_SECONDS)
        if awaited:
            raise CommandError(
                f"not yet after {PATIENCE_SECONDS:.0f} s: {', '.join(awaited)}; see the logs of gateway and worker"
            )

    async def _webhook_applied(self, payment_id: str) -> bool:
        return bool((await self._payment(payment_id)).stripe_event_ids)

    async def _ledger_posted(self, payment_id: str) -> bool:
        request = fee_service_pb2.GetPaymentFeesRequest(payment_id=payment_id)
        fees = (await self._call(self._fees.GetPaymentFees, request)).fees
        return bool(fees) and all(line.settled for line in fees)

    async def _payment(self, payment_id: str) -> payment_pb2.Payment:
        request = payment_service_pb2.GetPaymentRequest(payment_id=payment_id)
        return (await self._call(self._payments.GetPayment, request)).payment

    async def _read(self, reference: str, created: payment_service_pb2.CreatePaymentResponse) -> Facts:
        """Read everything; the mirror last, so that what was booked meanwhile is in it."""
        payment = await self._step("GetPayment", self._payment(created.payment.id))
        listed = await self._step(
            "ListPayments",
            self._call(
                self._payments.ListPayments, payment_service_pb2.ListPaymentsRequest(reference=reference, page_size=10)
            ),
        )
        purchase = await self._step(
            "GetPurchase",
            self._call(self._payments.GetPurchase, payment_service_pb2.GetPurchaseRequest(reference=reference)),
        )
        fees = await self._step(
            "GetPaymentFees",
            self._call(self._fees.GetPaymentFees, fee_service_pb2.GetPaymentFeesRequest(payment_id=payment.id)),
        )
        books = await self._step(
            "GetTrialBalance",
            self._call(self._reports.GetTrialBalance, reporting_service_pb2.GetTrialBalanceRequest()),
        )
        mirrors = await self._step(
            "GetStripeBalance",
            self._call(self._reports.GetStripeBalance, reporting_service_pb2.GetStripeBalanceRequest()),
        )
        balance = await self._step(
            "GetBalance", self._call(self._ledger.GetBalance, ledger_service_pb2.GetBalanceRequest(code=MIRROR))
        )
        entries = await self._step(
            "ListEntries",
            self._call(
                self._ledger.ListEntries, ledger_service_pb2.ListEntriesRequest(code=MIRROR, page_size=_ENTRIES)
            ),
        )
        return Facts(
            payment=payment,
            has_client_secret=bool(created.client_secret),
            listed=[found.id for found in listed.payments],
            purchase=purchase.purchase,
            fees=list(fees.fees),
            books=books,
            mirrors=list(mirrors.balances),
            balance=balance.balance,
            entries=list(entries.entries),
            at_stripe=await self._at_stripe() if self._at_stripe else None,
        )

    async def _call(self, method: Callable[..., Awaitable[T]], request: object) -> T:
        try:
            return await method(request, metadata=self._metadata, timeout=CALL_SECONDS)
        except grpc.aio.AioRpcError as error:
            name = type(request).__name__.removesuffix("Request")
            raise CommandError(f"{name} failed: {explained(error)}") from None

    async def _step(self, name: str, work: Awaitable[T]) -> T:
        started = time.monotonic()
        result = await work
        self.steps.append(Step(name, _milliseconds_since(started)))
        return result


@asynccontextmanager
async def purchase_client(
    target: str, token: str, at_stripe: BalanceAtStripe | None = None, tls: ChannelTls | None = None
) -> AsyncIterator[PurchaseClient]:
    """A client of the service at `target`, host:port.

    Raises:
        CommandError: a file of TLS cannot be read, or the token would cross a network in the clear.
    """
    async with open_channel(target, tls) as channel:
        yield PurchaseClient(channel, token, at_stripe)


def _milliseconds_since(started: float) -> float:
    return (time.monotonic() - started) * 1000
