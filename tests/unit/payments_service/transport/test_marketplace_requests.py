"""What requests about sellers, captures and refunds must be by themselves."""

from typing import Any

import pytest
from google.protobuf.message import Message
from payments_api.v1 import account_service_pb2, money_pb2, payment_pb2, payment_service_pb2, refund_service_pb2

from tests.unit.payments_service.transport.broken_rules import VALIDATOR, violations

KEY = "k1"


def money(amount: int, currency: str = "usd") -> money_pb2.Money:
    return money_pb2.Money(amount_minor=amount, currency_code=currency)


def a_sale(**fields: Any) -> Message:
    given = {
        "idempotency_key": KEY,
        "amount": money(2_500),
        "charge_model": payment_pb2.CHARGE_MODEL_DESTINATION,
        "connected_account_id": "acn_1",
        **fields,
    }
    return payment_service_pb2.CreatePaymentRequest(**given)


def a_capture(**fields: Any) -> Message:
    return payment_service_pb2.CapturePaymentRequest(idempotency_key=KEY, payment_id="pay_1", **fields)


def a_refund(**fields: Any) -> Message:
    return refund_service_pb2.CreateRefundRequest(idempotency_key=KEY, payment_id="pay_1", **fields)


def an_account(**fields: Any) -> Message:
    return account_service_pb2.CreateAccountRequest(**{"idempotency_key": KEY, "country_code": "US", **fields})


@pytest.mark.parametrize(
    "request_",
    [
        a_sale(),
        a_sale(platform_fee=money(0)),
        a_sale(capture_method=payment_pb2.CAPTURE_METHOD_MANUAL),
        a_capture(),
        a_capture(amount=money(1), platform_fee=money(0)),
        payment_service_pb2.CancelPaymentRequest(idempotency_key=KEY, payment_id="pay_1"),
        a_refund(),
        a_refund(amount=money(1), reverse_transfer=False, metadata={"k" * 40: "v" * 500}),
        refund_service_pb2.GetRefundRequest(stripe_refund_id="re_1"),
        refund_service_pb2.ListRefundsRequest(),
        an_account(),
        an_account(country_code="de", email="a@example.com", mcc="5719"),
        account_service_pb2.GetAccountRequest(owner_id="user_1"),
    ],
    ids=lambda request: type(request).__name__,
)
def test_what_is_right_is_accepted(request_: Message) -> None:
    assert VALIDATOR.collect_violations(request_) == []


@pytest.mark.parametrize(
    ("request_", "field", "says"),
    [
        pytest.param(a_sale(connected_account_id=""), "", "connected_account_id is required for", id="no seller"),
        pytest.param(
            a_sale(charge_model=payment_pb2.CHARGE_MODEL_PLATFORM), "", "and only allowed there", id="a seller too many"
        ),
        pytest.param(
            a_sale(charge_model=payment_pb2.CHARGE_MODEL_PLATFORM, connected_account_id="", platform_fee=money(0)),
            "",
            "platform_fee is not for CHARGE_MODEL_PLATFORM",
            id="a fee of the platform's own",
        ),
        pytest.param(
            a_sale(platform_fee=money(-1)), "platform_fee", "amount_minor must be 0 or more", id="a fee below zero"
        ),
        pytest.param(
            a_sale(platform_fee=money(1, "dollars")),
            "platform_fee.currency_code",
            "must be a three-letter",
            id="a fee in no currency",
        ),
        pytest.param(a_sale(capture_method=7), "capture_method", "must be one of", id="a capture method of tomorrow"),
        pytest.param(a_capture(amount=money(0)), "amount", "must be greater than 0", id="capture of nothing"),
        pytest.param(
            a_capture(platform_fee=money(-1)), "platform_fee", "must be 0 or more", id="capture with a fee below zero"
        ),
        pytest.param(a_refund(amount=money(0)), "amount", "leave amount out to refund", id="refund of nothing"),
        pytest.param(a_refund(amount=money(-5)), "amount", "must be greater than 0", id="refund of less"),
        pytest.param(a_refund(absorb_by=9), "absorb_by", "must be one of", id="nobody's expense"),
        pytest.param(a_refund(reason=9), "reason", "must be one of", id="no reason"),
        pytest.param(
            a_refund(metadata={"payments_refund_id": "x"}),
            'metadata["payments_refund_id"]',
            "the service's own: rename the key",
            id="metadata of our own",
        ),
        pytest.param(
            refund_service_pb2.CreateRefundRequest(idempotency_key=KEY), "payment_id", "is required", id="no payment"
        ),
        pytest.param(an_account(country_code="USA"), "country_code", "must be two letters", id="no country"),
        pytest.param(an_account(country_code=""), "country_code", "must be two letters", id="country left out"),
        pytest.param(an_account(email="nobody"), "email", "must be an e-mail address", id="no address"),
        pytest.param(an_account(mcc="57"), "mcc", "must be four digits", id="no code"),
        pytest.param(an_account(idempotency_key=""), "idempotency_key", "is required", id="no key"),
    ],
)
def test_what_is_wrong_is_named_with_what_to_do(request_: Message, field: str, says: str) -> None:
    [(named, description)] = violations(request_).items()

    assert named == field
    assert says in description


def test_exactly_one_key_names_an_account_or_a_refund() -> None:
    assert violations(refund_service_pb2.GetRefundRequest()) == {
        "key": "is required: set exactly one of refund_id, stripe_refund_id"
    }
    assert violations(account_service_pb2.GetAccountRequest()) == {
        "key": "is required: set exactly one of account_id, owner_id, stripe_account_id"
    }
