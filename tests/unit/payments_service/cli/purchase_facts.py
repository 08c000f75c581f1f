"""The facts of a purchase that went well, to be spoilt one by one. Imported by its full name."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from payments_api.v1 import (
    account_pb2,
    event_pb2,
    fee_pb2,
    ledger_pb2,
    money_pb2,
    payment_pb2,
    refund_pb2,
    reporting_pb2,
    reporting_service_pb2,
)

from payments_service.cli.purchase.facts import Booking, Facts

MIRROR = "stripe:usd"
SELLERS_MIRROR = "connected:acn_1:stripe:usd"
EARNINGS = "connected:acn_1:earnings:usd"
FEES = "connected:acn_1:fees:usd"
PAYABLE = "creator:acn_1:payable:usd"


def usd(amount_minor: int) -> money_pb2.Money:
    return money_pb2.Money(amount_minor=amount_minor, currency_code="usd")


def seller(**changes: Any) -> account_pb2.ConnectedAccount:
    fields: dict[str, Any] = {
        "id": "acn_1",
        "state": account_pb2.CONNECTED_ACCOUNT_STATE_ACTIVE,
        "stripe_account_id": "acct_1",
    }
    return account_pb2.ConnectedAccount(**fields | changes)


def payment(**changes: Any) -> payment_pb2.Payment:
    fields: dict[str, Any] = {
        "id": "pay_1",
        "reference": "demo-1",
        "state": payment_pb2.PAYMENT_STATE_SUCCEEDED,
        "amount": usd(10_000),
        "amount_captured": usd(10_000),
        "amount_refunded": usd(4_000),
        "stripe_payment_intent_id": "pi_1",
        "stripe_charge_id": "ch_1",
        "stripe_event_ids": ["evt_1"],
    }
    return payment_pb2.Payment(**fields | changes)


def refund(**changes: Any) -> refund_pb2.Refund:
    fields: dict[str, Any] = {"id": "rfd_1", "state": refund_pb2.REFUND_STATE_SUCCEEDED, "amount": usd(4_000)}
    return refund_pb2.Refund(**fields | changes)


def purchase(**changes: Any) -> payment_pb2.Purchase:
    fields: dict[str, Any] = {
        "reference": "demo-1",
        "status": payment_pb2.PURCHASE_STATUS_PARTIALLY_REFUNDED,
        "amount_captured": usd(10_000),
        "amount_refunded": usd(4_000),
    }
    return payment_pb2.Purchase(**fields | changes)


def fees(share: dict[str, Any] | None = None, **changes: Any) -> fee_pb2.PaymentFees:
    fields: dict[str, Any] = {
        "gross": usd(10_000),
        "fees": usd(320),
        "refunded": usd(4_000),
        "transferred": usd(6_000),
        "platform_fee": usd(600),
        "net": usd(280),
        "settled": True,
        "lines": [
            fee_pb2.FeeLine(type="stripe_fee", amount=usd(320)),
            fee_pb2.FeeLine(type="application_fee", amount=usd(1_000), of_connected_account=True),
            fee_pb2.FeeLine(type="application_fee", amount=usd(-400), of_connected_account=True),
        ],
    }
    shared = {"gross": usd(10_000), "fees": usd(600), "refunded": usd(4_000), "net": usd(5_400)} | (share or {})
    return fee_pb2.PaymentFees(**fields | {"connected_share": fee_pb2.ConnectedShare(**shared)} | changes)


def events(*missing: str) -> list[event_pb2.Event]:
    told = {"account.updated": "ACTIVE", "payment.succeeded": "SUCCEEDED", "refund.succeeded": "SUCCEEDED"}
    return [
        event_pb2.Event(type=kind, state=state, resource_id="pay_1")
        for kind, state in told.items()
        if kind not in missing
    ]


def books(debit: int = 280, *others: tuple[str, int, int]) -> reporting_service_pb2.GetTrialBalanceResponse:
    """A trial balance in which the mirror's line shows `debit`; the totals say that all is well."""
    lines = [
        (EARNINGS, 0, 6_000),
        (FEES, 600, 0),
        (SELLERS_MIRROR, 5_400, 0),
        (PAYABLE, 0, 0),
        ("expense:stripe_fee:usd", 320, 0),
        ("revenue:platform_fee:usd", 0, 600),
        (MIRROR, debit, 0),
        *others,
    ]
    total = usd(6_600 + sum(left for _, left, _ in others))
    return reporting_service_pb2.GetTrialBalanceResponse(
        lines=[
            reporting_pb2.TrialBalanceLine(
                code=code, kind=ledger_pb2.LEDGER_ACCOUNT_KIND_ASSET, debit=usd(left), credit=usd(right)
            )
            for code, left, right in lines
        ],
        totals=[reporting_pb2.TrialBalanceTotal(debit=total, credit=total, difference=usd(0))],
    )


def mirror(ledger: int = 280, pending: int = 280, difference: int = 0) -> reporting_pb2.StripeBalance:
    return reporting_pb2.StripeBalance(
        stripe_available=usd(0), stripe_pending=usd(pending), ledger=usd(ledger), difference=usd(difference)
    )


def balances(**changes: int) -> dict[str, ledger_pb2.Balance]:
    """What GetBalance gives; changes by the last but one part of the code, or `own` for the platform's mirror."""
    names = {"own": MIRROR, "stripe": SELLERS_MIRROR, "earnings": EARNINGS, "fees": FEES, "payable": PAYABLE}
    posted = {"own": 280, "stripe": 5_400, "earnings": 6_000, "fees": 600, "payable": 0} | changes
    return {
        names[name]: ledger_pb2.Balance(code=names[name], posted=usd(amount), version=1)
        for name, amount in posted.items()
    }


BOOKINGS = tuple(
    Booking(f"txn_{number}", kind, amount, fee, amount - fee, "usd", of_seller)
    for number, (kind, amount, fee, of_seller) in enumerate(
        [
            ("charge", 10_000, 320, False),
            ("transfer", -10_000, 0, False),
            ("application_fee", 1_000, 0, False),
            ("refund", -4_000, 0, False),
            ("transfer_refund", 4_000, 0, False),
            ("application_fee_refund", -400, 0, False),
            ("payment", 10_000, 1_000, True),
            ("payment_refund", -4_000, -400, True),
        ],
        start=1,
    )
)


def entries(**changes: Sequence[int]) -> dict[str, Sequence[int]]:
    """What the ledger's mirrors have for each balance transaction."""
    return {booking.id: [booking.net_minor] for booking in BOOKINGS} | changes


def right_facts(**changes: Any) -> Facts:
    facts = Facts(
        seller=seller(),
        schedule=None,
        estimate=fee_pb2.FeeEstimate(gross=usd(10_000), estimated_stripe_fee=usd(320)),
        payment=payment(),
        has_client_secret=True,
        listed=["pay_1"],
        purchase=purchase(),
        refunds=[refund()],
        fees=[fees()],
        events=events(),
        books=books(),
        mirrors=[mirror()],
        seller_mirrors=[mirror(5_400, 5_400)],
        balances=balances(),
        entries=entries(),
        bookings=BOOKINGS,
        at_stripe={"usd": 280},
        seller_at_stripe={"usd": 5_400},
    )
    return replace(facts, **changes)
