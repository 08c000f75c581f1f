"""Every figure that may be off after a purchase is found, and named."""

from typing import Any

import pytest
from payments_api.v1 import ledger_pb2, payment_pb2

from payments_service.cli.purchase.check import problems
from tests.unit.payments_service.cli.purchase_facts import (
    books,
    entry,
    fees,
    mirror,
    payment,
    right_facts,
    usd,
)


def test_a_purchase_that_went_well_has_no_problems() -> None:
    assert problems(right_facts()) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"payment": payment(state=payment_pb2.PAYMENT_STATE_PROCESSING)}, "pay_1 is PROCESSING and not SUCCEEDED"),
        ({"payment": payment(amount_captured=usd(2_499))}, "captured is 24.99 usd and not 25.00 usd"),
        ({"payment": payment(stripe_event_ids=[])}, "no webhook has been applied"),
        ({"has_client_secret": False}, "no client secret"),
        ({"listed": ["pay_1", "pay_2"]}, "ListPayments gives pay_1, pay_2"),
        (
            {"purchase": payment_pb2.Purchase(reference="demo-1", status=payment_pb2.PURCHASE_STATUS_PENDING)},
            "demo-1 is PENDING and not PAID",
        ),
        ({"fees": []}, "not settled"),
        ({"fees": [fees(settled=False)]}, "not settled"),
        ({"fees": [fees(gross=2_600)]}, "gross is 26.00 usd and not 25.00 usd"),
        ({"fees": [fees(net=2_396)]}, "net is 23.96 usd and not 23.97 usd"),
        ({"fees": [fees(fee=104)]}, "fee lines add up to 1.03 usd and not to 1.04 usd"),
        ({"books": books(debit=2_398)}, "trial balance in usd is off by 0.01 usd"),
        ({"mirrors": [mirror(pending=2_396)]}, "off Stripe's balance by 0.01 usd"),
        ({"mirrors": [mirror(difference=-1)]}, "off Stripe's balance"),
        ({"mirrors": []}, "shows no usd"),
        ({"balance": ledger_pb2.Balance(posted=usd(1))}, "GetBalance of stripe:usd gives 0.01 usd"),
        ({"at_stripe": {"usd": 2_397, "eur": 5}}, "/v1/balance gives 0.05 eur, and the ledger's mirror is 0.00 eur"),
        ({"at_stripe": {"usd": 2_400}}, "/v1/balance gives 24.00 usd"),
        ({"payment": payment(stripe_balance_transaction_id="")}, "not in the ledger"),
        ({"entries": []}, "0 entries for txn_1"),
        ({"entries": [entry(), entry()]}, "2 entries for txn_1"),
        ({"entries": [entry(side=ledger_pb2.SIDE_CREDIT)]}, "not one debit of 23.97 usd"),
    ],
)
def test_a_figure_that_is_off_is_named(change: dict[str, Any], words: str) -> None:
    assert any(words in problem for problem in problems(right_facts(**change)))


def test_totals_that_are_not_the_sums_of_their_lines_are_found_although_they_balance() -> None:
    wrong = books()
    wrong.totals[0].debit.amount_minor = wrong.totals[0].credit.amount_minor = 2_501
    assert problems(right_facts(books=wrong)) == [
        "the totals of the trial balance in usd are not the sums of its lines, or not balanced"
    ]


def test_without_leave_to_ask_stripe_directly_the_rest_is_still_checked() -> None:
    assert problems(right_facts(at_stripe=None)) == []
    assert problems(right_facts(at_stripe=None, mirrors=[mirror(ledger=1)])) != []
