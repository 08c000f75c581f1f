"""A failed call is explained on one line."""

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # ships no types

from payments_service.cli.purchase.failure import explained


def failed(*details: object, message: str = "the request is invalid") -> grpc.aio.AioRpcError:
    status = status_pb2.Status()
    for detail in details:
        status.details.add().Pack(detail)
    trailing = grpc.aio.Metadata(("grpc-status-details-bin", status.SerializeToString()))
    return grpc.aio.AioRpcError(grpc.StatusCode.INVALID_ARGUMENT, grpc.aio.Metadata(), trailing, message)


def test_code_reason_message_and_violations_are_said() -> None:
    violation = error_details_pb2.BadRequest.FieldViolation(field="amount", description="must be greater than 0")
    error = failed(
        error_details_pb2.ErrorInfo(reason="REQUEST_INVALID", domain="payments_api"),
        error_details_pb2.BadRequest(field_violations=[violation]),
    )
    assert explained(error) == (
        "INVALID_ARGUMENT REQUEST_INVALID: the request is invalid (amount must be greater than 0)"
    )


def test_an_error_without_details_is_explained_too() -> None:
    error = grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata(), "no route")
    assert explained(error) == "UNAVAILABLE: no route"


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("Socket closed", "it may speak TLS (--ca-file) or want a client certificate (--cert-file)"),
        ("SSL_ERROR_SSL: CERTIFICATE_VERIFY_FAILED: unable to get local issuer certificate", "name that one's with"),
        ("SSL_ERROR_SSL: CERTIFICATE_VERIFY_FAILED: certificate has expired", "has expired: renew it"),
        ("UNAUTHENTICATED: Hostname Verification Check failed.", "is for another name: use that one in --target"),
        ("SSL_ERROR_SSL: WRONG_VERSION_NUMBER", "no TLS is spoken there: leave out --ca-file"),
    ],
)
def test_a_connection_that_fails_is_explained_with_what_to_do(said: str, advice: str) -> None:
    error = grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata(), said)
    assert explained(error).startswith("UNAVAILABLE: ")
    assert advice in explained(error)
    assert explained(error).endswith(f"({said})")
