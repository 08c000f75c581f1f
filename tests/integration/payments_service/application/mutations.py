"""Every call that changes something at Stripe, ready to be made, and what one effect of it leaves there."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from google.protobuf.message import Message
from payments_api.v1 import (
    account_pb2,
    account_service_pb2,
    payment_pb2,
    payment_service_pb2,
    refund_pb2,
    refund_service_pb2,
)

from payments_service.application.stripe import METADATA_OPERATION
from payments_service.domain.ids import Prefix, format_id
from payments_service.transport.handler_table import service_descriptor
from payments_service.transport.methods import methods_of
from tests.integration.payments_service.application.house import PAY, House, create_request
from tests.integration.payments_service.application.wire import Reply, send

INTENTS = "/v1/payment_intents"
KEY = "k"
WAIT_SECONDS = 20

CREATED = {"payment_intent.created": 1}
PAID = {"charge.succeeded": 1, "payment_intent.succeeded": 1, "charge.updated": 1}
SHARED = {"transfer.created": 1, "payment.created": 1, "application_fee.created": 1}


@dataclass(frozen=True)
class Mutation:
    """One call.

    Attributes:
        name: what a failing test is called.
        rpc: full name of its method.
        kind: of its operation.
        path: what it posts to, as faults know it.
        prepare: brings everything to where the call can be made; gives the request.
        state: where the call leaves its object.
        events: Stripe's events of one effect.
        mirrors: what platform and connected account have at Stripe in the end, in cents.
        made_at: the list that shows what it created with the operation's id in it; empty when it creates nothing.
    """

    name: str
    rpc: str
    kind: str
    path: str
    prepare: Callable[[House], Awaitable[Message]]
    state: int
    events: dict[str, int]
    mirrors: tuple[int, int] = (0, 0)
    made_at: str = ""

    async def call(self, house: House, request: Message) -> Reply:
        """Make it."""
        return await send(house, self.rpc, request)

    def state_of(self, reply: Reply) -> int:
        """Where a reply says that its object stands."""
        methods = methods_of([service_descriptor(self.rpc.split("/")[0])])
        (method,) = (each for each in methods if each.full_name == self.rpc)
        message: Any = method.response_class.FromString(reply.body)
        field = next(name for name in ("payment", "refund", "account") if name in message.DESCRIPTOR.fields_by_name)
        state: int = getattr(message, field).state
        return state


async def _create_account(_: House) -> Message:
    return account_service_pb2.CreateAccountRequest(idempotency_key=KEY, owner_id="new", country_code="US")


async def _create(_: House) -> Message:
    return create_request(KEY)


async def _create_confirmed(_: House) -> Message:
    return create_request(KEY, **PAY)


async def _create_destination(house: House) -> Message:
    return sale(KEY, (await house.seller()).id, **PAY)


async def _create_held(house: House) -> Message:
    return sale(KEY, (await house.seller()).id, capture_method="CAPTURE_METHOD_MANUAL", **PAY)


async def _confirm(house: House) -> Message:
    payment = (await house.create("before")).payment
    return payment_service_pb2.ConfirmPaymentRequest(
        idempotency_key=KEY, payment_id=payment.id, payment_method="pm_card_visa"
    )


async def _capture(house: House) -> Message:
    return payment_service_pb2.CapturePaymentRequest(
        idempotency_key=KEY, payment_id=await held_sale(house), amount={"amount_minor": 6_000, "currency_code": "usd"}
    )


async def _cancel(house: House) -> Message:
    return payment_service_pb2.CancelPaymentRequest(
        idempotency_key=KEY, payment_id=await held_sale(house), reason="CANCELLATION_REASON_ABANDONED"
    )


async def _refund(house: House) -> Message:
    paid = (await house.sell("before", (await house.seller()).id)).payment
    await house.settle_all()
    return refund_service_pb2.CreateRefundRequest(
        idempotency_key=KEY,
        payment_id=paid.id,
        amount={"amount_minor": 4_000, "currency_code": "usd"},
        absorb_by="ABSORB_BY_CREATOR",
        reverse_transfer=True,
        refund_platform_fee=True,
    )


def sale(key: str, account_id: str, **fields: Any) -> payment_service_pb2.CreatePaymentRequest:
    """A request for 100.00 usd from a connected account, of which the platform keeps 10.00."""
    return create_request(
        key,
        amount={"amount_minor": 10_000, "currency_code": "usd"},
        charge_model="CHARGE_MODEL_DESTINATION",
        connected_account_id=account_id,
        platform_fee={"amount_minor": 1_000, "currency_code": "usd"},
        **fields,
    )


async def held_sale(house: House) -> str:
    """Id of a sale of 100.00 usd that waits for capture."""
    seller = await house.seller()
    return (await house.sell("before", seller.id, capture_method="CAPTURE_METHOD_MANUAL")).payment.id


async def effects(house: House) -> Counter[str]:
    """How often Stripe has told of what, on all its accounts: an effect that happens twice is told twice.

    Of a new account nothing is told, so accounts are counted themselves.
    """
    accounts = [body["id"] for body in (await house.stripe("/v1/accounts", limit="100"))["data"]]
    seen = Counter({"account": len(accounts)})
    for account in ("", *accounts):
        seen.update(event["type"] for event in await house.stripe_events(account))
    return seen


async def made_by_operations(house: House, mutation: Mutation) -> Counter[str]:
    """How many objects at Stripe carry which operation's id, of the kind that a call creates."""
    bodies = (await house.stripe(mutation.made_at, limit="100"))["data"] if mutation.made_at else []
    rows = await house.sql("SELECT id FROM stripe_operations WHERE kind = :kind", kind=mutation.kind)
    ours = {format_id(Prefix.OPERATION, row.id) for row in rows}
    return Counter(name for body in bodies if (name := body["metadata"].get(METADATA_OPERATION)) in ours)


async def until_known(house: House) -> None:
    """Let the completer work until no operation is left."""
    async with asyncio.timeout(WAIT_SECONDS):
        while await house.sql("SELECT 1 FROM stripe_operations WHERE state = 'IN_PROGRESS'"):
            await house.complete()


MUTATIONS = (
    Mutation(
        "create account",
        "payments_api.v1.AccountService/CreateAccount",
        "account.create",
        "/v1/accounts",
        _create_account,
        account_pb2.CONNECTED_ACCOUNT_STATE_ONBOARDING,
        {"account": 1},
        made_at="/v1/accounts",
    ),
    Mutation(
        "create payment",
        "payments_api.v1.PaymentService/CreatePayment",
        "payment.create",
        INTENTS,
        _create,
        payment_pb2.PAYMENT_STATE_REQUIRES_PAYMENT_METHOD,
        CREATED,
        made_at=INTENTS,
    ),
    Mutation(
        "create and confirm payment",
        "payments_api.v1.PaymentService/CreatePayment",
        "payment.create_confirmed",
        INTENTS,
        _create_confirmed,
        payment_pb2.PAYMENT_STATE_SUCCEEDED,
        CREATED | PAID,
        (2_397, 0),
        made_at=INTENTS,
    ),
    Mutation(
        "create and confirm destination payment",
        "payments_api.v1.PaymentService/CreatePayment",
        "payment.create_confirmed",
        INTENTS,
        _create_destination,
        payment_pb2.PAYMENT_STATE_SUCCEEDED,
        CREATED | PAID | SHARED,
        (680, 9_000),
        made_at=INTENTS,
    ),
    Mutation(
        "create held payment",
        "payments_api.v1.PaymentService/CreatePayment",
        "payment.create_confirmed",
        INTENTS,
        _create_held,
        payment_pb2.PAYMENT_STATE_REQUIRES_CAPTURE,
        CREATED | {"charge.succeeded": 1, "payment_intent.amount_capturable_updated": 1},
        made_at=INTENTS,
    ),
    Mutation(
        "confirm payment",
        "payments_api.v1.PaymentService/ConfirmPayment",
        "payment.confirm",
        f"{INTENTS}/{{id}}/confirm",
        _confirm,
        payment_pb2.PAYMENT_STATE_SUCCEEDED,
        PAID,
        (2_397, 0),
    ),
    Mutation(
        "capture payment",
        "payments_api.v1.PaymentService/CapturePayment",
        "payment.capture",
        f"{INTENTS}/{{id}}/capture",
        _capture,
        payment_pb2.PAYMENT_STATE_SUCCEEDED,
        SHARED | {"charge.captured": 1, "payment_intent.succeeded": 1},
        (396, 5_400),
    ),
    Mutation(
        "cancel payment",
        "payments_api.v1.PaymentService/CancelPayment",
        "payment.cancel",
        f"{INTENTS}/{{id}}/cancel",
        _cancel,
        payment_pb2.PAYMENT_STATE_CANCELED,
        {"charge.refunded": 1, "payment_intent.canceled": 1},
    ),
    Mutation(
        "create refund",
        "payments_api.v1.RefundService/CreateRefund",
        "refund.create",
        "/v1/refunds",
        _refund,
        refund_pb2.REFUND_STATE_SUCCEEDED,
        {"refund.created": 2, "charge.refunded": 2, "transfer.reversed": 1, "application_fee.refunded": 1},
        (280, 5_400),
        made_at="/v1/refunds",
    ),
)
every_mutation = pytest.mark.parametrize(
    "mutation", [pytest.param(mutation, id=mutation.name) for mutation in MUTATIONS]
)
"""A test of each of them."""
