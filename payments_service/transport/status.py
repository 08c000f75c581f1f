"""An error as callers receive it: `google.rpc.Status` with one ErrorInfo, and what else helps.

The whole has to fit into HTTP/2 trailers, which clients cut off at 8 KiB, so everything is bounded.
"""

from collections.abc import Sequence
from typing import NamedTuple

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # ships no types

from payments_service.domain.errors import FieldViolation, PaymentsError, Reason
from payments_service.observability.redaction import scrub

DOMAIN = "payments_api"
DETAILS_KEY = "grpc-status-details-bin"
MESSAGE_BYTES_MAX = 512
METADATA_VALUE_BYTES_MAX = 256
METADATA_PAIRS_MAX = 16
VIOLATIONS_BYTES_MAX = 3_000
FIELD_BYTES_MAX = 160
DESCRIPTION_BYTES_MAX = 1_024
"""Room to name every value that a field takes."""


class Failure(NamedTuple):
    """What goes onto the wire in place of a reply."""

    code: grpc.StatusCode
    message: str
    details: bytes


def failure(error: PaymentsError, request_id: str) -> Failure:
    """The wire form of an error."""
    code = grpc.StatusCode[error.code.name]
    message = _bounded(error.message, MESSAGE_BYTES_MAX)
    status = status_pb2.Status(code=code.value[0], message=message)
    for detail in _details(error, request_id):
        status.details.add().Pack(detail)
    return Failure(code, message, status.SerializeToString(deterministic=True))


def internal_error(request_id: str) -> PaymentsError:
    """What a caller learns about a defect: only how to find it in the logs."""
    return PaymentsError(
        Reason.INTERNAL, f"internal error: report request id {request_id}", metadata={"request_id": request_id}
    )


def _details(error: PaymentsError, request_id: str) -> list[Message]:
    info = error_details_pb2.ErrorInfo(reason=error.reason.name, domain=DOMAIN)
    for key, value in list(error.metadata.items())[:METADATA_PAIRS_MAX]:
        info.metadata[key] = _bounded(value, METADATA_VALUE_BYTES_MAX)
    info.metadata["request_id"] = request_id
    details: list[Message] = [info]
    if error.violations:
        details.append(_bad_request(error.violations))
    if error.retry_after_ms is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromMilliseconds(error.retry_after_ms)
        details.append(retry)
    return details


def _bad_request(violations: Sequence[FieldViolation]) -> error_details_pb2.BadRequest:
    """Every violation, or as many as fit and how many more there are."""
    shown = error_details_pb2.BadRequest()
    for index, violation in enumerate(violations):
        shown.field_violations.add(
            field=_bounded(violation.field, FIELD_BYTES_MAX),
            description=_bounded(violation.description, DESCRIPTION_BYTES_MAX),
        )
        if shown.ByteSize() > VIOLATIONS_BYTES_MAX and index > 0:
            del shown.field_violations[-1]
            shown.field_violations.add(description=f"and {len(violations) - index} more fields: fix these first")
            break
    return shown


def _bounded(text: str, bytes_max: int) -> str:
    """The text without secrets and not longer than so many bytes."""
    text = scrub(text)
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= bytes_max:
        return encoded.decode()
    return encoded[: bytes_max - 3].decode("utf-8", "ignore") + "…"
