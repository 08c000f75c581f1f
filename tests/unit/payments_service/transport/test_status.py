"""Errors on the wire: complete, bounded, without secrets."""

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # ships no types

from payments_service.domain.errors import FieldViolation, PaymentsError, Reason, invalid
from payments_service.transport.status import failure, internal_error

REQUEST_ID = "request-1"


def details(error: PaymentsError) -> list[Message]:
    """The unpacked details of an error."""
    unpacked = []
    for packed in status_pb2.Status.FromString(failure(error, REQUEST_ID).details).details:
        kind = getattr(error_details_pb2, packed.type_url.rpartition(".")[2])
        message = kind()
        assert packed.Unpack(message)
        unpacked.append(message)
    return unpacked


def test_an_error_has_exactly_one_error_info() -> None:
    error = PaymentsError(Reason.PAYMENT_NOT_FOUND, "no payment pay_1", metadata={"payment_id": "pay_1"})
    assert details(error) == [
        error_details_pb2.ErrorInfo(
            reason="PAYMENT_NOT_FOUND",
            domain="payments_api",
            metadata={"payment_id": "pay_1", "request_id": REQUEST_ID},
        )
    ]


def test_code_and_message_outside_and_inside_the_details_agree() -> None:
    sent = failure(PaymentsError(Reason.REQUEST_IN_PROGRESS, "still running: retry " + "é" * 600), REQUEST_ID)
    status = status_pb2.Status.FromString(sent.details)
    assert sent.code is grpc.StatusCode.ABORTED
    assert status.code == 10
    assert status.message == sent.message
    assert len(sent.message.encode()) <= 512
    assert sent.message.endswith("…")


def test_violations_become_a_bad_request() -> None:
    [_, bad_request] = details(invalid("amount.currency_code", "must be a code such as usd"))
    assert bad_request == error_details_pb2.BadRequest(
        field_violations=[
            error_details_pb2.BadRequest.FieldViolation(
                field="amount.currency_code", description="must be a code such as usd"
            )
        ]
    )


def test_a_retry_hint_becomes_retry_info() -> None:
    [_, retry] = details(PaymentsError(Reason.RATE_LIMITED, "slow down", retry_after_ms=1_250))
    assert isinstance(retry, error_details_pb2.RetryInfo)
    assert retry.retry_delay.ToMilliseconds() == 1_250


def test_the_whole_fits_into_trailers_whatever_a_request_held() -> None:
    violations = [FieldViolation(f'metadata["{"k" * 900}{index}"]', "d" * 900) for index in range(60)]
    metadata = {f"key_{index}": "v" * 5_000 for index in range(6)}
    error = PaymentsError(Reason.REQUEST_INVALID, "m" * 9_000, metadata=metadata, violations=violations)
    assert len(failure(error, REQUEST_ID).details) < 6_000
    [_, bad_request] = details(error)
    assert isinstance(bad_request, error_details_pb2.BadRequest)
    shown = list(bad_request.field_violations)
    assert shown[-1].description == f"and {60 - (len(shown) - 1)} more fields: fix these first"


def test_secrets_do_not_reach_the_caller() -> None:
    error = PaymentsError(
        Reason.STRIPE_REJECTED,
        "Invalid API Key provided: sk_test_4eC39HqLyjWDarjtT1zdp7dc",
        metadata={"hint": "card 4242 4242 4242 4242"},
    )
    sent = failure(error, REQUEST_ID)
    assert b"4eC39HqLyjWDarjtT1zdp7dc" not in sent.details
    assert "4eC39HqLyjWDarjtT1zdp7dc" not in sent.message
    assert b"4242 4242" not in sent.details


def test_a_defect_shows_nothing_but_the_request_id() -> None:
    error = internal_error(REQUEST_ID)
    assert error.reason is Reason.INTERNAL
    assert error.message == "internal error: report request id request-1"
    assert error.metadata == {"request_id": REQUEST_ID}
