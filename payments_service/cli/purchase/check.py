"""Whether every figure after the purchase is as it must be. Sums are added up here again, not taken on trust."""

from collections import defaultdict
from collections.abc import Iterator

from payments_api.v1 import ledger_pb2, payment_pb2

from payments_service.cli.purchase.amounts import display
from payments_service.cli.purchase.facts import AMOUNT_MINOR, CURRENCY, FEE_MINOR, MIRROR, Facts


def problems(facts: Facts) -> list[str]:
    """What is wrong, a sentence each; nothing when all is right."""
    return [*_payment(facts), *_purchase(facts), *_fees(facts), *_books(facts), *_mirror(facts), *_entry(facts)]


def _payment(facts: Facts) -> Iterator[str]:
    payment = facts.payment
    if payment.state != payment_pb2.PAYMENT_STATE_SUCCEEDED:
        state = payment_pb2.PaymentState.Name(payment.state).removeprefix("PAYMENT_STATE_")
        yield f"the payment {payment.id} is {state} and not SUCCEEDED"
    if payment.amount_captured.amount_minor != AMOUNT_MINOR:
        yield f"captured is {_money(payment.amount_captured.amount_minor)} and not {_money(AMOUNT_MINOR)}"
    if not payment.stripe_event_ids:
        yield "no webhook has been applied to the payment: see the logs of gateway and worker"
    if not facts.has_client_secret:
        yield "CreatePayment gave no client secret"
    if list(facts.listed) != [payment.id]:
        yield f"ListPayments gives {', '.join(facts.listed) or 'nothing'} for the purchase and not {payment.id} alone"


def _purchase(facts: Facts) -> Iterator[str]:
    if facts.purchase.status != payment_pb2.PURCHASE_STATUS_PAID:
        status = payment_pb2.PurchaseStatus.Name(facts.purchase.status).removeprefix("PURCHASE_STATUS_")
        yield f"the purchase {facts.purchase.reference} is {status} and not PAID"


def _fees(facts: Facts) -> Iterator[str]:
    if len(facts.fees) != 1 or not facts.fees[0].settled:
        yield "the fees of the payment are not settled"
        return
    fees = facts.fees[0]
    expected = {"gross": AMOUNT_MINOR, "fees": FEE_MINOR, "refunded": 0, "net": AMOUNT_MINOR - FEE_MINOR}
    for name, amount in expected.items():
        money = getattr(fees, name)
        if (money.amount_minor, money.currency_code) != (amount, CURRENCY):
            shown = display(money.amount_minor, money.currency_code)
            yield f"the payment's {name} is {shown} and not {_money(amount)}"
    lines = sum(line.amount.amount_minor for line in fees.lines)
    if lines != fees.fees.amount_minor:
        yield f"the fee lines add up to {_money(lines)} and not to {_money(fees.fees.amount_minor)}"


def _books(facts: Facts) -> Iterator[str]:
    debited: defaultdict[str, int] = defaultdict(int)
    credited: defaultdict[str, int] = defaultdict(int)
    for line in facts.books.lines:
        debited[line.debit.currency_code] += line.debit.amount_minor
        credited[line.credit.currency_code] += line.credit.amount_minor
    if not facts.books.lines:
        yield "the trial balance is empty"
    for currency in sorted(debited.keys() | credited.keys()):
        if debited[currency] != credited[currency]:
            off = display(debited[currency] - credited[currency], currency)
            yield f"the trial balance in {currency} is off by {off}"
    totals = {total.debit.currency_code: total for total in facts.books.totals}
    for currency in sorted(totals.keys() | debited.keys()):
        said = totals.get(currency)
        if said is None or said.debit.amount_minor != debited[currency] or said.difference.amount_minor != 0:
            yield f"the totals of the trial balance in {currency} are not the sums of its lines, or not balanced"


def _mirror(facts: Facts) -> Iterator[str]:
    ledger: dict[str, int] = {}
    for line in facts.mirrors:
        currency = line.ledger.currency_code
        ledger[currency] = line.ledger.amount_minor
        stripe = line.stripe_available.amount_minor + line.stripe_pending.amount_minor
        difference = line.ledger.amount_minor - stripe
        if difference or line.difference.amount_minor:
            yield f"the ledger's mirror in {currency} is off Stripe's balance by {display(difference, currency)}"
    if CURRENCY not in ledger:
        yield f"Stripe's balance shows no {CURRENCY}"
    elif facts.balance.posted.amount_minor != ledger[CURRENCY]:
        posted = facts.balance.posted.amount_minor
        yield f"GetBalance of {MIRROR} gives {_money(posted)}, and GetStripeBalance {_money(ledger[CURRENCY])}"
    for currency, amount in (facts.at_stripe or {}).items():
        if amount != ledger.get(currency, 0):
            shown, ours = display(amount, currency), display(ledger.get(currency, 0), currency)
            yield f"Stripe's own /v1/balance gives {shown}, and the ledger's mirror is {ours}"


def _entry(facts: Facts) -> Iterator[str]:
    transaction = facts.payment.stripe_balance_transaction_id
    if not transaction:
        yield "the payment's balance transaction is not in the ledger: see the log of the worker"
        return
    found = [entry for entry in facts.entries if entry.reference == f"stripe:{transaction}"]
    net = AMOUNT_MINOR - FEE_MINOR
    if [(entry.side, entry.amount.amount_minor) for entry in found] != [(ledger_pb2.SIDE_DEBIT, net)]:
        yield f"{MIRROR} has {len(found)} entries for {transaction}, and not one debit of {_money(net)}"


def _money(amount_minor: int) -> str:
    return display(amount_minor, CURRENCY)
