"""Flows of money through Stripe, step by step, and what each ends in: figures written down by hand.

Between two steps whoever plays a flow may deliver what Stripe has told so far, or nothing. The amounts are those of the
yardstick (`test_yardstick`): 100.00 usd each, and US cards cost 2.9 % + 30 cents.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from payments_api.v1 import account_pb2, payment_pb2, payment_service_pb2

from tests.integration.payments_service.application.house import PAY, House
from tests.integration.payments_service.application.test_yardstick import CARD, TEN, charge_of

HOUR_SECONDS = 3600
"""How long Stripe takes to book a charge here; nothing happens by itself in less."""

BOTH: dict[str, Any] = {"absorb_by": "ABSORB_BY_CREATOR", "reverse_transfer": True, "refund_platform_fee": True}
FUNDS: dict[str, Any] = {**PAY, "payment_method": "pm_card_bypassPending"}
PART = {"amount_minor": 4_000, "currency_code": "usd"}
OF_SELLER = "seller "
"""Before the type of an event of the connected account."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A service, a Stripe, and a seller whom both know."""

    house: House
    seller: account_pb2.ConnectedAccount

    @property
    def account(self) -> str:
        """The seller's account at Stripe."""
        return self.seller.stripe_account_id

    async def later(self) -> None:
        """Time passes, and Stripe books what it has to book."""
        await self.house.control("POST", "/clock/advance", {"seconds": HOUR_SECONDS + 1})

    async def sale(self) -> payment_pb2.Payment:
        """The platform sells something of its own."""
        return (await self.house.create("sale", **TEN, **FUNDS)).payment

    async def sold(self) -> payment_pb2.Payment:
        """The seller sells something through the platform."""
        return (await self.house.sell("sold", self.seller.id, payment_method="pm_card_bypassPending")).payment

    async def disputed(self, payment: payment_pb2.Payment) -> str:
        """The customer's bank takes a payment back; gives the dispute."""
        charge = await charge_of(self.house, payment)
        return str((await self.house.control("POST", f"/charges/{charge}/dispute", {}))["id"])

    async def decide(self, dispute: str, outcome: str, *, return_fee: bool = False) -> None:
        """The bank decides."""
        body = {"outcome": outcome, "return_fee": return_fee}
        await self.house.control("POST", f"/disputes/{dispute}/decide", body)

    async def payout(self, account: str = "") -> str:
        """Money leaves for the bank; gives the payout."""
        made = await self.house.behind_our_back("/v1/payouts", account, amount="5000", currency="usd")
        return str(made["id"])


Play = Callable[[Scene], AsyncIterator[None]]


async def destination(scene: Scene) -> AsyncIterator[None]:
    await scene.sold()
    yield
    await scene.later()


async def separate(scene: Scene) -> AsyncIterator[None]:
    fields = {
        "charge_model": "CHARGE_MODEL_SEPARATE",
        "platform_fee": {"amount_minor": 1_000, "currency_code": "usd"},
        "splits": [
            {"connected_account_id": scene.seller.id, "amount": {"amount_minor": 8_500, "currency_code": "usd"}}
        ],
    }
    paid = (await scene.house.create("split", **TEN, **FUNDS, **fields)).payment
    yield
    await scene.later()
    yield
    charge = await charge_of(scene.house, paid)
    order = {"amount": "8500", "currency": "usd", "destination": scene.account, "source_transaction": charge}
    await scene.house.behind_our_back("/v1/transfers", **order)


async def direct(scene: Scene) -> AsyncIterator[None]:
    await scene.house.behind_our_back("/v1/payment_intents", scene.account, **CARD, application_fee_amount="1000")
    yield
    await scene.later()


async def direct_and_back(scene: Scene) -> AsyncIterator[None]:
    sold = await scene.house.sell("sold", scene.seller.id, charge_model="CHARGE_MODEL_DIRECT", **FUNDS)
    yield
    await scene.later()
    yield
    await scene.house.refund("back", sold.payment.id, amount=PART, refund_platform_fee=True)


async def partial_capture(scene: Scene) -> AsyncIterator[None]:
    held = (await scene.house.create("held", **TEN, **FUNDS, capture_method="CAPTURE_METHOD_MANUAL")).payment
    yield
    part = {"amount_minor": 6_000, "currency_code": "usd"}
    request = payment_service_pb2.CapturePaymentRequest(idempotency_key="c", payment_id=held.id, amount=part)
    await scene.house.payments.CapturePayment(request, metadata=scene.house.metadata)
    yield
    await scene.later()


async def async_settlement(scene: Scene) -> AsyncIterator[None]:
    waiting = (await scene.house.create("waiting", **TEN)).payment
    yield
    intent = waiting.stripe_payment_intent_id
    confirm = {"payment_method": "pm_card_visa", "return_url": "https://shop.example"}
    await scene.house.behind_our_back(f"/v1/payment_intents/{intent}/confirm", **confirm)
    yield
    await scene.later()


async def partial_refund(scene: Scene) -> AsyncIterator[None]:
    paid = await scene.sold()
    yield
    await scene.later()
    yield
    await scene.house.refund("r", paid.id, amount=PART, **BOTH)


async def full_refund(scene: Scene) -> AsyncIterator[None]:
    paid = await scene.sold()
    yield
    await scene.later()
    yield
    await scene.house.refund("r", paid.id, **BOTH)


async def failed_refund(scene: Scene) -> AsyncIterator[None]:
    paid = await scene.sale()
    yield
    await scene.later()
    yield
    refund = await scene.house.refund("r", paid.id, amount=PART)
    yield
    await scene.house.control("POST", f"/refunds/{refund.stripe_refund_id}/fail")


async def dispute_won(scene: Scene) -> AsyncIterator[None]:
    paid = await scene.sale()
    yield
    await scene.later()
    yield
    dispute = await scene.disputed(paid)
    yield
    await scene.decide(dispute, "won", return_fee=True)


async def dispute_lost(scene: Scene) -> AsyncIterator[None]:
    paid = await scene.sale()
    await scene.later()
    yield
    dispute = await scene.disputed(paid)
    yield
    await scene.decide(dispute, "lost")


async def dispute_lost_by_a_seller(scene: Scene) -> AsyncIterator[None]:
    paid = await scene.sold()
    yield
    await scene.later()
    yield
    dispute = await scene.disputed(paid)
    yield
    await scene.decide(dispute, "lost")


async def dispute_reopened(scene: Scene) -> AsyncIterator[None]:
    paid = await scene.sale()
    await scene.later()
    dispute = await scene.disputed(paid)
    yield
    await scene.decide(dispute, "lost")
    yield
    await scene.house.control("POST", f"/disputes/{dispute}/reopen")
    yield
    await scene.decide(dispute, "won")


async def payout_paid(scene: Scene) -> AsyncIterator[None]:
    await scene.sale()
    await scene.later()
    yield
    payout = await scene.payout()
    yield
    await scene.house.control("POST", f"/payouts/{payout}/pay")


async def payout_failed_after_paid(scene: Scene) -> AsyncIterator[None]:
    async for _ in payout_paid(scene):
        yield
    yield
    (payout,) = (await scene.house.stripe("/v1/payouts"))["data"]
    await scene.house.control("POST", f"/payouts/{payout['id']}/fail", {"failure_code": "account_closed"})


async def payout_of_a_seller_failed_after_paid(scene: Scene) -> AsyncIterator[None]:
    await scene.sold()
    await scene.later()
    yield
    payout = await scene.payout(scene.account)
    yield
    await scene.house.control("POST", f"/payouts/{payout}/pay")
    yield
    await scene.house.control("POST", f"/payouts/{payout}/fail", {"failure_code": "account_closed"})


async def debit_returned(scene: Scene) -> AsyncIterator[None]:
    fields = {"confirm": True, "payment_method": "pm_usBankAccount_success"}
    debit = (await scene.house.create("debit", **TEN, **fields)).payment
    yield
    await scene.later()
    yield
    await scene.house.control("POST", f"/charges/{await charge_of(scene.house, debit)}/return", {})


async def topup(scene: Scene) -> AsyncIterator[None]:
    made = await scene.house.behind_our_back("/v1/topups", amount="20000", currency="usd")
    yield
    await scene.house.control("POST", f"/topups/{made['id']}/succeed")


async def topup_reversed(scene: Scene) -> AsyncIterator[None]:
    async for _ in topup(scene):
        yield
    yield
    (made,) = (await scene.house.stripe("/v1/topups"))["data"]
    await scene.house.control("POST", f"/topups/{made['id']}/reverse")


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow, the events whose order could matter, and its end.

    Attributes:
        play: its steps.
        events: types of events, at most six events in all; those of the connected account begin with `OF_SELLER`.
        balances: of every account of the ledger that is not zero, in minor units; `their` and `owed` are the seller's.
        states: of payments, refunds, disputes and payouts, in the order in which they were made.
        purchase: what the caller's purchase is; empty where the service was not asked for one.
    """

    play: Play
    events: tuple[str, ...]
    balances: Mapping[str, int]
    states: Mapping[str, list[str]] = field(default_factory=dict)
    purchase: str = "PAID"


PAID = ("payment_intent.succeeded", "charge.succeeded", "charge.updated")
OF_DISPUTE = ("charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.closed")
OF_REFUND = ("refund.created", "refund.updated", "refund.failed")
OF_PAYOUT = ("payout.created", "payout.paid", "payout.failed")
SALE = {"stripe:usd": 9_680, "expense:stripe_fee:usd": 320, "revenue:sales:usd": 10_000}
SOLD = {
    "stripe:usd": 680,
    "expense:stripe_fee:usd": 320,
    "revenue:platform_fee:usd": 1_000,
    "their:stripe:usd": 9_000,
    "their:fees:usd": 1_000,
    "their:earnings:usd": 10_000,
}
ONE_PAID = {"payments": ["SUCCEEDED"]}
LOST = {"expense:dispute_fee:usd": 1_500}

FLOWS = {
    "destination": Flow(
        destination,
        (*PAID, "transfer.created", "application_fee.created", OF_SELLER + "payment.created"),
        SOLD,
        ONE_PAID,
    ),
    "separate": Flow(
        separate,
        (*PAID, "transfer.created", OF_SELLER + "payment.created"),
        {
            "stripe:usd": 1_180,
            "expense:stripe_fee:usd": 320,
            "revenue:platform_fee:usd": 1_000,
            "unallocated:usd": 500,
            "their:stripe:usd": 8_500,
            "their:earnings:usd": 8_500,
        },
        ONE_PAID,
    ),
    "direct": Flow(
        direct,
        ("application_fee.created", *(OF_SELLER + name for name in PAID)),
        {
            "stripe:usd": 1_000,
            "revenue:platform_fee:usd": 1_000,
            "their:stripe:usd": 8_680,
            "their:fees:usd": 1_320,
            "their:earnings:usd": 10_000,
        },
        purchase="",
    ),
    "direct, given back in part": Flow(
        direct_and_back,
        (
            "application_fee.created",
            "application_fee.refunded",
            *(OF_SELLER + name for name in (*PAID, "refund.created")),
        ),
        {
            "stripe:usd": 600,
            "revenue:platform_fee:usd": 600,
            "their:stripe:usd": 5_080,
            "their:fees:usd": 920,
            "their:earnings:usd": 6_000,
        },
        {"payments": ["SUCCEEDED"], "refunds": ["SUCCEEDED"]},
        purchase="PARTIALLY_REFUNDED",
    ),
    "partial capture": Flow(
        partial_capture,
        (
            "payment_intent.created",
            "payment_intent.amount_capturable_updated",
            "charge.succeeded",
            "charge.captured",
            "payment_intent.succeeded",
        ),
        {"stripe:usd": 5_796, "expense:stripe_fee:usd": 204, "revenue:sales:usd": 6_000},
        ONE_PAID,
    ),
    "async settlement": Flow(async_settlement, ("payment_intent.created", *PAID), SALE, ONE_PAID),
    "partial refund": Flow(
        partial_refund,
        (
            "charge.updated",
            "refund.created",
            "charge.refunded",
            "transfer.reversed",
            "application_fee.refunded",
            OF_SELLER + "charge.refunded",
        ),
        SOLD
        | {
            "stripe:usd": 280,
            "revenue:platform_fee:usd": 600,
            "their:stripe:usd": 5_400,
            "their:fees:usd": 600,
            "their:earnings:usd": 6_000,
        },
        ONE_PAID | {"refunds": ["SUCCEEDED"]},
        "PARTIALLY_REFUNDED",
    ),
    "full refund": Flow(
        full_refund,
        (
            "charge.updated",
            "refund.created",
            "charge.refunded",
            "transfer.reversed",
            "application_fee.refunded",
            OF_SELLER + "charge.refunded",
        ),
        {"stripe:usd": -320, "expense:stripe_fee:usd": 320},
        ONE_PAID | {"refunds": ["SUCCEEDED"]},
        "REFUNDED",
    ),
    "failed refund": Flow(
        failed_refund,
        ("charge.updated", "charge.refunded", "charge.refund.updated", *OF_REFUND),
        SALE,
        ONE_PAID | {"refunds": ["FAILED"]},
    ),
    "dispute won": Flow(
        dispute_won,
        ("payment_intent.succeeded", "charge.updated", *OF_DISPUTE, "charge.dispute.funds_reinstated"),
        SALE,
        ONE_PAID | {"disputes": ["WON"]},
    ),
    "dispute lost": Flow(
        dispute_lost,
        (*PAID, *OF_DISPUTE),
        SALE | LOST | {"stripe:usd": -1_820, "expense:dispute_loss:usd": 10_000},
        ONE_PAID | {"disputes": ["LOST"]},
        "DISPUTED",
    ),
    "dispute lost by a seller": Flow(
        dispute_lost_by_a_seller,
        ("charge.updated", "transfer.created", *OF_DISPUTE, OF_SELLER + "payment.created"),
        SOLD | LOST | {"stripe:usd": -10_820, "owed:usd": 10_000},
        ONE_PAID | {"disputes": ["LOST"]},
        "DISPUTED",
    ),
    "dispute reopened": Flow(
        dispute_reopened,
        (*OF_DISPUTE, "charge.dispute.updated", "charge.dispute.funds_reinstated"),
        SALE | LOST | {"stripe:usd": 8_180},
        ONE_PAID | {"disputes": ["WON"]},
    ),
    "payout paid": Flow(
        payout_paid,
        ("payment_intent.succeeded", "charge.updated", "balance.available", "payout.created", "payout.paid"),
        SALE | {"stripe:usd": 4_680, "bank:usd": 5_000},
        ONE_PAID | {"payouts": ["PAID"]},
    ),
    "payout failed after paid": Flow(
        payout_failed_after_paid,
        ("charge.updated", "account.external_account.updated", *OF_PAYOUT),
        SALE,
        ONE_PAID | {"payouts": ["FAILED"]},
    ),
    "payout of a seller failed after paid": Flow(
        payout_of_a_seller_failed_after_paid,
        (
            "charge.updated",
            *(OF_SELLER + name for name in ("payment.created", "account.external_account.updated", *OF_PAYOUT)),
        ),
        SOLD,
        ONE_PAID | {"payouts": ["FAILED"]},
    ),
    "bank debit returned": Flow(
        debit_returned,
        (
            "payment_intent.created",
            "payment_intent.processing",
            "charge.pending",
            "charge.succeeded",
            "payment_intent.succeeded",
            "charge.failed",
        ),
        {"stripe:usd": -80, "expense:stripe_fee:usd": 80},
        ONE_PAID,
    ),
    "top-up": Flow(
        topup, ("topup.created", "topup.succeeded"), {"stripe:usd": 20_000, "bank:usd": -20_000}, purchase=""
    ),
    "top-up reversed": Flow(topup_reversed, ("topup.created", "topup.succeeded", "topup.reversed"), {}, purchase=""),
}
