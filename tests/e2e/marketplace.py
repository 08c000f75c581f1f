"""Calls about purchases from a seller, each with what it must have done at Stripe in the end."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message
from payments_api.v1 import (
    account_pb2,
    account_service_pb2,
    payment_pb2,
    payment_service_pb2,
    refund_pb2,
    refund_service_pb2,
)
from payments_api.v1.money_pb2 import Money

from tests.e2e.caller import Caller, new_payment
from tests.e2e.stack import Stack
from tests.e2e.stripe import StripeApi
from tests.e2e.waiting import until

SALE = Counter({"charge": 1, "transfer": 1, "application_fee": 1})
REFUND = Counter({"refund": 1, "transfer_refund": 1, "application_fee_refund": 1})


@dataclass(frozen=True)
class Seller:
    """A connected account that can be paid."""

    id: str
    stripe_account: str


@dataclass(frozen=True)
class AtStripe:
    """What there is of a payment: each charge with what was captured of it, each refund with its amount.

    Attributes:
        status: of the payment intent; of an account, that it is one.
    """

    status: str
    received: int = 0
    charges: tuple[int, ...] = ()
    refunds: tuple[int, ...] = ()


@dataclass(frozen=True)
class Call:
    """A mutating call, ready to be made again and again.

    Attributes:
        kind: of operation, as failpoints name it.
        method: for `Caller.raw`.
        reference: of the purchase; of an account its e-mail address.
        reply: what its reply is to be read as.
        state: of the object in its reply.
        effect: what there must be at Stripe of the payment afterwards.
        booked: the balance transactions of the platform that it makes, with those of what it needs, by type.
    """

    kind: str
    method: str
    request: Message
    reference: str
    reply: type[Message]
    state: int
    effect: AtStripe
    booked: Counter[str]


PAID = AtStripe("succeeded", 10_000, (10_000,))

Prepare = Callable[[Caller, Seller], Awaitable[Call]]
"""Does all that comes before a call, so that only the call itself is left."""


async def open_shop(caller: Caller, stack: Stack) -> Seller:
    """A seller who has been through onboarding."""
    account = (await caller.call(caller.accounts.CreateAccount, _new_account())).account
    await stack.stripe.control(f"/accounts/{account.stripe_account_id}/complete_onboarding")

    async def active() -> bool:
        request = account_service_pb2.GetAccountRequest(account_id=account.id)
        found = (await caller.call(caller.accounts.GetAccount, request)).account
        return found.charges_enabled and found.transfers_enabled

    await until(active)
    return Seller(account.id, account.stripe_account_id)


def sale(seller: Seller, **fields: Any) -> payment_service_pb2.CreatePaymentRequest:
    """100.00 usd, of which the platform keeps 10.00; paid at once unless told otherwise."""
    given: dict[str, Any] = {"payment_method": "pm_card_visa", "confirm": True, **fields}
    return new_payment(
        10_000,
        charge_model="CHARGE_MODEL_DESTINATION",
        connected_account_id=seller.id,
        platform_fee=_usd(1_000),
        **given,
    )


async def create(_: Caller, seller: Seller) -> Call:
    request = sale(seller, payment_method="", confirm=False)
    state = payment_pb2.PAYMENT_STATE_REQUIRES_PAYMENT_METHOD
    return _create_call("payment.create", request, state, AtStripe("requires_payment_method"))


async def create_confirmed(_: Caller, seller: Seller) -> Call:
    return _create_call("payment.create_confirmed", sale(seller), payment_pb2.PAYMENT_STATE_SUCCEEDED, PAID)


async def create_held(_: Caller, seller: Seller) -> Call:
    """Of the same kind: authorised, to be captured or cancelled."""
    request = sale(seller, capture_method="CAPTURE_METHOD_MANUAL")
    state = payment_pb2.PAYMENT_STATE_REQUIRES_CAPTURE
    return _create_call("payment.create_confirmed", request, state, AtStripe("requires_capture", 0, (0,)))


async def confirm(caller: Caller, seller: Seller) -> Call:
    created = await caller.create(sale(seller, payment_method="", confirm=False))
    return Call(
        kind="payment.confirm",
        method="PaymentService/ConfirmPayment",
        request=payment_service_pb2.ConfirmPaymentRequest(
            idempotency_key=f"confirm-{uuid.uuid4()}", payment_id=created.payment.id, payment_method="pm_card_visa"
        ),
        reference=created.payment.reference,
        reply=payment_service_pb2.ConfirmPaymentResponse,
        state=payment_pb2.PAYMENT_STATE_SUCCEEDED,
        effect=PAID,
        booked=SALE,
    )


async def capture(caller: Caller, seller: Seller) -> Call:
    held = await caller.create(sale(seller, capture_method="CAPTURE_METHOD_MANUAL"))
    return capture_of(held.payment)


def capture_of(held: payment_pb2.Payment) -> Call:
    """60.00 of the 100.00 that were authorised."""
    return Call(
        kind="payment.capture",
        method="PaymentService/CapturePayment",
        request=payment_service_pb2.CapturePaymentRequest(
            idempotency_key=f"capture-{held.id}", payment_id=held.id, amount=_usd(6_000)
        ),
        reference=held.reference,
        reply=payment_service_pb2.CapturePaymentResponse,
        state=payment_pb2.PAYMENT_STATE_SUCCEEDED,
        effect=AtStripe("succeeded", 6_000, (6_000,)),
        booked=SALE,
    )


async def cancel(caller: Caller, seller: Seller) -> Call:
    held = await caller.create(sale(seller, capture_method="CAPTURE_METHOD_MANUAL"))
    return Call(
        kind="payment.cancel",
        method="PaymentService/CancelPayment",
        request=payment_service_pb2.CancelPaymentRequest(
            idempotency_key=f"cancel-{uuid.uuid4()}", payment_id=held.payment.id
        ),
        reference=held.payment.reference,
        reply=payment_service_pb2.CancelPaymentResponse,
        state=payment_pb2.PAYMENT_STATE_CANCELED,
        effect=AtStripe("canceled", 0, (0,)),
        booked=Counter(),
    )


async def refund(caller: Caller, seller: Seller) -> Call:
    paid = await caller.create(sale(seller))
    return refund_of(paid.payment, PAID, SALE)


def refund_of(paid: payment_pb2.Payment, before: AtStripe, booked_before: Counter[str]) -> Call:
    """40.00, with the seller's share taken back and the platform's given up."""
    return Call(
        kind="refund.create",
        method="RefundService/CreateRefund",
        request=refund_service_pb2.CreateRefundRequest(
            idempotency_key=f"refund-{paid.id}",
            payment_id=paid.id,
            amount=_usd(4_000),
            absorb_by="ABSORB_BY_CREATOR",
            reverse_transfer=True,
            refund_platform_fee=True,
        ),
        reference=paid.reference,
        reply=refund_service_pb2.CreateRefundResponse,
        state=refund_pb2.REFUND_STATE_SUCCEEDED,
        effect=AtStripe(before.status, before.received, before.charges, (4_000,)),
        booked=booked_before + REFUND,
    )


async def create_account(_: Caller, __: Seller) -> Call:
    request = _new_account()
    return Call(
        kind="account.create",
        method="AccountService/CreateAccount",
        request=request,
        reference=request.email,
        reply=account_service_pb2.CreateAccountResponse,
        state=account_pb2.CONNECTED_ACCOUNT_STATE_ONBOARDING,
        effect=AtStripe("account"),
        booked=Counter(),
    )


async def at_stripe(stripe: StripeApi, calls: Iterable[Call]) -> list[list[AtStripe]]:
    """For each call what there is of its payment intents, or accounts: one, if nothing went wrong."""
    charges = _by_intent(await stripe.every("/v1/charges"))
    refunds = _by_intent(await stripe.every("/v1/refunds"))
    found: defaultdict[str, list[AtStripe]] = defaultdict(list)
    for intent in await stripe.every("/v1/payment_intents"):
        found[intent["metadata"]["payments_reference"]].append(
            AtStripe(
                status=intent["status"],
                received=intent["amount_received"],
                charges=tuple(charge["amount_captured"] for charge in charges[intent["id"]]),
                refunds=tuple(refund["amount"] for refund in refunds[intent["id"]]),
            )
        )
    for account in await stripe.every("/v1/accounts"):
        found[account["email"]].append(AtStripe("account"))
    return [found[call.reference] for call in calls]


def _by_intent(rows: Iterable[dict[str, Any]]) -> defaultdict[str, list[dict[str, Any]]]:
    groups = defaultdict(list)
    for row in rows:
        groups[row["payment_intent"]].append(row)
    return groups


def _create_call(kind: str, request: payment_service_pb2.CreatePaymentRequest, state: int, effect: AtStripe) -> Call:
    return Call(
        kind=kind,
        method="PaymentService/CreatePayment",
        request=request,
        reference=request.reference,
        reply=payment_service_pb2.CreatePaymentResponse,
        state=state,
        effect=effect,
        booked=SALE if effect.received else Counter(),
    )


def _new_account() -> account_service_pb2.CreateAccountRequest:
    name = uuid.uuid4().hex
    return account_service_pb2.CreateAccountRequest(
        idempotency_key=f"account-{name}", owner_id=f"owner-{name}", country_code="US", email=f"{name}@example.com"
    )


def _usd(amount_minor: int) -> Money:
    return Money(amount_minor=amount_minor, currency_code="usd")
