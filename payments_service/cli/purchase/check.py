"""Whether every figure after the purchase is as it must be. Sums are added up here again, not taken on trust."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from payments_api.v1 import account_pb2, event_pb2, payment_pb2, refund_pb2, reporting_pb2

from payments_service.cli.purchase.amounts import display
from payments_service.cli.purchase.facts import (
    AMOUNT_MINOR,
    CURRENCY,
    EXPECTED_EVENTS,
    KEPT_FEE_MINOR,
    MIRROR,
    PLATFORM_LEFT_MINOR,
    REFUND_MINOR,
    SELLER_LEFT_MINOR,
    STRIPE_FEE_MINOR,
    Facts,
    seller_codes,
)
from payments_service.cli.purchase.names import account_state, payment_state, purchase_status

_PURCHASE_FEES = {
    "gross": AMOUNT_MINOR,
    "fees": STRIPE_FEE_MINOR,
    "refunded": REFUND_MINOR,
    "transferred": AMOUNT_MINOR - REFUND_MINOR,
    "platform_fee": KEPT_FEE_MINOR,
    "net": PLATFORM_LEFT_MINOR,
}
_SELLERS_SHARE = {"gross": AMOUNT_MINOR, "fees": KEPT_FEE_MINOR, "refunded": REFUND_MINOR, "net": SELLER_LEFT_MINOR}
_SELLERS_BOOK = {
    "mirror": SELLER_LEFT_MINOR,
    "earnings": AMOUNT_MINOR - REFUND_MINOR,
    "fees": KEPT_FEE_MINOR,
    "payable": 0,
}


def problems(facts: Facts) -> list[str]:
    """What is wrong, a sentence each; nothing when all is right."""
    return [
        *_resources(facts),
        *_fees(facts),
        *_books(facts),
        *_mirrors(facts),
        *_seller(facts),
        *_bookings(facts),
        *(f"PullEvents gave no {missing}" for missing in missing_events(facts.events)),
    ]


def missing_events(events: Sequence[event_pb2.Event]) -> list[str]:
    """Which of the expected events are not there."""
    told = {(event.type, event.state) for event in events}
    return [f"{kind} {state}" for kind, state in EXPECTED_EVENTS if (kind, state) not in told]


def _resources(facts: Facts) -> Iterator[str]:
    """What the seller, the payment, its refund and the purchase say of themselves."""
    payment, purchase = facts.payment, facts.purchase
    if facts.seller.state != account_pb2.CONNECTED_ACCOUNT_STATE_ACTIVE:
        yield f"the seller {facts.seller.id} is {account_state(facts.seller)} and not ACTIVE"
    if payment.state != payment_pb2.PAYMENT_STATE_SUCCEEDED:
        yield f"the payment {payment.id} is {payment_state(payment)} and not SUCCEEDED"
    for whose in (payment, purchase):
        said = f"the {'payment' if whose is payment else 'purchase'}'s"
        yield from _unless(f"{said} captured amount", whose.amount_captured.amount_minor, AMOUNT_MINOR)
        yield from _unless(f"{said} refunded amount", whose.amount_refunded.amount_minor, REFUND_MINOR)
    if not payment.stripe_event_ids:
        yield "no webhook has been applied to the payment: see the logs of gateway and worker"
    if not facts.has_client_secret:
        yield "CreatePayment gave no client secret"
    if list(facts.listed) != [payment.id]:
        yield f"ListPayments gives {', '.join(facts.listed) or 'nothing'} for the purchase and not {payment.id} alone"
    if purchase.status != payment_pb2.PURCHASE_STATUS_PARTIALLY_REFUNDED:
        yield f"the purchase {purchase.reference} is {purchase_status(purchase)} and not PARTIALLY_REFUNDED"
    refunded = [(refund.state, refund.amount.amount_minor) for refund in facts.refunds]
    if refunded != [(refund_pb2.REFUND_STATE_SUCCEEDED, REFUND_MINOR)]:
        yield f"ListRefunds gives {len(refunded)} refunds, and not one of {_money(REFUND_MINOR)} that SUCCEEDED"


def _fees(facts: Facts) -> Iterator[str]:
    if len(facts.fees) != 1 or not facts.fees[0].settled:
        yield "the fees of the payment are not settled"
        return
    fees = facts.fees[0]
    for name, amount in _PURCHASE_FEES.items():
        yield from _unless(f"GetPaymentFees: {name}", getattr(fees, name).amount_minor, amount)
    for name, amount in _SELLERS_SHARE.items():
        yield from _unless(
            f"GetPaymentFees: connected_share.{name}", getattr(fees.connected_share, name).amount_minor, amount
        )
    for of_seller, total in ((False, fees.fees), (True, fees.connected_share.fees)):
        lines = sum(line.amount.amount_minor for line in fees.lines if line.of_connected_account is of_seller)
        if lines != total.amount_minor:
            whose = "seller's" if of_seller else "platform's"
            yield f"the {whose} fee lines add up to {_money(lines)} and not to {_money(total.amount_minor)}"


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


def _mirrors(facts: Facts) -> Iterator[str]:
    """The platform's balance, with other purchases' money in it too, and the seller's, with this purchase's alone."""
    yield from _mirror("the platform's mirror", facts.mirrors, facts.at_stripe)
    yield from _mirror("the seller's mirror", facts.seller_mirrors, facts.seller_at_stripe)
    posted = facts.balances[MIRROR].posted.amount_minor if MIRROR in facts.balances else 0
    yield from _unless(f"the balance of {MIRROR}", posted, _in_ledger(facts.mirrors).get(CURRENCY, 0))


def _mirror(whose: str, mirrors: Sequence[reporting_pb2.StripeBalance], at_stripe: Mapping[str, int]) -> Iterator[str]:
    for line in mirrors:
        stripe = line.stripe_available.amount_minor + line.stripe_pending.amount_minor
        difference = line.ledger.amount_minor - stripe
        if difference or line.difference.amount_minor:
            yield f"{whose} is off Stripe's balance by {display(difference, line.ledger.currency_code)}"
    ledger = _in_ledger(mirrors)
    if CURRENCY not in ledger:
        yield f"{whose} shows no {CURRENCY}"
    for currency, amount in at_stripe.items():
        if amount != ledger.get(currency, 0):
            shown, ours = display(amount, currency), display(ledger.get(currency, 0), currency)
            yield f"Stripe's own /v1/balance gives {shown}, and {whose} is {ours}"


def _in_ledger(mirrors: Sequence[reporting_pb2.StripeBalance]) -> dict[str, int]:
    return {line.ledger.currency_code: line.ledger.amount_minor for line in mirrors}


def _seller(facts: Facts) -> Iterator[str]:
    """The seller's book, in which there is nothing but this purchase."""
    for name, code in seller_codes(facts.seller.id).items():
        found = facts.balances.get(code)
        if found is None:
            yield f"the ledger has no account {code}"
        else:
            yield from _unless(f"the balance of {code}", found.posted.amount_minor, _SELLERS_BOOK[name])
    yield from _unless("the seller's balance at Stripe", facts.seller_at_stripe.get(CURRENCY, 0), SELLER_LEFT_MINOR)


def _bookings(facts: Facts) -> Iterator[str]:
    """Stripe's own balance transactions, each of which must be in the ledger's mirror once, to the cent."""
    for booking in facts.bookings:
        entries = list(facts.entries.get(booking.id, ()))
        if entries != [booking.net_minor]:
            booked = ", ".join(display(amount, booking.currency) for amount in entries) or "nothing"
            net = display(booking.net_minor, booking.currency)
            yield f"the ledger's mirror has {booked} for Stripe's {booking.type} {booking.id} of {net}"
    for of_seller, left in ((False, PLATFORM_LEFT_MINOR), (True, SELLER_LEFT_MINOR)):
        nets = sum(booking.net_minor for booking in facts.bookings if booking.of_seller is of_seller)
        whose = "seller's" if of_seller else "platform's"
        yield from _unless(f"what Stripe booked in the {whose} balance", nets, left)


def _unless(what: str, amount_minor: int, expected_minor: int) -> Iterator[str]:
    if amount_minor != expected_minor:
        yield f"{what} is {_money(amount_minor)} and not {_money(expected_minor)}"


def _money(amount_minor: int) -> str:
    return display(amount_minor, CURRENCY)
