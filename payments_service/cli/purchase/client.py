"""A caller that plays one marketplace purchase with a partial refund through the public API, with stubs and a token."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from payments_api.v1 import (
    account_pb2,
    account_service_pb2,
    event_service_pb2,
    fee_pb2,
    fee_service_pb2,
    money_pb2,
    payment_pb2,
    payment_service_pb2,
    refund_pb2,
    refund_service_pb2,
)

from payments_service.cli.channel import ChannelTls, open_channel
from payments_service.cli.purchase.check import problems
from payments_service.cli.purchase.events import pull_events
from payments_service.cli.purchase.facts import (
    AMOUNT_MINOR,
    CURRENCY,
    PAYMENT_METHOD,
    PLATFORM_FEE_MINOR,
    REFUND_MINOR,
    Facts,
)
from payments_service.cli.purchase.reading import Deal, read_facts
from payments_service.cli.purchase.sandbox import Sandbox
from payments_service.cli.purchase.service import POLL_SECONDS, Service
from payments_service.cli.steps import Step

AGREE_SECONDS = 10.0
"""How long the figures may differ for a moment, for example while other purchases are being settled."""


class PurchaseClient:
    """A marketplace that uses the service, its seller and its customer."""

    def __init__(self, service: Service, sandbox: Sandbox) -> None:
        """Take the service, and the sandbox that stands for Stripe."""
        self._service = service
        self._sandbox = sandbox

    @property
    def steps(self) -> list[Step]:
        """What was done so far and how long it took."""
        return self._service.steps

    async def play(self) -> Facts:
        """Open a seller, sell, refund a part, wait for webhooks and ledger each time, and read every report.

        Raises:
            CommandError: a call failed or something did not come in time; says which and why.
        """
        reference = f"demo-{uuid.uuid4().hex}"
        start = event_service_pb2.PullEventsRequest(start=event_service_pb2.EVENT_START_FROM_NOW)
        before = await self._service.call(self._service.events.PullEvents, start)
        seller = await self._open_seller(reference)
        schedule, estimate = await self._fees_beforehand(seller.id)
        created = await self._sell(reference, seller.id)
        refund = await self._refund(created.payment.id)
        events = await self._service.step(
            "PullEvents",
            pull_events(self._service, before.next_cursor, {seller.id, created.payment.id, refund.id}, reference),
        )
        deal = Deal(
            reference=reference,
            seller_id=seller.id,
            stripe_account_id=seller.stripe_account_id,
            payment_id=created.payment.id,
            has_client_secret=bool(created.client_secret),
            schedule=schedule,
            estimate=estimate,
            events=events,
        )
        return await self._read_until_right(deal)

    async def _open_seller(self, reference: str) -> account_pb2.ConnectedAccount:
        """A seller of its own for each run, so that its books hold this purchase and nothing else."""
        service = self._service
        request = account_service_pb2.CreateAccountRequest(
            idempotency_key=f"{reference}-seller",
            owner_id=f"{reference}-seller",
            country_code="US",
            email="seller@example.com",
            product_description="Hand-made ceramics",
        )
        account = (await service.step("CreateAccount", service.call(service.accounts.CreateAccount, request))).account
        await service.step(
            "the seller's onboarding, in the sandbox", self._sandbox.complete_onboarding(account.stripe_account_id)
        )

        async def active() -> bool:
            found = account_service_pb2.GetAccountRequest(account_id=account.id)
            state = (await service.call(service.accounts.GetAccount, found)).account.state
            return state == account_pb2.CONNECTED_ACCOUNT_STATE_ACTIVE

        await service.wait_for({"webhook applied: the seller is ACTIVE": active})
        return account

    async def _fees_beforehand(self, seller_id: str) -> tuple[fee_pb2.FeeSchedule | None, fee_pb2.FeeEstimate]:
        service = self._service
        request = fee_service_pb2.GetFeeScheduleRequest(connected_account_id=seller_id)
        found = await service.step("GetFeeSchedule", service.find(service.fees.GetFeeSchedule, request))
        calculation = fee_service_pb2.CalculateFeesRequest(amount=_money(AMOUNT_MINOR), connected_account_id=seller_id)
        reply = await service.step("CalculateFees", service.call(service.fees.CalculateFees, calculation))
        return found.fee_schedule if found else None, reply.estimate

    async def _sell(self, reference: str, seller_id: str) -> payment_service_pb2.CreatePaymentResponse:
        service = self._service
        request = payment_service_pb2.CreatePaymentRequest(
            idempotency_key=f"{reference}-create",
            amount=_money(AMOUNT_MINOR),
            charge_model=payment_pb2.CHARGE_MODEL_DESTINATION,
            connected_account_id=seller_id,
            platform_fee=_money(PLATFORM_FEE_MINOR),
            reference=reference,
            description="A demonstration purchase",
        )
        created = await service.step("CreatePayment", service.call(service.payments.CreatePayment, request))
        payment_id = created.payment.id
        confirmation = payment_service_pb2.ConfirmPaymentRequest(
            idempotency_key=f"{reference}-confirm", payment_id=payment_id, payment_method=PAYMENT_METHOD
        )
        await service.step("ConfirmPayment", service.call(service.payments.ConfirmPayment, confirmation))

        async def applied() -> bool:
            found = payment_service_pb2.GetPaymentRequest(payment_id=payment_id)
            return bool((await service.call(service.payments.GetPayment, found)).payment.stripe_event_ids)

        async def posted() -> bool:
            fees = await self._fees(payment_id)
            moved = fees.transferred.amount_minor and fees.platform_fee.amount_minor
            return bool(fees.settled and moved and fees.connected_share.gross.amount_minor)

        await service.wait_for({"webhook applied: the payment": applied, "both books posted: the payment": posted})
        return created

    async def _refund(self, payment_id: str) -> refund_pb2.Refund:
        service = self._service
        before = await self._fees(payment_id)
        request = refund_service_pb2.CreateRefundRequest(
            idempotency_key=f"{payment_id}-refund",
            payment_id=payment_id,
            amount=_money(REFUND_MINOR),
            reason=refund_pb2.REFUND_REASON_REQUESTED_BY_CUSTOMER,
            absorb_by=refund_pb2.ABSORB_BY_CREATOR,
            reverse_transfer=True,
            refund_platform_fee=True,
        )
        reply = await service.step("CreateRefund", service.call(service.refunds.CreateRefund, request))

        async def posted() -> bool:
            fees = await self._fees(payment_id)
            moved = ("refunded", "transferred", "platform_fee")
            platform = all(getattr(fees, name) != getattr(before, name) for name in moved)
            return platform and fees.connected_share.net != before.connected_share.net

        await service.wait_for({"both books posted: the refund": posted})
        return reply.refund

    async def _fees(self, payment_id: str) -> fee_pb2.PaymentFees:
        """The real fees; all zero before anything is booked."""
        request = fee_service_pb2.GetPaymentFeesRequest(payment_id=payment_id)
        fees = (await self._service.call(self._service.fees.GetPaymentFees, request)).fees
        return fees[0] if fees else fee_pb2.PaymentFees()

    async def _read_until_right(self, deal: Deal) -> Facts:
        """Read everything; again while it is not right and other purchases may be the reason."""
        deadline = time.monotonic() + AGREE_SECONDS
        count = len(self.steps)
        while True:
            facts = await read_facts(self._service, self._sandbox, deal)
            if not problems(facts) or time.monotonic() > deadline:
                return facts
            del self.steps[count:]
            await asyncio.sleep(POLL_SECONDS)


@asynccontextmanager
async def purchase_client(
    target: str, token: str, sandbox: Sandbox, tls: ChannelTls | None = None
) -> AsyncIterator[PurchaseClient]:
    """A client of the service at `target`, host:port.

    Raises:
        CommandError: a file of TLS cannot be read, or the token would cross a network in the clear.
    """
    async with open_channel(target, tls) as channel:
        yield PurchaseClient(Service(channel, token), sandbox)


def _money(amount_minor: int) -> money_pb2.Money:
    return money_pb2.Money(amount_minor=amount_minor, currency_code=CURRENCY)
