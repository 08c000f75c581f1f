"""The report for people and for programs shows the same facts."""

import io
import json

from rich.console import Console

from payments_service.cli.report import as_document, print_report, print_verdict
from payments_service.cli.steps import Step
from tests.unit.payments_service.cli.purchase_facts import mirror, right_facts

STARTUP = [Step("sandbox", 612.3)]
STEPS = [Step("CreatePayment", 41.25), Step("GetPayment", 3.14)]


def printed(*, width: int = 100, **changes: object) -> str:
    stream = io.StringIO()
    print_report(Console(file=stream, width=width), STARTUP, STEPS, right_facts(**changes))
    return stream.getvalue()


def test_the_tables_show_each_step_with_its_time() -> None:
    text = printed()
    for cells in (("start: sandbox", "612 ms"), ("CreatePayment", "41 ms"), ("GetPayment", "3.1 ms")):
        assert any(all(cell in line for cell in cells) for line in text.splitlines())


def test_the_tables_show_status_fees_books_and_mirror() -> None:
    rows = [line.replace("│", " ").split() for line in printed().splitlines()]
    assert ["status", "PAID"] in rows
    assert ["usd", "25.00", "1.03", "0.00", "23.97"] in rows
    assert ["total", "usd", "25.00", "25.00"] in rows
    assert ["debit", "-", "credit", "0.00"] in rows
    assert ["stripe:usd", "23.97", "0.00", "23.97", "0.00", "23.97"] in rows


def test_a_difference_is_shown_with_its_sign() -> None:
    assert "-0.01" in printed(mirrors=[mirror(ledger=2_396, difference=-1)])


def test_the_document_is_json_in_minor_units() -> None:
    document = json.loads(json.dumps(as_document(STARTUP, STEPS, right_facts(), [])))
    assert document["ok"] is True
    assert document["steps"][0] == {"name": "CreatePayment", "took_ms": 41.2}
    assert document["fees"][0]["net_minor"] == 2_397
    assert document["trial_balance"]["totals"] == [
        {"currency": "usd", "debit_minor": 2_500, "credit_minor": 2_500, "difference_minor": 0}
    ]
    assert document["stripe_balance"][0]["difference_minor"] == 0


def test_the_document_names_what_is_off() -> None:
    document = as_document(STARTUP, STEPS, right_facts(), ["the purchase is PENDING"])
    assert (document["ok"], document["problems"]) == (False, ["the purchase is PENDING"])


def test_the_verdict_lists_every_problem_as_it_is() -> None:
    stream = io.StringIO()
    print_verdict(Console(file=stream, width=200), ["one [bold]thing[/]", "another"])
    assert stream.getvalue().splitlines() == ["2 of the figures are off:", "  - one [bold]thing[/]", "  - another"]
