"""The report for people shows what was done, who has what, and whether it is right."""

import io

from payments_api.v1 import fee_pb2
from rich.console import Console

from payments_service.cli.purchase.facts import Booking
from payments_service.cli.report import print_report, print_verdict
from payments_service.cli.steps import Step
from tests.unit.payments_service.cli.purchase_facts import BOOKINGS, books, right_facts

STARTUP = [Step("sandbox", 612.3)]
STEPS = [Step("CreatePayment", 41.25), Step("GetPayment", 3.14)]


def printed(**changes: object) -> str:
    stream = io.StringIO()
    print_report(Console(file=stream, width=120), STARTUP, STEPS, right_facts(**changes))
    return stream.getvalue()


def rows(**changes: object) -> list[list[str]]:
    return [line.replace("│", " ").split() for line in printed(**changes).splitlines()]


def test_the_tables_show_each_step_with_its_time() -> None:
    text = printed()
    for cells in (("start: sandbox", "612 ms"), ("CreatePayment", "41 ms"), ("GetPayment", "3.1 ms")):
        assert any(all(cell in line for cell in cells) for line in text.splitlines())


def test_the_tables_show_status_fees_books_and_mirrors() -> None:
    found = rows()
    assert ["status", "PARTIALLY_REFUNDED"] in found
    assert ["seller", "acn_1", "ACTIVE,", "acct_1"] in found
    assert ["refund.succeeded", "SUCCEEDED", "pay_1"] in found
    assert ["platform", "100.00", "3.20", "40.00", "60.00", "6.00", "2.80"] in found
    assert ["seller", "100.00", "6.00", "40.00", "54.00"] in found
    assert ["connected:<seller>:earnings:usd", "asset", "60.00"] in found
    assert ["total", "usd", "66.00", "66.00"] in found
    assert ["debit", "-", "credit", "0.00"] in found
    assert ["stripe:usd", "2.80", "2.80", "0.00"] in found
    assert ["connected:<seller>:stripe:usd", "54.00", "54.00", "0.00"] in found


def test_each_cent_is_with_somebody() -> None:
    found = rows()
    assert ["the", "customer", "pays", "-100.00", "96.80", "3.20"] in found
    assert ["in", "the", "end", "-60.00", "2.80", "54.00", "3.20"] in found
    assert (
        "The customer has paid 60.00 usd: 54.00 is in the seller's Stripe balance, 2.80 in the platform's, 3.20 was "
        "Stripe's fee. The platform owes the seller 0.00 usd beyond that." in printed()
    )


def test_a_balance_transaction_of_an_unforeseen_kind_is_shown_with_stripes_word() -> None:
    adjustment = Booking("txn_9", "adjustment", -100, 0, -100, "usd", of_seller=False)
    found = rows(bookings=[*BOOKINGS, adjustment])
    assert ["adjustment", "-1.00"] in found
    assert ["in", "the", "end", "-60.00", "1.80", "54.00", "3.20"] in found


def test_without_any_balance_transaction_the_story_is_told_with_zeros() -> None:
    assert "The customer has paid 0.00 usd" in printed(bookings=[], balances={})


def test_accounts_of_other_sellers_are_one_line() -> None:
    others = [("connected:acn_2:stripe:usd", 5_400, 0), ("connected:acn_3:earnings:usd", 0, 5_400)]
    found = rows(books=books(280, *others))
    assert ["2", "accounts", "of", "other", "sellers", "54.00", "54.00"] in found
    assert not any("acn_2" in cell for row in found for cell in row)


def test_the_fee_schedule_is_shown_where_one_is_in_force() -> None:
    assert "no fee schedule is in force: the payment names 10.00 usd" in printed()
    schedule = fee_pb2.FeeSchedule(id="fsc_1", version=3)
    assert "schedule fsc_1, version 3: the payment names 10.00 usd" in printed(schedule=schedule)


def test_a_difference_is_shown_with_its_sign() -> None:
    assert ["stripe:usd", "2.80", "2.81", "-0.01"] in rows(at_stripe={"usd": 281})


def test_the_verdict_lists_every_problem_as_it_is() -> None:
    stream = io.StringIO()
    print_verdict(Console(file=stream, width=200), ["one [bold]thing[/]", "another"])
    assert stream.getvalue().splitlines() == ["2 of the figures are off:", "  - one [bold]thing[/]", "  - another"]
