"""What a failed call says, on one line."""

import grpc
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # ships no types

_DETAILS = "grpc-status-details-bin"


def explained(error: grpc.aio.AioRpcError) -> str:
    """Code, reason, message and field violations of a failed call."""
    details = (error.details() or "no details").strip()
    parts = [error.code().name]
    status = _status(error)
    violations = ""
    for detail in status.details if status else ():
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo()
            detail.Unpack(info)
            parts.append(info.reason)
        elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            request = error_details_pb2.BadRequest()
            detail.Unpack(request)
            violations = "; ".join(f"{found.field} {found.description}" for found in request.field_violations)
    text = f"{' '.join(parts)}: {details}"
    return f"{text} ({violations})" if violations else text


def _status(error: grpc.aio.AioRpcError) -> status_pb2.Status | None:
    for name, value in error.trailing_metadata() or ():
        if name == _DETAILS and isinstance(value, bytes):
            return status_pb2.Status.FromString(value)
    return None
