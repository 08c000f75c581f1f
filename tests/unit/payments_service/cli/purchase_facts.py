"""The facts of a purchase that went well, to be spoilt one by one. Imported by its full name."""

from dataclasses import replace
from typing import Any

from payments_api.v1 import fee_pb2, ledger_pb2, money_pb2, payment_pb2, reporting_pb2, reporting_service_pb2

from payments_service.cli.purchase.facts import Facts


def usd(amount_minor: int) -> money_pb2.Money:
    return money_pb2.Money(amount_minor=amount_minor, currency_code="usd")


def payment(**changes: Any) -> payment_pb2.Payment:
    fields: dict[str, Any] = {
        "id": "pay_1",
        "reference": "demo-1",
        "state": payment_pb2.PAYMENT_STATE_SUCCEEDED,
        "amount": usd(2_500),
        "amount_captured": usd(2_500),
        "stripe_payment_intent_id": "pi_1",
        "stripe_charge_id": "ch_1",
        "stripe_balance_transaction_id": "txn_1",
        "stripe_event_ids": ["evt_1"],
    }
    return payment_pb2.Payment(**fields | changes)


def fees(gross: int = 2_500, fee: int = 103, net: int = 2_397, *, settled: bool = True) -> fee_pb2.PaymentFees:
    line = fee_pb2.FeeLine(type="stripe_fee", amount=usd(103))
    return fee_pb2.PaymentFees(
        gross=usd(gross), fees=usd(fee), refunded=usd(0), net=usd(net), lines=[line], settled=settled
    )


def books(debit: int = 2_397) -> reporting_service_pb2.GetTrialBalanceResponse:
    """A trial balance in which the mirror's line shows `debit`; the totals say that all is well."""
    lines = [("expense:stripe_fee:usd", 103, 0), ("revenue:sales:usd", 0, 2_500), ("stripe:usd", debit, 0)]
    return reporting_service_pb2.GetTrialBalanceResponse(
        lines=[
            reporting_pb2.TrialBalanceLine(
                code=code, kind=ledger_pb2.LEDGER_ACCOUNT_KIND_ASSET, debit=usd(left), credit=usd(right)
            )
            for code, left, right in lines
        ],
        totals=[reporting_pb2.TrialBalanceTotal(debit=usd(2_500), credit=usd(2_500), difference=usd(0))],
    )


def mirror(ledger: int = 2_397, pending: int = 2_397, difference: int = 0) -> reporting_pb2.StripeBalance:
    return reporting_pb2.StripeBalance(
        stripe_available=usd(0), stripe_pending=usd(pending), ledger=usd(ledger), difference=usd(difference)
    )


def entry(amount: int = 2_397, side: ledger_pb2.Side = ledger_pb2.SIDE_DEBIT) -> ledger_pb2.Entry:
    return ledger_pb2.Entry(reference="stripe:txn_1", side=side, amount=usd(amount))


def right_facts(**changes: Any) -> Facts:
    facts = Facts(
        payment=payment(),
        has_client_secret=True,
        listed=["pay_1"],
        purchase=payment_pb2.Purchase(reference="demo-1", status=payment_pb2.PURCHASE_STATUS_PAID),
        fees=[fees()],
        books=books(),
        mirrors=[mirror()],
        balance=ledger_pb2.Balance(code="stripe:usd", posted=usd(2_397), version=1),
        entries=[entry()],
        at_stripe={"usd": 2_397},
    )
    return replace(facts, **changes)
