"""What Stripe is asked for: exactly these parameters, and not one more."""

from dataclasses import replace
from typing import Any

import pytest

from payments_service.application.operations.model import StripeCall
from payments_service.application.stripe import CreateIntent, CreateStripeAccount
from payments_service.domain.account.model import BusinessType, ConnectedAccount
from payments_service.domain.ids import Prefix, format_id, new_id
from payments_service.domain.money import Money
from payments_service.domain.payment.model import CaptureMethod, ChargeModel, Payment
from payments_service.domain.refund.model import Refund, RefundReason
from payments_service.processors.stripe import requests
from tests.unit.payments_service.domain.samples import a_payment, a_refund, an_account

EXPAND = ["latest_charge"]
SALE = a_payment(reference="")
SOLD = a_payment(
    reference="order_1",
    description="A lamp",
    metadata={"shop": "7"},
    charge_model=ChargeModel.DESTINATION,
    connected_account_id=new_id(),
    platform_fee=Money(250, "usd"),
)


def intent_params(payment: Payment = SALE, **fields: object) -> dict[str, Any]:
    """The parameters with which a payment's intent is created."""
    given = {"operation_id": "op_1", "payment_method": "", "confirm": False, "return_url": "", **fields}
    call = requests.create_intent(CreateIntent(payment=payment, **given))  # type: ignore[arg-type]  # each test names real fields
    assert call == StripeCall("post", "/v1/payment_intents", call.params)
    return dict(call.params)


def test_a_payment_that_is_split_is_charged_to_the_platform_and_groups_its_transfers() -> None:
    separate = a_payment(reference="", charge_model=ChargeModel.SEPARATE, platform_fee=Money(250, "usd"))
    params = intent_params(separate)

    assert params.pop("transfer_group") == format_id(Prefix.PAYMENT, separate.id)
    assert params.keys() == intent_params().keys()


DIRECT = a_payment(
    reference="",
    charge_model=ChargeModel.DIRECT,
    connected_account_id=new_id(),
    stripe_account="acct_1",
    platform_fee=Money(250, "usd"),
)


def test_a_direct_sale_is_made_on_the_connected_account_and_passes_nothing_on() -> None:
    command = CreateIntent(DIRECT, "op_1", payment_method="", confirm=False, return_url="")
    call = requests.create_intent(command)
    assert (call.path, call.stripe_account) == ("/v1/payment_intents", "acct_1")
    assert call.params.keys() == intent_params().keys() | {"application_fee_amount"}
    assert call.params["application_fee_amount"] == 250
    free = requests.create_intent(replace(command, payment=replace(DIRECT, platform_fee=Money(0, "usd"))))
    assert "application_fee_amount" not in free.params


def test_what_becomes_of_a_direct_sale_is_asked_of_the_connected_account_too() -> None:
    calls = [
        requests.confirm_intent("pi_1", "", "", "acct_1"),
        requests.capture_intent("pi_1", Money(600, "usd"), None, "acct_1"),
        requests.cancel_intent("pi_1", "", "acct_1"),
        requests.create_refund(a_refund(), "pi_1", "op_1", "acct_1"),
    ]
    assert [call.stripe_account for call in calls] == ["acct_1"] * 4


def refund_params(refund: Refund) -> dict[str, Any]:
    call = requests.create_refund(refund, "pi_1", "op_1")
    assert call == StripeCall("post", "/v1/refunds", call.params)
    return dict(call.params)


def account_params(account: ConnectedAccount, **fields: str) -> dict[str, Any]:
    call = requests.create_account(CreateStripeAccount(account, "op_1", **fields))
    assert call == StripeCall("post", "/v1/accounts", call.params)
    return dict(call.params)


def test_a_sale_asks_for_an_amount_and_whatever_methods_are_switched_on() -> None:
    assert intent_params() == {
        "amount": 2_500,
        "currency": "usd",
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "metadata": {"payments_payment_id": format_id(Prefix.PAYMENT, SALE.id), "payments_operation_id": "op_1"},
        "expand": EXPAND,
    }


def test_a_sellers_sale_names_the_seller_the_fee_and_the_purchase() -> None:
    assert intent_params(SOLD, destination="acct_1") == {
        "amount": 2_500,
        "currency": "usd",
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "metadata": {
            "shop": "7",
            "payments_payment_id": format_id(Prefix.PAYMENT, SOLD.id),
            "payments_operation_id": "op_1",
            "payments_reference": "order_1",
        },
        "expand": EXPAND,
        "description": "A lamp",
        "transfer_data": {"destination": "acct_1"},
        "application_fee_amount": 250,
    }


ENABLED = {"enabled": True}
RETURN_URL = "https://shop.example/done"


@pytest.mark.parametrize(
    ("fields", "added"),
    [
        ({"payment_method": "pm_1"}, {"payment_method": "pm_1"}),
        ({"payment_method": "pm_1", "confirm": True}, {"payment_method": "pm_1", "confirm": True}),
        ({"return_url": RETURN_URL}, {"automatic_payment_methods": ENABLED}),
        (
            {"payment_method": "pm_1", "confirm": True, "return_url": RETURN_URL},
            {
                "payment_method": "pm_1",
                "confirm": True,
                "return_url": RETURN_URL,
                "automatic_payment_methods": ENABLED,
            },
        ),
    ],
    ids=["a method", "a method, at once", "a place to return to", "all of it"],
)
def test_an_attempt_goes_along_when_it_is_asked_for(fields: dict[str, object], added: dict[str, object]) -> None:
    assert intent_params(SALE, **fields) == {**intent_params(), **added}


def test_capture_by_hand_is_said_and_automatic_capture_is_not() -> None:
    manual = a_payment(capture_method=CaptureMethod.MANUAL)

    assert intent_params(manual)["capture_method"] == "manual"
    assert "capture_method" not in intent_params()


def test_a_fee_of_zero_is_left_out_of_a_new_intent() -> None:
    free = a_payment(charge_model=ChargeModel.DESTINATION, connected_account_id=new_id())

    params = intent_params(free, destination="acct_1")

    assert params["transfer_data"] == {"destination": "acct_1"}
    assert "application_fee_amount" not in params


def test_callers_cannot_write_the_services_own_metadata() -> None:
    sly = a_payment(metadata={"payments_payment_id": "pay_other", "payments_operation_id": "op_other"})

    assert intent_params(sly)["metadata"]["payments_payment_id"] == format_id(Prefix.PAYMENT, sly.id)
    assert intent_params(sly)["metadata"]["payments_operation_id"] == "op_1"


@pytest.mark.parametrize(
    ("call", "path", "params"),
    [
        pytest.param(requests.confirm_intent("pi_1", "", ""), "confirm", {"expand": EXPAND}, id="confirm"),
        pytest.param(
            requests.confirm_intent("pi_1", "pm_1", RETURN_URL),
            "confirm",
            {"expand": EXPAND, "payment_method": "pm_1", "return_url": RETURN_URL},
            id="confirm with a method",
        ),
        pytest.param(
            requests.capture_intent("pi_1", Money(600, "usd"), None),
            "capture",
            {"expand": EXPAND, "amount_to_capture": 600},
            id="capture",
        ),
        pytest.param(
            requests.capture_intent("pi_1", Money(600, "usd"), Money(60, "usd")),
            "capture",
            {"expand": EXPAND, "amount_to_capture": 600, "application_fee_amount": 60},
            id="capture with a fee",
        ),
        pytest.param(
            requests.capture_intent("pi_1", Money(600, "usd"), Money(0, "usd")),
            "capture",
            {"expand": EXPAND, "amount_to_capture": 600, "application_fee_amount": 0},
            id="capture without the fee that was agreed",
        ),
        pytest.param(requests.cancel_intent("pi_1", ""), "cancel", {"expand": EXPAND}, id="cancel"),
        pytest.param(
            requests.cancel_intent("pi_1", "duplicate"),
            "cancel",
            {"expand": EXPAND, "cancellation_reason": "duplicate"},
            id="cancel with a reason",
        ),
    ],
)
def test_a_step_of_an_intent(call: StripeCall, path: str, params: dict[str, object]) -> None:
    assert call == StripeCall("post", f"/v1/payment_intents/pi_1/{path}", params)


def test_a_refund_names_its_intent_and_ourselves() -> None:
    refund = a_refund(400, metadata={"shop": "7"})

    assert refund_params(refund) == {
        "payment_intent": "pi_1",
        "amount": 400,
        "metadata": {
            "shop": "7",
            "payments_refund_id": format_id(Prefix.REFUND, refund.id),
            "payments_payment_id": format_id(Prefix.PAYMENT, refund.payment_id),
            "payments_operation_id": "op_1",
        },
    }


@pytest.mark.parametrize(
    ("changes", "added"),
    [
        ({"reason": RefundReason.DUPLICATE}, {"reason": "duplicate"}),
        ({"reason": RefundReason.FRAUDULENT}, {"reason": "fraudulent"}),
        ({"reason": RefundReason.REQUESTED_BY_CUSTOMER}, {"reason": "requested_by_customer"}),
        ({"reverse_transfer": True}, {"reverse_transfer": True}),
        (
            {"reverse_transfer": True, "refund_platform_fee": True},
            {"reverse_transfer": True, "refund_application_fee": True},
        ),
    ],
)
def test_a_refund_says_what_goes_back_along_with_it(changes: dict[str, object], added: dict[str, object]) -> None:
    plain = a_refund(400)
    changed = a_refund(400, id=plain.id, payment_id=plain.payment_id, **changes)

    assert refund_params(changed) == {**refund_params(plain), **added}


BARE = an_account(email="", business_type=BusinessType.UNSPECIFIED)


def test_an_account_is_onboarded_by_stripe_and_its_losses_are_the_platforms() -> None:
    assert account_params(BARE) == {
        "country": "US",
        "controller": {
            "fees": {"payer": "application"},
            "losses": {"payments": "application"},
            "requirement_collection": "stripe",
            "stripe_dashboard": {"type": "express"},
        },
        "capabilities": {"card_payments": {"requested": True}, "transfers": {"requested": True}},
        "metadata": {
            "payments_account_id": format_id(Prefix.CONNECTED_ACCOUNT, BARE.id),
            "payments_operation_id": "op_1",
        },
    }


@pytest.mark.parametrize(
    ("changes", "fields", "added"),
    [
        ({"email": "a@example.com"}, {}, {"email": "a@example.com"}),
        ({"business_type": BusinessType.INDIVIDUAL}, {}, {"business_type": "individual"}),
        ({"business_type": BusinessType.NON_PROFIT}, {}, {"business_type": "non_profit"}),
        ({}, {"mcc": "5719"}, {"business_profile": {"mcc": "5719"}}),
        ({}, {"product_description": "Lamps"}, {"business_profile": {"product_description": "Lamps"}}),
        (
            {},
            {"mcc": "5719", "product_description": "Lamps"},
            {"business_profile": {"mcc": "5719", "product_description": "Lamps"}},
        ),
    ],
)
def test_what_is_known_of_an_account_goes_along(
    changes: dict[str, object], fields: dict[str, str], added: dict[str, object]
) -> None:
    changed = an_account(**{"id": BARE.id, "email": "", "business_type": BusinessType.UNSPECIFIED, **changes})

    assert account_params(changed, **fields) == {**account_params(BARE), **added}


def test_the_callers_metadata_of_an_account_goes_along() -> None:
    assert account_params(an_account(metadata={"shop": "7"}))["metadata"]["shop"] == "7"
