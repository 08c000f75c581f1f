"""Stripe's balance transactions become ours, and say what they came out of, whatever their source."""

from datetime import UTC, datetime
from typing import Any

import pytest

from payments_service.domain.settlement.model import BalanceTransaction, FeeDetail
from payments_service.processors.stripe import parse
from tests.unit.payments_service.processors.stripe.payloads import (
    APPLICATION_FEE,
    CHARGE,
    DISPUTE,
    FEE_REFUND,
    PAYMENT,
    PAYMENT_REFUND,
    PAYOUT,
    REFUND,
    T0,
    TRANSACTION,
    TRANSFER,
    TRANSFER_REVERSAL,
    Json,
)


def parsed(source: object, account: str = "") -> BalanceTransaction:
    return parse.balance_transaction({**TRANSACTION, "source": source}, account)


def test_a_balance_transaction_with_its_source_expanded() -> None:
    assert parse.balance_transaction(TRANSACTION, "") == BalanceTransaction(
        id="txn_1Sale",
        stripe_account="",
        type="charge",
        reporting_category="charge",
        amount=10_000,
        fee=320,
        net=9_680,
        currency="usd",
        created=datetime.fromtimestamp(T0 + 1, UTC),
        available_on=datetime.fromtimestamp(T0 + 172_800, UTC),
        description="A lamp",
        fee_details=(FeeDetail("stripe_fee", 320, "Stripe processing fees"),),
        source_id="ch_1Sale",
        intent_id="pi_1Sale",
        payment_hint="pay_1",
    )


@pytest.mark.parametrize(("source", "expected"), [("ch_9", "ch_9"), (None, ""), ({}, ""), (7, "")])
def test_a_balance_transaction_with_a_bare_or_no_source(source: object, expected: str) -> None:
    row = parsed(source, "acct_1")

    assert (row.source_id, row.intent_id, row.stripe_account) == (expected, "", "acct_1")
    assert (row.parent_id, row.destination, row.reverses_transfer) == ("", "", False)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        pytest.param(CHARGE, {"intent_id": "pi_1Sale", "payment_hint": "pay_1"}, id="charge"),
        pytest.param(TRANSFER, {"parent_id": "ch_1Sale", "destination": "acct_1Seller"}, id="transfer of a charge"),
        pytest.param(
            {**TRANSFER, "source_transaction": None}, {"destination": "acct_1Seller"}, id="transfer of the balance"
        ),
        pytest.param(TRANSFER_REVERSAL, {"parent_id": "tr_1Share"}, id="reversal of a transfer"),
        pytest.param(
            APPLICATION_FEE,
            {"parent_id": "ch_1Sale", "destination": "acct_1Seller"},
            id="fee of a destination charge",
        ),
        pytest.param(
            {**APPLICATION_FEE, "originating_transaction": None, "charge": "ch_1Direct"},
            {"parent_id": "ch_1Direct", "destination": "acct_1Seller"},
            id="fee of a direct charge",
        ),
        pytest.param(FEE_REFUND, {"parent_id": "fee_1Cut"}, id="refund of a fee"),
        pytest.param(
            REFUND,
            {
                "parent_id": "ch_1Sale",
                "intent_id": "pi_1Sale",
                "payment_hint": "pay_1",
                "refund_hint": "rfd_1",
                "reverses_transfer": True,
            },
            id="refund with reversal",
        ),
        pytest.param(
            {**REFUND, "transfer_reversal": None, "metadata": {}},
            {"parent_id": "ch_1Sale", "intent_id": "pi_1Sale"},
            id="refund from the dashboard, without reversal",
        ),
        pytest.param(PAYMENT, {"parent_id": "tr_1Share"}, id="a transfer as the connected account sees it"),
        pytest.param(PAYMENT_REFUND, {"parent_id": "py_1Share"}, id="its reversal as the connected account sees it"),
        pytest.param(DISPUTE, {"parent_id": "ch_1Sale", "intent_id": "pi_1Sale"}, id="dispute"),
        pytest.param(PAYOUT, {}, id="payout, whose destination is a bank account"),
        pytest.param({"id": "zz_1", "object": "tomorrows_object", "charge": "ch_1"}, {}, id="something new"),
    ],
)
def test_a_source_says_what_it_came_out_of(source: Json, told: dict[str, object]) -> None:
    row = parsed(source)

    nothing = {
        "intent_id": "",
        "payment_hint": "",
        "refund_hint": "",
        "parent_id": "",
        "destination": "",
        "reverses_transfer": False,
    }
    assert row.source_id == source["id"]
    assert {name: getattr(row, name) for name in nothing} == {**nothing, **told}


@pytest.mark.parametrize(
    ("source", "field"),
    [
        (CHARGE, "payment_intent"),
        (TRANSFER, "source_transaction"),
        (TRANSFER, "destination"),
        (TRANSFER_REVERSAL, "transfer"),
        (APPLICATION_FEE, "originating_transaction"),
        (FEE_REFUND, "fee"),
        (REFUND, "charge"),
        (REFUND, "transfer_reversal"),
        (PAYMENT, "source_transfer"),
    ],
)
def test_what_is_expanded_within_a_source_is_its_id(source: Json, field: str) -> None:
    assert parsed({**source, field: {"id": source[field]}}) == parsed(source)


def test_the_whole_family_of_a_refunded_sale_hangs_together() -> None:
    """From every object there is a way up to the charge, across the two books."""
    family = (TRANSFER, PAYMENT, APPLICATION_FEE, FEE_REFUND, TRANSFER_REVERSAL, PAYMENT_REFUND, REFUND)
    parents = {source["id"]: parsed(source).parent_id for source in family}
    for start in parents:
        name = start
        while name in parents:
            name = parents[name]
        assert name == "ch_1Sale", start


def test_fees_keep_their_sign_and_their_taker() -> None:
    row = parse.balance_transaction(
        {
            **TRANSACTION,
            "fee_details": [
                {
                    "amount": -400,
                    "application": "ca_1",
                    "currency": "usd",
                    "description": None,
                    "type": "application_fee",
                },
                {"amount": 3, "application": None, "currency": "usd", "description": "Tax", "type": "tax"},
            ],
        },
        "acct_1",
    )

    assert row.fee_details == (FeeDetail("application_fee", -400), FeeDetail("tax", 3, "Tax"))


@pytest.mark.parametrize(("rate", "text"), [(1.08, "1.08"), ("0.925", "0.925"), (1, "1"), (None, "")])
def test_the_exchange_rate_stays_as_it_was_written(rate: object, text: str) -> None:
    assert parse.balance_transaction({**TRANSACTION, "exchange_rate": rate}, "").exchange_rate == text


NEEDED = {"id", "type", "amount", "fee", "net", "currency", "created", "available_on"}
"""What a balance transaction cannot be booked without."""


@pytest.mark.parametrize("name", sorted(TRANSACTION.keys() - NEEDED))
def test_what_is_missing_or_null_never_crashes(name: str) -> None:
    without: dict[str, Any] = {key: value for key, value in TRANSACTION.items() if key != name}

    assert parse.balance_transaction(without, "") == parse.balance_transaction({**TRANSACTION, name: None}, "")


@pytest.mark.parametrize(
    "source", [CHARGE, TRANSFER, TRANSFER_REVERSAL, APPLICATION_FEE, FEE_REFUND, REFUND, PAYMENT, PAYMENT_REFUND]
)
def test_what_is_missing_of_a_source_never_crashes(source: Json) -> None:
    for name in source:
        without = {key: value for key, value in source.items() if key != name}
        assert parsed(without) == parsed({**source, name: None})
