"""Broken rules in words that say what to do, all at once."""

from payments_api.internal.v1 import stripe_event_pb2, stripe_event_service_pb2
from payments_api.v1 import ledger_service_pb2, money_pb2, payment_service_pb2

from payments_service.domain.errors import Reason
from tests.unit.payments_service.transport.broken_rules import complaint, violations

GOOD_MONEY = money_pb2.Money(amount_minor=2500, currency_code="usd")


def test_every_violation_is_reported_at_once() -> None:
    request = payment_service_pb2.CreatePaymentRequest(
        amount=money_pb2.Money(amount_minor=-5, currency_code="dollars"),
        owner_id="o" * 256,
        charge_model=99,  # type: ignore[arg-type]  # on purpose no member of the enum
        metadata={"payments_x": "y" * 501},
        confirm=True,
    )
    assert violations(request) == {
        "": "payment_method is required when confirm is true: give a pm_… id, or leave confirm out and confirm later",
        "idempotency_key": "is required: 1 to 255 characters, one per intended operation, the same again on a retry",
        "owner_id": "must be at most 255 characters",
        "amount": "amount_minor must be greater than 0: whole minor units, so 2500 with usd is 25.00 dollars",
        "amount.currency_code": "must be a three-letter ISO 4217 code such as usd",
        "charge_model": "must be one of CHARGE_MODEL_PLATFORM, CHARGE_MODEL_DESTINATION, CHARGE_MODEL_SEPARATE, "
        "CHARGE_MODEL_DIRECT",
        'metadata["payments_x"]': "must be at most 500 characters",
    }
    assert complaint(request).reason is Reason.REQUEST_INVALID


def test_a_bad_map_key_is_told_from_a_bad_value() -> None:
    request = payment_service_pb2.CreatePaymentRequest(
        idempotency_key="k", amount=GOOD_MONEY, metadata={'say "hi"' + "x" * 40: "v"}
    )
    [(field, description)] = violations(request).items()
    assert field == 'metadata["say \\"hi\\"' + "x" * 40 + '"]'
    assert description == "key must be at most 40 characters"


def test_a_missing_message_is_said_to_be_required() -> None:
    request = payment_service_pb2.CreatePaymentRequest(idempotency_key="k")
    assert violations(request) == {"amount": "is required"}


def test_an_empty_text_is_said_to_be_required() -> None:
    assert violations(ledger_service_pb2.GetBalanceRequest(code="")) == {"code": "is required: must not be empty"}


def test_a_oneof_names_its_choices() -> None:
    assert violations(ledger_service_pb2.GetBalanceRequest()) == {
        "account": "is required: set exactly one of ledger_account_id, code"
    }


def test_elements_of_lists_are_counted() -> None:
    request = payment_service_pb2.ListPaymentsRequest(page_size=-1)
    request.states.extend([1, 77])  # type: ignore[list-item]  # on purpose no member of the enum
    found = violations(request)
    assert found["page_size"] == "must be greater than or equal to 0"
    assert found["states[1]"].startswith("must be one of PAYMENT_STATE_CREATING, ")


def test_fields_of_nested_messages_are_described_too() -> None:
    request = stripe_event_service_pb2.RecordEventRequest(
        body=b"{}", envelope=stripe_event_pb2.StripeEventEnvelope(event_id="evt_1")
    )
    assert violations(request) == {
        "envelope.endpoint": "must be one of STRIPE_ENDPOINT_PLATFORM, STRIPE_ENDPOINT_CONNECT"
    }


def test_the_message_tells_the_first_few_and_how_many_more() -> None:
    request = payment_service_pb2.CreatePaymentRequest(owner_id="o" * 256, reference="r" * 256, description="d" * 1001)
    assert complaint(request).message.endswith("; and 2 more")
