"""The purchase and the figures after it: as tables for people, as one JSON document for programs."""

from collections.abc import Sequence
from typing import Any

from payments_api.v1 import ledger_pb2, payment_pb2
from rich.console import Console
from rich.table import Table

from payments_service.cli.purchase.amounts import display, number
from payments_service.cli.purchase.facts import Facts
from payments_service.cli.steps import Step


def print_report(console: Console, startup: Sequence[Step], steps: Sequence[Step], facts: Facts) -> None:
    """Print every table."""
    console.print()
    console.print(_steps(startup, steps))
    console.print(_purchase(facts))
    console.print(_fees(facts))
    console.print(_books(facts))
    console.print(_mirror(facts))


def print_verdict(console: Console, problems: Sequence[str]) -> None:
    """Print whether all figures are right, or which are not."""
    if not problems:
        console.print(
            "[green]Every figure is right:[/] paid, booked, balanced, and equal to Stripe's to the cent.\n",
            soft_wrap=True,
        )
        return
    console.print(f"[red]{len(problems)} of the figures {'is' if len(problems) == 1 else 'are'} off:[/]")
    for problem in problems:
        console.print(f"  - {problem}", markup=False, highlight=False, soft_wrap=True)


def as_document(
    startup: Sequence[Step], steps: Sequence[Step], facts: Facts, problems: Sequence[str]
) -> dict[str, Any]:
    """The same facts as JSON; amounts are minor units."""
    payment, purchase = facts.payment, facts.purchase
    return {
        "ok": not problems,
        "problems": list(problems),
        "startup": [_step(step) for step in startup],
        "steps": [_step(step) for step in steps],
        "payment": {
            "id": payment.id,
            "reference": payment.reference,
            "state": _state(facts),
            "amount_minor": payment.amount.amount_minor,
            "amount_captured_minor": payment.amount_captured.amount_minor,
            "currency": payment.amount.currency_code,
            "stripe_payment_intent_id": payment.stripe_payment_intent_id,
            "stripe_charge_id": payment.stripe_charge_id,
            "stripe_balance_transaction_id": payment.stripe_balance_transaction_id,
            "stripe_event_ids": list(payment.stripe_event_ids),
        },
        "purchase": {"reference": purchase.reference, "status": _status(facts)},
        "fees": [
            {
                "currency": fees.gross.currency_code,
                "gross_minor": fees.gross.amount_minor,
                "fees_minor": fees.fees.amount_minor,
                "refunded_minor": fees.refunded.amount_minor,
                "net_minor": fees.net.amount_minor,
            }
            for fees in facts.fees
        ],
        "trial_balance": {
            "lines": [
                {
                    "code": line.code,
                    "kind": _kind(line.kind),
                    "currency": line.debit.currency_code,
                    "debit_minor": line.debit.amount_minor,
                    "credit_minor": line.credit.amount_minor,
                }
                for line in facts.books.lines
            ],
            "totals": [
                {
                    "currency": total.debit.currency_code,
                    "debit_minor": total.debit.amount_minor,
                    "credit_minor": total.credit.amount_minor,
                    "difference_minor": total.difference.amount_minor,
                }
                for total in facts.books.totals
            ],
        },
        "stripe_balance": [
            {
                "currency": line.ledger.currency_code,
                "available_minor": line.stripe_available.amount_minor,
                "pending_minor": line.stripe_pending.amount_minor,
                "ledger_minor": line.ledger.amount_minor,
                "difference_minor": line.difference.amount_minor,
            }
            for line in facts.mirrors
        ],
        "stripe_balance_over_http_minor": facts.at_stripe,
        "ledger_account": {
            "code": facts.balance.code,
            "posted_minor": facts.balance.posted.amount_minor,
            "entries": facts.balance.version,
        },
    }


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
    table = _table("Purchase", facts.purchase.reference)
    table.add_row("status", _status(facts))
    table.add_row("payment", f"{payment.id} {_state(facts)}")
    table.add_row("amount captured", display(payment.amount_captured.amount_minor, payment.amount.currency_code))
    table.add_row("at Stripe", f"{payment.stripe_payment_intent_id} {payment.stripe_charge_id}")
    table.add_row("balance transaction", payment.stripe_balance_transaction_id or "-")
    table.add_row("webhooks applied", ", ".join(payment.stripe_event_ids) or "-")
    return table


def _fees(facts: Facts) -> Table:
    table = _table("Fees", right=("Gross", "Stripe's fees", "Refunded", "Net"))
    for fees in facts.fees:
        amounts = (fees.gross, fees.fees, fees.refunded, fees.net)
        currency = fees.gross.currency_code
        table.add_row(currency, *(number(amount.amount_minor, currency) for amount in amounts))
    return table


def _books(facts: Facts) -> Table:
    table = _table("Trial balance", "Kind", right=("Debit", "Credit"))
    for line in facts.books.lines:
        currency = line.debit.currency_code
        table.add_row(
            line.code,
            _kind(line.kind).lower(),
            number(line.debit.amount_minor, currency) if line.debit.amount_minor else "",
            number(line.credit.amount_minor, currency) if line.credit.amount_minor else "",
        )
    for total in facts.books.totals:
        currency = total.debit.currency_code
        table.add_section()
        debit, credit = (number(amount.amount_minor, currency) for amount in (total.debit, total.credit))
        off = total.difference.amount_minor
        table.add_row(f"total {currency}", "", debit, credit, style="bold")
        table.add_row("debit - credit", "", "", number(off, currency), style="green" if off == 0 else "red")
    return table


def _mirror(facts: Facts) -> Table:
    right = ["Ledger", "Stripe available", "Stripe pending", "Difference"]
    if facts.at_stripe is not None:
        right.append("/v1/balance")
    table = _table("Mirror", right=right)
    for line in facts.mirrors:
        currency = line.ledger.currency_code
        amounts = (line.ledger, line.stripe_available, line.stripe_pending)
        cells = [number(amount.amount_minor, currency) for amount in amounts]
        off = line.difference.amount_minor
        cells.append(f"[{'red' if off else 'green'}]{number(off, currency)}[/]")
        if facts.at_stripe is not None:
            cells.append(number(facts.at_stripe.get(currency, 0), currency))
        table.add_row(f"stripe:{currency}", *cells)
    return table


def _table(*left: str, right: Sequence[str] = ()) -> Table:
    table = Table(header_style="bold", title_justify="left")
    for name in left:
        table.add_column(name, overflow="fold")
    for name in right:
        table.add_column(name, justify="right")
    return table


def _took(step: Step) -> str:
    return f"{step.milliseconds:,.0f} ms" if step.milliseconds >= 10 else f"{step.milliseconds:.1f} ms"  # noqa: PLR2004 - below it a digit more says something


def _step(step: Step) -> dict[str, Any]:
    return {"name": step.name, "took_ms": round(step.milliseconds, 1)}


def _state(facts: Facts) -> str:
    return payment_pb2.PaymentState.Name(facts.payment.state).removeprefix("PAYMENT_STATE_")


def _status(facts: Facts) -> str:
    return payment_pb2.PurchaseStatus.Name(facts.purchase.status).removeprefix("PURCHASE_STATUS_")


def _kind(kind: ledger_pb2.LedgerAccountKind) -> str:
    return ledger_pb2.LedgerAccountKind.Name(kind).removeprefix("LEDGER_ACCOUNT_KIND_")
