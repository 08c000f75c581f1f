"""The whole service in one process: real Postgres, real gRPC, the sandbox over HTTP.

Workers run when a test says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import grpc
import httpx
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # ships no types
from payments_api.internal.v1 import stripe_event_pb2, stripe_event_service_pb2, stripe_event_service_pb2_grpc
from payments_api.v1 import (
    account_pb2,
    account_service_pb2,
    account_service_pb2_grpc,
    dispute_service_pb2_grpc,
    event_service_pb2_grpc,
    fee_service_pb2_grpc,
    ledger_service_pb2_grpc,
    payment_service_pb2,
    payment_service_pb2_grpc,
    payout_service_pb2_grpc,
    refund_pb2,
    refund_service_pb2,
    refund_service_pb2_grpc,
    reporting_service_pb2,
    reporting_service_pb2_grpc,
)
from sqlalchemy import text

from payments_service.bootstrap import Core, build_loops
from payments_service.config import Settings
from payments_service.domain.ids import Prefix, format_id
from payments_service.transport.development_token import DEVELOPMENT_SCOPES, mint_development_token
from stripe_sandbox.runner import SandboxServer

T = TypeVar("T", bound=Message)
SCOPES = (*DEVELOPMENT_SCOPES, "events.ingest")


@dataclass(frozen=True)
class Failure:
    """An error as a client sees it."""

    code: str
    reason: str
    message: str
    metadata: dict[str, str]
    fields: dict[str, str]
    retry: bool
    replayed: bool


@dataclass
class House:
    """Everything, wired."""

    settings: Settings
    core: Core
    channel: grpc.aio.Channel
    sandbox: SandboxServer
    key: str
    metadata: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.loops = {loop.name: loop for loop in build_loops(self.core)}
        self.payments: Any = payment_service_pb2_grpc.PaymentServiceStub(self.channel)
        self.accounts: Any = account_service_pb2_grpc.AccountServiceStub(self.channel)
        self.refunds: Any = refund_service_pb2_grpc.RefundServiceStub(self.channel)
        self.disputes: Any = dispute_service_pb2_grpc.DisputeServiceStub(self.channel)
        self.payouts: Any = payout_service_pb2_grpc.PayoutServiceStub(self.channel)
        self.ledger: Any = ledger_service_pb2_grpc.LedgerServiceStub(self.channel)
        self.fees: Any = fee_service_pb2_grpc.FeeServiceStub(self.channel)
        self.reports: Any = reporting_service_pb2_grpc.ReportingServiceStub(self.channel)
        self.events: Any = stripe_event_service_pb2_grpc.StripeEventServiceStub(self.channel)
        self.outbox: Any = event_service_pb2_grpc.EventServiceStub(self.channel)
        self.metadata = self.as_caller()

    def as_caller(
        self, subject: str = "shop", owner_ids: Iterable[str] | None = None, scopes: Iterable[str] = SCOPES
    ) -> list[tuple[str, str]]:
        token = mint_development_token(self.settings, subject=subject, scopes=scopes, owner_ids=owner_ids)
        return [("authorization", f"Bearer {token}")]

    async def create(self, key: str, **fields: Any) -> payment_service_pb2.CreatePaymentResponse:
        reply: payment_service_pb2.CreatePaymentResponse = await self.payments.CreatePayment(
            create_request(key, **fields), metadata=self.metadata
        )
        return reply

    async def get(self, payment_id: str) -> payment_service_pb2.GetPaymentResponse:
        reply: payment_service_pb2.GetPaymentResponse = await self.payments.GetPayment(
            payment_service_pb2.GetPaymentRequest(payment_id=payment_id), metadata=self.metadata
        )
        return reply

    async def seller(self, owner_id: str = "seller") -> account_pb2.ConnectedAccount:
        """A connected account that has been through onboarding, and the service knows it."""
        reply = await self.accounts.CreateAccount(
            account_service_pb2.CreateAccountRequest(
                idempotency_key=f"account-{owner_id}", owner_id=owner_id, country_code="US", email="seller@example.com"
            ),
            metadata=self.metadata,
        )
        stripe_account = reply.account.stripe_account_id
        await self.control("POST", f"/accounts/{stripe_account}/complete_onboarding")
        await self.record_all(stripe_account)
        await self.run("inbox")
        return await self.account(reply.account.id)

    async def account(self, account_id: str) -> account_pb2.ConnectedAccount:
        """A connected account as it is now."""
        reply = await self.accounts.GetAccount(
            account_service_pb2.GetAccountRequest(account_id=account_id), metadata=self.metadata
        )
        found: account_pb2.ConnectedAccount = reply.account
        return found

    async def sell(self, key: str, account_id: str, **fields: Any) -> payment_service_pb2.CreatePaymentResponse:
        """A paid purchase of 100.00 usd from a seller, of which the platform keeps 10.00, unless told otherwise."""
        values: dict[str, Any] = {
            "amount": {"amount_minor": 10_000, "currency_code": "usd"},
            "charge_model": "CHARGE_MODEL_DESTINATION",
            "connected_account_id": account_id,
            "platform_fee": {"amount_minor": 1_000, "currency_code": "usd"},
            **PAY,
        }
        return await self.create(key, **(values | fields))

    async def refund(self, key: str, payment_id: str, **fields: Any) -> refund_pb2.Refund:
        """Give a payment back, all that is left unless told otherwise."""
        reply = await self.refunds.CreateRefund(
            refund_service_pb2.CreateRefundRequest(idempotency_key=key, payment_id=payment_id, **fields),
            metadata=self.metadata,
        )
        refund: refund_pb2.Refund = reply.refund
        return refund

    async def record_all(self, stripe_account: str = "") -> None:
        """Hand over every event of an account that Stripe has told so far."""
        for event in await self.stripe_events(stripe_account):
            await self.record(event)

    async def balances(self) -> dict[str, int]:
        """Every account of the ledger that has entries, by code; debit or credit as is normal for it."""
        rows = await self.sql(
            "SELECT code, kind, posted_debits - posted_credits AS debit FROM ledger_accounts WHERE version > 0"
        )
        return {row.code: row.debit if row.kind in {"asset", "expense"} else -row.debit for row in rows}

    async def run(self, name: str) -> int:
        """One round of a worker."""
        return await self.loops[name]._run_once()

    async def settle_all(self) -> None:
        """Book all that Stripe books by itself within a second: the platform's first, then what that made due."""
        await self.control("POST", "/clock/advance", {"seconds": 1})
        await self.settle()
        await self.settle()

    async def settle(self) -> None:
        """Let settlement run as if its sweep were due."""
        await self.sql("UPDATE stripe_accounts SET settle_time = NULL, lease_until = clock_timestamp()")
        await self.run("settlement")

    async def complete(self) -> None:
        """Let the completer run as if every lease had run out."""
        await self.sql("UPDATE stripe_operations SET next_attempt_time = now(), lease_until = now()")
        await self.run("completer")

    async def sql(self, statement: str, **values: object) -> list[Any]:
        """Rows of a statement, as the service's own role."""
        async with self.core.engine.begin() as connection:
            result = await connection.execute(text(statement), values)
            return list(result.all()) if result.returns_rows else []

    async def stripe(self, path: str, stripe_account: str = "", **params: str) -> dict[str, Any]:
        """What Stripe says, asked directly."""
        headers = {"stripe-account": stripe_account} if stripe_account else {}
        async with httpx.AsyncClient(auth=(self.key, ""), headers=headers, verify=False) as client:
            answer = await client.get(f"{self.sandbox.url}{path}", params=params)
            body: dict[str, Any] = answer.json()
            return body

    async def behind_our_back(self, path: str, stripe_account: str = "", **data: str) -> dict[str, Any]:
        """Something done at Stripe by somebody else, for example in its dashboard."""
        headers = {"stripe-account": stripe_account} if stripe_account else {}
        async with httpx.AsyncClient(auth=(self.key, ""), headers=headers, verify=False) as client:
            answer = await client.post(f"{self.sandbox.url}{path}", data=data)
            answer.raise_for_status()
            body: dict[str, Any] = answer.json()
            return body

    async def control(self, method: str, path: str, body: object = None) -> Any:
        """Steer the sandbox."""
        async with httpx.AsyncClient(verify=False) as client:
            answer = await client.request(method, f"{self.sandbox.url}/_sandbox{path}", json=body)
            answer.raise_for_status()
            return answer.json()

    async def intents(self) -> list[dict[str, Any]]:
        """Every payment intent at Stripe."""
        found: list[dict[str, Any]] = (await self.stripe("/v1/payment_intents", limit="100"))["data"]
        return found

    async def record(self, event: dict[str, Any], body: bytes = b"{}") -> bool:
        """Hand an event over as the gateway does; returns whether it was a duplicate."""
        intent = event["data"]["object"]
        related = {"payment_intent": intent["payment_intent"]} if intent.get("payment_intent") else {}
        connect = event.get("account", "")
        reply = await self.events.RecordEvent(
            stripe_event_service_pb2.RecordEventRequest(
                envelope=stripe_event_pb2.StripeEventEnvelope(
                    event_id=event["id"],
                    type=event["type"],
                    livemode=event["livemode"],
                    object_type=intent["object"],
                    object_id=intent.get("id", ""),
                    related_ids=related,
                    stripe_account_id=connect,
                    endpoint=stripe_event_pb2.STRIPE_ENDPOINT_CONNECT
                    if connect
                    else stripe_event_pb2.STRIPE_ENDPOINT_PLATFORM,
                ),
                body=body,
            ),
            metadata=self.metadata,
        )
        duplicate: bool = reply.duplicate
        return duplicate

    async def stripe_events(self, stripe_account: str = "") -> list[dict[str, Any]]:
        """Stripe's events of the platform, or of a connected account, oldest first."""
        answer = await self.stripe("/v1/events", stripe_account, limit="100")
        found: list[dict[str, Any]] = answer["data"]
        return found[::-1]

    async def books_are_right(self) -> None:
        """The trial balance is zero, and each mirror is its Stripe balance: the platform's, and every seller's."""
        books = await self.reports.GetTrialBalance(
            reporting_service_pb2.GetTrialBalanceRequest(), metadata=self.metadata
        )
        assert {total.difference.amount_minor for total in books.totals} <= {0}
        rows = await self.sql("SELECT id FROM connected_accounts WHERE stripe_account <> ''")
        for account_id in ("", *(format_id(Prefix.CONNECTED_ACCOUNT, row.id) for row in rows)):
            mirror = await self.reports.GetStripeBalance(
                reporting_service_pb2.GetStripeBalanceRequest(connected_account_id=account_id), metadata=self.metadata
            )
            for line in mirror.balances:
                assert line.difference.amount_minor == 0, (account_id, line)


def create_request(key: str, **fields: Any) -> payment_service_pb2.CreatePaymentRequest:
    """A request for 25.00 usd, unless told otherwise."""
    values: dict[str, Any] = {"amount": {"amount_minor": 2500, "currency_code": "usd"}, "reference": "order_1"}
    return payment_service_pb2.CreatePaymentRequest(idempotency_key=key, **(values | fields))


PAY: dict[str, Any] = {"payment_method": "pm_card_visa", "confirm": True}


async def failure(call: Any) -> Failure:
    """The error of a call that must fail."""
    try:
        reply = await call
    except grpc.aio.AioRpcError as error:
        return read_failure(error)
    raise AssertionError(f"it did not fail: {reply}")


def read_failure(error: grpc.aio.AioRpcError) -> Failure:
    """An error with its details."""
    trailing = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(trailing["grpc-status-details-bin"])
    info = error_details_pb2.ErrorInfo()
    bad = error_details_pb2.BadRequest()
    retry = error_details_pb2.RetryInfo()
    for detail in status.details:
        for kind in (info, bad, retry):
            if detail.Is(kind.DESCRIPTOR):
                detail.Unpack(kind)
    return Failure(
        code=error.code().name,
        reason=info.reason,
        message=status.message,
        metadata=dict(info.metadata),
        fields={violation.field: violation.description for violation in bad.field_violations},
        retry=retry.HasField("retry_delay"),
        replayed=trailing.get("idempotent-replay") == "true",
    )
