"""Objects by their kind and id: only from paths on the list, and only what is on the list is kept of them."""

import pytest

from payments_service.domain.dispute.model import DisputeReason, DisputeState
from payments_service.domain.money import Money
from payments_service.domain.payout.model import PayoutState
from payments_service.domain.stripe_object.model import ObjectKey, ObjectKind
from payments_service.processors.stripe import money_objects
from payments_service.processors.stripe.objects import KEPT, request_of, snapshot

DISPUTE = {
    "id": "du_1",
    "amount": 10_000,
    "balance_transactions": [{"amount": -10_000, "currency": "usd"}],
    "charge": "ch_1",
    "created": 1_795_176_000,
    "currency": "usd",
    "livemode": False,
    "payment_intent": {"id": "pi_1"},
    "reason": "fraudulent",
    "status": "needs_response",
}
PAYOUT = {"id": "po_1", "amount": 4_600, "currency": "eur", "created": 1, "livemode": False, "status": "paid"}


def test_every_kind_can_be_asked_for() -> None:
    assert KEPT.keys() == set(ObjectKind)


def test_what_needs_its_account_in_the_path_is_read_as_the_platform() -> None:
    assert request_of(ObjectKey("acct_1", ObjectKind.PERSON, "person_1")) == (
        "/v1/accounts/acct_1/persons/person_1",
        {},
        "",
    )
    assert request_of(ObjectKey("acct_1", ObjectKind.PAYOUT, "po_1")) == (
        "/v1/payouts/po_1",
        {"expand": ["balance_transaction"]},
        "acct_1",
    )


@pytest.mark.parametrize(
    "key",
    [
        ObjectKey("", ObjectKind.PERSON, "person_1"),
        ObjectKey("", ObjectKind.CUSTOMER, "../accounts"),
        ObjectKey("", ObjectKind.CUSTOMER, ""),
        ObjectKey("acct/1", ObjectKind.CAPABILITY, "transfers"),
    ],
)
def test_an_id_that_is_none_is_never_asked_for(key: ObjectKey) -> None:
    assert request_of(key) is None


def test_only_what_is_on_the_list_is_kept() -> None:
    seen = snapshot(
        ObjectKind.CUSTOMER, {"email": "a@b.example", "delinquent": False, "livemode": True, "currency": None}
    )

    assert (seen.facts, seen.livemode) == ({"delinquent": False}, True)


@pytest.mark.parametrize(
    ("rows", "withheld"),
    [
        ([], {}),
        ([(-10_000, "usd")], {"usd": 10_000}),
        ([(-10_000, "usd"), (10_000, "usd")], {}),
        ([(-10_000, "usd"), (4_000, "usd")], {"usd": 6_000}),
    ],
)
def test_a_dispute_says_what_is_withheld(rows: list[tuple[int, str]], withheld: dict[str, int]) -> None:
    listed = [{"amount": amount, "currency": currency} for amount, currency in rows]

    seen = money_objects.dispute(DISPUTE | {"balance_transactions": listed})

    assert seen.withheld_minor == withheld
    assert (seen.intent_id, seen.state, seen.reason) == (
        "pi_1",
        DisputeState.NEEDS_RESPONSE,
        DisputeReason.FRAUDULENT,
    )


def test_words_that_are_unknown_here_are_kept_as_they_are() -> None:
    seen = money_objects.dispute(DISPUTE | {"status": "under_the_sea", "reason": "boredom"})

    assert (seen.state, seen.status) == (DisputeState.OTHER, "under_the_sea")
    assert (seen.reason, seen.stripe_reason) == (DisputeReason.OTHER, "boredom")
    assert money_objects.payout(PAYOUT | {"status": "lost_at_sea"}).state is PayoutState.OTHER


@pytest.mark.parametrize(
    ("booked", "moved"),
    [("txn_1", Money(4_600, "eur")), ({"id": "txn_1", "amount": -5_000, "currency": "usd"}, Money(5_000, "usd"))],
)
def test_what_a_payout_moves_is_what_its_balance_transaction_took(booked: object, moved: Money) -> None:
    seen = money_objects.payout(PAYOUT | {"balance_transaction": booked})

    assert (seen.moved, seen.amount, seen.balance_transaction_id) == (moved, Money(4_600, "eur"), "txn_1")
