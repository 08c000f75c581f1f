"""A failed call is explained on one line."""

import grpc
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
