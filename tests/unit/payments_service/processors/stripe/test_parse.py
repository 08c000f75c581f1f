"""Stripe's JSON becomes our types in one place, whatever is expanded and whatever is missing."""

from datetime import UTC, datetime
from typing import Any

import pytest

from payments_service.domain.money import Money
from payments_service.domain.payment.model import ChargeSnapshot, PaymentFailure, PaymentState
from payments_service.domain.settlement.model import FeeDetail
from payments_service.processors.stripe import parse

INTENT: dict[str, Any] = {
    "id": "pi_1",
    "object": "payment_intent",
    "status": "succeeded",
    "amount": 2500,
    "amount_received": 2500,
    "currency": "usd",
    "livemode": False,
    "created": 1_795_000_000,
    "metadata": {"payments_payment_id": "pay_1"},
    "latest_charge": "ch_1",
    "last_payment_error": None,
    "client_secret": "pi_1_secret_x",
}
TRANSACTION: dict[str, Any] = {
    "id": "txn_1",
    "object": "balance_transaction",
    "type": "charge",
    "reporting_category": "charge",
    "amount": 10_000,
    "fee": 320,
    "net": 9_680,
    "currency": "usd",
    "created": 1_795_000_000,
    "available_on": 1_795_100_000,
    "description": None,
    "exchange_rate": None,
    "fee_details": [{"type": "stripe_fee", "amount": 320, "currency": "usd", "description": "Stripe processing fees"}],
    "source": {"id": "ch_1", "payment_intent": "pi_1", "metadata": {"payments_payment_id": "pay_1"}},
}


def test_an_intent_with_its_charge_as_an_id() -> None:
    intent = parse.intent(INTENT)

    assert (intent.state, intent.amount, intent.amount_received) == (PaymentState.SUCCEEDED, Money(2500, "usd"), 2500)
    assert intent.charge == ChargeSnapshot("ch_1", 0)
    assert intent.created == datetime.fromtimestamp(1_795_000_000, UTC)


@pytest.mark.parametrize("transaction", ["txn_1", {"id": "txn_1", "amount": 1}])
def test_an_intent_with_its_charge_expanded(transaction: object) -> None:
    charge = {"id": "ch_1", "amount_refunded": 100, "balance_transaction": transaction}

    assert parse.intent({**INTENT, "latest_charge": charge}).charge == ChargeSnapshot("ch_1", 100, "txn_1")


def test_an_asynchronous_capture_has_no_balance_transaction_yet() -> None:
    charge = {"id": "ch_1", "amount_refunded": 0, "balance_transaction": None}

    assert parse.intent({**INTENT, "latest_charge": charge}).charge == ChargeSnapshot("ch_1", 0, "")


def test_a_decline_keeps_the_issuers_reason() -> None:
    error = {"type": "card_error", "code": "card_declined", "decline_code": "lost_card", "message": "No."}

    assert parse.intent({**INTENT, "last_payment_error": error}).failure == PaymentFailure(
        "card_declined", "lost_card", "No."
    )


def test_a_status_of_tomorrow_is_other_and_keeps_its_word() -> None:
    intent = parse.intent({**INTENT, "status": "requires_astrology"})

    assert (intent.state, intent.status) == (PaymentState.OTHER, "requires_astrology")


def test_the_client_secret_is_not_shown_in_logs() -> None:
    assert "secret_x" not in repr(parse.intent(INTENT))


def test_a_balance_transaction_with_its_source_expanded() -> None:
    row = parse.balance_transaction(TRANSACTION, "")

    assert (row.amount, row.fee, row.net, row.currency) == (10_000, 320, 9_680, "usd")
    assert row.fee_details == (FeeDetail("stripe_fee", 320, "Stripe processing fees"),)
    assert (row.source_id, row.intent_id, row.payment_hint) == ("ch_1", "pi_1", "pay_1")


@pytest.mark.parametrize(("source", "expected"), [("ch_9", "ch_9"), (None, "")])
def test_a_balance_transaction_with_a_bare_or_no_source(source: object, expected: str) -> None:
    row = parse.balance_transaction({**TRANSACTION, "source": source}, "acct_1")

    assert (row.source_id, row.intent_id, row.stripe_account) == (expected, "", "acct_1")
