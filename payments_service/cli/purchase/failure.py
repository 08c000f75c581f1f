"""What a failed call says, on one line."""

import grpc
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # ships no types

_DETAILS = "grpc-status-details-bin"

_ADVICE = {
    "certificate has expired": "the server's certificate has expired: renew it",
    "CERTIFICATE_VERIFY_FAILED": "the server's certificate is by another authority: name that one's with --ca-file",
    "Hostname Verification Check failed": "the server's certificate is for another name: use that one in --target",
    "WRONG_VERSION_NUMBER": "no TLS is spoken there: leave out --ca-file (PAYMENTS_TLS_CA_FILE), or name another port",
    "Socket closed": "the server hung up: it may speak TLS (--ca-file) or want a client certificate (--cert-file)",
}
"""What gRPC says of a connection that does not come about, and what to do. The first that fits counts."""


def explained(error: grpc.aio.AioRpcError) -> str:
    """Code, reason, message and field violations of a failed call; of a connection that failed, what to do."""
    details = (error.details() or "no details").strip()
    parts = [error.code().name]
    status = _status(error)
    if status is None:
        advice = next((advice for said, advice in _ADVICE.items() if said in details), "")
        return f"{parts[0]}: {advice} ({details})" if advice else f"{parts[0]}: {details}"
    violations = ""
    for detail in status.details:
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
