"""Stripe's payment intents, refunds and accounts become our types in one place, whatever is expanded or missing."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments_service.domain.account.model import AccountSnapshot, BusinessType, Requirements
from payments_service.domain.money import Money
from payments_service.domain.payment.model import ChargeSnapshot, PaymentFailure, PaymentState
from payments_service.domain.refund.model import RefundReason, RefundSnapshot, RefundState
from payments_service.processors.stripe import parse
from tests.unit.payments_service.processors.stripe.payloads import ACCOUNT, CHARGE, INTENT, REFUND, REQUIREMENTS, T0

WORDS = st.text(max_size=20)


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def charge_of(**changes: object) -> ChargeSnapshot | None:
    """The charge of an intent whose expanded charge is changed in this way."""
    return parse.intent({**INTENT, "latest_charge": {**CHARGE, **changes}}).charge


def test_an_intent_with_its_charge_as_an_id() -> None:
    intent = parse.intent({**INTENT, "latest_charge": "ch_1"})

    assert (intent.state, intent.amount) == (PaymentState.SUCCEEDED, Money(10_000, "usd"))
    assert (intent.amount_received, intent.amount_capturable) == (10_000, 0)
    assert intent.charge == ChargeSnapshot("ch_1")
    assert intent.created == at(T0)
    assert intent.metadata["payments_payment_id"] == "pay_1"


def test_an_intent_with_its_charge_expanded() -> None:
    assert parse.intent(INTENT).charge == ChargeSnapshot(
        id="ch_1Sale",
        application_fee=1_000,
        balance_transaction_id="txn_1Sale",
        transfer_id="tr_1Share",
        application_fee_id="fee_1Cut",
    )


def test_what_is_expanded_within_the_charge_is_its_id() -> None:
    deep = {name: {"id": CHARGE[name], "amount": 1} for name in ("balance_transaction", "transfer", "application_fee")}

    assert charge_of(**deep) == charge_of()


def test_an_asynchronous_capture_has_no_balance_transaction_yet() -> None:
    nothing_yet = dict.fromkeys(("balance_transaction", "transfer", "application_fee"))

    assert charge_of(**nothing_yet) == ChargeSnapshot("ch_1Sale", 1_000)


def test_a_fee_of_zero_is_not_the_same_as_no_word_of_a_fee() -> None:
    assert charge_of(application_fee_amount=0) == ChargeSnapshot("ch_1Sale", 0, "txn_1Sale", "tr_1Share", "fee_1Cut")
    assert charge_of(application_fee_amount=None) == ChargeSnapshot(
        "ch_1Sale", None, "txn_1Sale", "tr_1Share", "fee_1Cut"
    )


@pytest.mark.parametrize("nothing", [None, "", 7, []])
def test_an_intent_without_a_charge(nothing: object) -> None:
    assert parse.intent({**INTENT, "latest_charge": nothing}).charge is None


def test_what_waits_for_capture_says_how_much() -> None:
    waiting = {**INTENT, "status": "requires_capture", "amount_received": 0, "amount_capturable": 10_000}

    intent = parse.intent(waiting)

    assert (intent.state, intent.amount_capturable) == (PaymentState.REQUIRES_CAPTURE, 10_000)


def test_a_decline_keeps_the_issuers_reason() -> None:
    error = {"type": "card_error", "code": "card_declined", "decline_code": "lost_card", "message": "No."}

    assert parse.intent({**INTENT, "last_payment_error": error}).failure == PaymentFailure(
        "card_declined", "lost_card", "No."
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [({"type": "api_error"}, "api_error"), ({}, "unknown"), ({"code": None, "type": None}, "unknown")],
)
def test_a_failure_that_says_little_still_is_one(error: dict[str, object], code: str) -> None:
    assert parse.intent({**INTENT, "last_payment_error": error}).failure == PaymentFailure(code)


def test_a_failures_message_has_an_end() -> None:
    failure = parse.intent({**INTENT, "last_payment_error": {"code": "x", "message": "m" * 1_000}}).failure

    assert failure == PaymentFailure("x", message="m" * 300)


@pytest.mark.parametrize("state", [s for s in PaymentState if s.value not in ("CREATING", "FAILED", "OTHER")])
def test_an_intents_status_is_our_state_of_the_same_name(state: PaymentState) -> None:
    assert parse.intent({**INTENT, "status": state.value.lower()}).state is state


@pytest.mark.parametrize("ours", ["creating", "failed", "other", "SUCCEEDED", ""])
def test_what_only_we_call_so_is_no_status_of_stripes(ours: str) -> None:
    assert parse.intent({**INTENT, "status": ours}).state is PaymentState.OTHER


def test_a_status_of_tomorrow_is_other_and_keeps_its_word() -> None:
    intent = parse.intent({**INTENT, "status": "requires_astrology"})

    assert (intent.state, intent.status) == (PaymentState.OTHER, "requires_astrology")


def test_the_client_secret_is_not_shown_in_logs() -> None:
    intent = parse.intent(INTENT)

    assert intent.client_secret == "pi_1Sale_secret_x"
    assert "secret_x" not in repr(intent)


def test_a_refund() -> None:
    assert parse.refund(REFUND) == RefundSnapshot(
        id="re_1Sale",
        intent_id="pi_1Sale",
        state=RefundState.SUCCEEDED,
        status="succeeded",
        amount=Money(4_000, "usd"),
        created=at(T0 + 60),
        reason=RefundReason.REQUESTED_BY_CUSTOMER,
        failure_reason="",
        balance_transaction_id="txn_1Back",
        transfer_reversal_id="trr_1Share",
        hint="rfd_1",
        metadata=REFUND["metadata"],
    )


def test_a_refund_that_failed_says_why() -> None:
    failed = {
        **REFUND,
        "status": "failed",
        "failure_reason": "expired_or_canceled_card",
        "failure_balance_transaction": "txn_1Again",
    }

    snapshot = parse.refund(failed)

    assert (snapshot.state, snapshot.failure_reason) == (RefundState.FAILED, "expired_or_canceled_card")
    assert snapshot.balance_transaction_id == "txn_1Back"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("pending", RefundState.PENDING),
        ("requires_action", RefundState.REQUIRES_ACTION),
        ("succeeded", RefundState.SUCCEEDED),
        ("failed", RefundState.FAILED),
        ("canceled", RefundState.CANCELED),
        ("SUCCEEDED", RefundState.OTHER),
        ("creating", RefundState.OTHER),
        ("", RefundState.OTHER),
        (None, RefundState.OTHER),
    ],
)
def test_a_refunds_status_is_ours_or_other_with_its_word(status: str | None, state: RefundState) -> None:
    snapshot = parse.refund({**REFUND, "status": status})

    assert (snapshot.state, snapshot.status) == (state, status or "")


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("duplicate", RefundReason.DUPLICATE),
        ("fraudulent", RefundReason.FRAUDULENT),
        ("expired_uncaptured_charge", RefundReason.UNSPECIFIED),
        (None, RefundReason.UNSPECIFIED),
    ],
)
def test_a_refunds_reason_is_ours_or_unspecified(reason: str | None, expected: RefundReason) -> None:
    assert parse.refund({**REFUND, "reason": reason}).reason is expected


def test_what_is_expanded_within_a_refund_is_its_id() -> None:
    names = ("payment_intent", "balance_transaction", "transfer_reversal", "charge")

    assert parse.refund({**REFUND, **{name: {"id": REFUND[name]} for name in names}}) == parse.refund(REFUND)


def test_an_account() -> None:
    assert parse.account(ACCOUNT) == AccountSnapshot(
        id="acct_1Seller",
        country="US",
        default_currency="usd",
        email="grace@example.com",
        business_type=BusinessType.NON_PROFIT,
        charges_enabled=False,
        payouts_enabled=True,
        transfers_enabled=True,
        details_submitted=True,
        requirements=Requirements(
            currently_due=("external_account", "individual.verification.document"),
            past_due=("external_account",),
            disabled_reason="requirements.past_due",
            current_deadline=at(T0 + 500_000),
        ),
        metadata={"payments_account_id": "acn_1", "payments_operation_id": "op_0"},
    )


@pytest.mark.parametrize(
    ("capabilities", "enabled"),
    [
        ({"transfers": "active"}, True),
        ({"transfers": "inactive"}, False),
        ({"transfers": "pending"}, False),
        ({"card_payments": "active"}, False),
        ({}, False),
        (None, False),
    ],
)
def test_only_an_active_capability_lets_an_account_be_paid(capabilities: object, enabled: bool) -> None:
    assert parse.account({**ACCOUNT, "capabilities": capabilities}).transfers_enabled is enabled


@pytest.mark.parametrize("flag", ["charges_enabled", "payouts_enabled", "details_submitted"])
def test_each_switch_of_an_account_is_read_as_itself(flag: str) -> None:
    flags = ("charges_enabled", "payouts_enabled", "details_submitted")
    snapshot = parse.account({**ACCOUNT, **dict.fromkeys(flags, False), flag: True})

    assert {name: getattr(snapshot, name) for name in flags} == {name: name == flag for name in flags}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("individual", BusinessType.INDIVIDUAL),
        ("company", BusinessType.COMPANY),
        ("government_entity", BusinessType.GOVERNMENT_ENTITY),
        ("cooperative", BusinessType.UNSPECIFIED),
        (None, BusinessType.UNSPECIFIED),
    ],
)
def test_a_business_type_is_ours_or_unspecified(word: str | None, expected: BusinessType) -> None:
    assert parse.account({**ACCOUNT, "business_type": word}).business_type is expected


def test_an_account_that_misses_nothing_has_no_deadline() -> None:
    nothing = {**REQUIREMENTS, "current_deadline": None, "currently_due": [], "past_due": [], "disabled_reason": None}

    assert parse.account({**ACCOUNT, "requirements": nothing}).requirements == Requirements()


NEEDED: dict[str, tuple[Any, dict[str, Any], set[str]]] = {
    "intent": (parse.intent, INTENT, {"id", "status", "amount", "currency", "livemode", "created"}),
    "refund": (parse.refund, REFUND, {"id", "amount", "currency", "created"}),
    "account": (parse.account, ACCOUNT, {"id"}),
}
"""What an object cannot be read without: what it is, and how much money it is about."""


@pytest.mark.parametrize("kind", NEEDED)
def test_what_is_missing_or_null_never_crashes(kind: str) -> None:
    read, body, needed = NEEDED[kind]
    bare = read({name: value for name, value in body.items() if name in needed})
    assert bare.id == body["id"]
    for name in body.keys() - needed:
        without = {key: value for key, value in body.items() if key != name}
        assert read(without) == read({**body, name: None})


@pytest.mark.parametrize("name", sorted(CHARGE.keys() - {"id"}))
def test_what_is_missing_of_a_charge_never_crashes(name: str) -> None:
    without = {key: value for key, value in CHARGE.items() if key != name}

    assert parse.intent({**INTENT, "latest_charge": without}).charge == charge_of(**{name: None})


@pytest.mark.parametrize("name", sorted(REQUIREMENTS))
def test_what_is_missing_of_the_requirements_never_crashes(name: str) -> None:
    without = {key: value for key, value in REQUIREMENTS.items() if key != name}

    with_null = parse.account({**ACCOUNT, "requirements": {**REQUIREMENTS, name: None}})
    assert parse.account({**ACCOUNT, "requirements": without}) == with_null


@given(status=WORDS, reason=WORDS, kind=WORDS)
def test_words_of_tomorrow_never_crash(status: str, reason: str, kind: str) -> None:
    intent, refund = parse.intent({**INTENT, "status": status}), parse.refund({**REFUND, "status": status})
    assert intent.status == refund.status == status
    assert intent.state in PaymentState
    assert refund.state is not RefundState.CREATING
    assert parse.refund({**REFUND, "reason": reason}).reason in RefundReason
    assert parse.account({**ACCOUNT, "business_type": kind}).business_type in BusinessType
