"""The document for programs says the same as the tables, in minor units."""

import json

from payments_service.cli.document import as_document
from payments_service.cli.steps import Step
from tests.unit.payments_service.cli.purchase_facts import PAYABLE, right_facts

STEPS = [Step("CreatePayment", 41.25)]


def test_it_is_json_in_minor_units() -> None:
    document = json.loads(json.dumps(as_document([], STEPS, right_facts(), [])))
    assert document["ok"] is True
    assert document["steps"] == [{"name": "CreatePayment", "took_ms": 41.2}]
    assert document["purchase"]["status"] == "PARTIALLY_REFUNDED"
    assert document["refunds"][0]["amount_minor"] == 4_000
    assert document["fees"][0]["net_minor"] == 280
    assert document["fees"][0]["seller"]["net_minor"] == 5_400
    assert document["trial_balance"]["totals"] == [
        {"currency": "usd", "debit_minor": 6_600, "credit_minor": 6_600, "difference_minor": 0}
    ]
    assert document["stripe_balance"][0]["difference_minor"] == 0
    assert {"code": PAYABLE, "posted_minor": 0, "entries": 1} in document["ledger_accounts"]


def test_each_balance_transaction_stands_beside_what_the_ledger_has_of_it() -> None:
    document = as_document([], STEPS, right_facts(), [])
    assert document["balance_transactions"][0] == {
        "id": "txn_1",
        "type": "charge",
        "amount_minor": 10_000,
        "fee_minor": 320,
        "net_minor": 9_680,
        "currency": "usd",
        "of_seller": False,
        "ledger_minor": [9_680],
    }


def test_it_names_what_is_off() -> None:
    document = as_document([], STEPS, right_facts(), ["the purchase is PENDING"])
    assert (document["ok"], document["problems"]) == (False, ["the purchase is PENDING"])
