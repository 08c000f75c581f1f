"""The purchase and the figures after it as tables for people."""

from collections.abc import Sequence

from payments_api.v1 import money_pb2, reporting_pb2
from rich.console import Console
from rich.table import Table

from payments_service.cli.purchase.amounts import display, number
from payments_service.cli.purchase.facts import CURRENCY, PLATFORM_FEE_MINOR, Booking, Facts, seller_codes
from payments_service.cli.purchase.names import (
    account_kind,
    account_state,
    payment_state,
    purchase_status,
    refund_state,
)
from payments_service.cli.steps import Step

_WORDS = {
    "charge": "the customer pays",
    "transfer": "the platform passes it on",
    "payment": "the seller gets it, less the fee",
    "application_fee": "the platform gets the fee",
    "refund": "a part goes back to the customer",
    "transfer_refund": "the platform takes it back",
    "payment_refund": "the seller gives it, less the fee",
    "application_fee_refund": "the platform gives back that fee",
}
"""Stripe's balance transactions of such a purchase, in the order of the story."""


def print_report(console: Console, startup: Sequence[Step], steps: Sequence[Step], facts: Facts) -> None:
    """Print every table."""
    console.print()
    console.print(_steps(startup, steps))
    console.print(_purchase(facts))
    console.print(_events(facts))
    console.print(_cents(facts))
    console.print(_story(facts), soft_wrap=True)
    console.print(_fees(facts))
    console.print(_books(facts))
    console.print(_mirrors(facts))


def print_verdict(console: Console, problems: Sequence[str]) -> None:
    """Print whether all figures are right, or which are not."""
    if not problems:
        console.print(
            "[green]Every figure is right:[/] paid, shared, refunded, booked, balanced, and equal to Stripe's to the "
            "cent.\n",
            soft_wrap=True,
        )
        return
    console.print(f"[red]{len(problems)} of the figures {'is' if len(problems) == 1 else 'are'} off:[/]")
    for problem in problems:
        console.print(f"  - {problem}", markup=False, highlight=False, soft_wrap=True)


def _steps(startup: Sequence[Step], steps: Sequence[Step]) -> Table:
    table = _table("Step", right=("Took",))
    for step in startup:
        table.add_row(f"start: {step.name}", _took(step))
    if startup:
        table.add_section()
    for step in steps:
        table.add_row(step.name, _took(step))
    return table


def _purchase(facts: Facts) -> Table:
    payment = facts.payment
    fee = display(PLATFORM_FEE_MINOR, CURRENCY)
    schedule = facts.schedule
    rule = f"schedule {schedule.id}, version {schedule.version}" if schedule else "no fee schedule is in force"
    estimate = facts.estimate
    stripes = _display(estimate.estimated_stripe_fee) if estimate.HasField("estimated_stripe_fee") else "unknown"
    table = _table("Purchase", facts.purchase.reference)
    table.add_row("status", purchase_status(facts.purchase))
    table.add_row("seller", f"{facts.seller.id} {account_state(facts.seller)}, {facts.seller.stripe_account_id}")
    table.add_row("fees beforehand", f"Stripe's about {stripes}; {rule}: the payment names {fee}")
    table.add_row("payment", f"{payment.id} {payment_state(payment)}, {_display(payment.amount_captured)}")
    table.add_row("at Stripe", f"{payment.stripe_payment_intent_id} {payment.stripe_charge_id}")
    for refund in facts.refunds:
        table.add_row("refund", f"{refund.id} {refund_state(refund)}, {_display(refund.amount)}")
        table.add_row("at Stripe", f"{refund.stripe_refund_id} {refund.stripe_transfer_reversal_id}")
    table.add_row("webhooks applied", f"{len(payment.stripe_event_ids)} to the payment")
    return table


def _events(facts: Facts) -> Table:
    table = _table("Events for other backends", "State", "Of")
    for event in facts.events:
        table.add_row(event.type, event.state, event.resource_id)
    return table


def _cents(facts: Facts) -> Table:
    """Every balance transaction at Stripe with what each party has of it: the last line adds up to zero."""
    parties = ("Customer", "Platform", "Seller", "Stripe")
    table = _table("Where each cent is", right=parties)
    told = list(_WORDS)
    left = [0] * len(parties)
    for booking in sorted(facts.bookings, key=lambda booking: _place(told, booking.type)):
        shares = _shares(booking)
        left = [sum(pair) for pair in zip(left, shares, strict=True)]
        cells = (number(share, booking.currency) if share else "" for share in shares)
        table.add_row(_WORDS.get(booking.type, booking.type), *cells)
    table.add_section()
    table.add_row("in the end", *(number(amount, CURRENCY) for amount in left), style="bold")
    return table


def _place(told: Sequence[str], kind: str) -> int:
    return told.index(kind) if kind in told else len(told)


def _shares(booking: Booking) -> tuple[int, int, int, int]:
    """What the customer, the platform, the seller and Stripe have of a balance transaction."""
    if booking.of_seller:
        return 0, 0, booking.net_minor, 0
    customers = -booking.amount_minor if booking.type in {"charge", "refund"} else 0
    return customers, booking.net_minor, 0, booking.fee_minor


def _story(facts: Facts) -> str:
    """The same in a sentence."""
    shares = [_shares(booking) for booking in facts.bookings]
    paid, kept, sold, fee = (number(abs(sum(share[party] for share in shares)), CURRENCY) for party in range(4))
    payable = facts.balances.get(seller_codes(facts.seller.id)["payable"])
    owed = _display(payable.posted) if payable else "nothing"
    return (
        f"The customer has paid {paid} {CURRENCY}: {sold} is in the seller's Stripe balance, {kept} in the platform's, "
        f"{fee} was Stripe's fee. The platform owes the seller {owed} beyond that.\n"
    )


def _fees(facts: Facts) -> Table:
    table = _table("Fees", right=("Gross", "Fees", "Refunded", "Transferred", "Platform fee", "Net"))
    for fees in facts.fees:
        share = fees.connected_share
        table.add_row(
            "platform", *_numbers(fees.gross, fees.fees, fees.refunded, fees.transferred, fees.platform_fee, fees.net)
        )
        seller = _numbers(share.gross, share.fees, share.refunded, share.net)
        table.add_row("seller", *seller[:3], "", "", seller[3])
    return table


def _books(facts: Facts) -> Table:
    """The platform's accounts and this seller's one by one; those of other sellers in one line a currency."""
    table = _table("Trial balance", "Kind", right=("Debit", "Credit"))
    others: dict[str, list[reporting_pb2.TrialBalanceLine]] = {}
    for line in facts.books.lines:
        if "acn_" in line.code and facts.seller.id not in line.code:
            others.setdefault(line.debit.currency_code, []).append(line)
        else:
            table.add_row(_code(facts, line.code), account_kind(line.kind).lower(), *_sides(line.debit, line.credit))
    for currency, lines in others.items():
        debit = sum(line.debit.amount_minor for line in lines)
        credit = sum(line.credit.amount_minor for line in lines)
        sides = (number(amount, currency) if amount else "" for amount in (debit, credit))
        table.add_row(f"{len(lines)} accounts of other sellers", "", *sides)
    for total in facts.books.totals:
        currency = total.debit.currency_code
        off = total.difference.amount_minor
        table.add_section()
        table.add_row(f"total {currency}", "", *_numbers(total.debit, total.credit), style="bold")
        table.add_row("debit - credit", "", "", number(off, currency), style="green" if off == 0 else "red")
    return table


def _mirrors(facts: Facts) -> Table:
    table = _table("Mirror of a Stripe balance", right=("Ledger", "Stripe's own", "Difference"))
    for prefix, mirrors, at_stripe in (
        ("", facts.mirrors, facts.at_stripe),
        ("connected:<seller>:", facts.seller_mirrors, facts.seller_at_stripe),
    ):
        for line in mirrors:
            currency, ledger = line.ledger.currency_code, line.ledger.amount_minor
            stripes = at_stripe.get(currency, 0)
            off = ledger - stripes
            difference = f"[{'red' if off else 'green'}]{number(off, currency)}[/]"
            table.add_row(f"{prefix}stripe:{currency}", number(ledger, currency), number(stripes, currency), difference)
    return table


def _table(*left: str, right: Sequence[str] = ()) -> Table:
    table = Table(header_style="bold", title_justify="left")
    for name in left:
        table.add_column(name, overflow="fold")
    for name in right:
        table.add_column(name, justify="right")
    return table


def _code(facts: Facts, code: str) -> str:
    """An account's code without the seller's id, which is long and is shown with the purchase."""
    return code.replace(facts.seller.id, "<seller>")


def _took(step: Step) -> str:
    return f"{step.milliseconds:,.0f} ms" if step.milliseconds >= 10 else f"{step.milliseconds:.1f} ms"  # noqa: PLR2004 - below it a digit more says something


def _display(money: money_pb2.Money) -> str:
    return display(money.amount_minor, money.currency_code)


def _numbers(*amounts: money_pb2.Money) -> list[str]:
    return [number(money.amount_minor, money.currency_code) for money in amounts]


def _sides(*amounts: money_pb2.Money) -> list[str]:
    """As `_numbers`, with nothing for zero."""
    return [number(money.amount_minor, money.currency_code) if money.amount_minor else "" for money in amounts]
