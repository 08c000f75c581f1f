"""A mutating request as its idempotency key knows it."""

import hashlib
from typing import Protocol

from payments_service.application.caller import IdempotentRequest
from payments_service.transport.call import Call


class _Keyed(Protocol):
    idempotency_key: str

    def SerializeToString(self, *, deterministic: bool = ...) -> bytes: ...  # noqa: N802 - protobuf's name

    def ClearField(self, field_name: str) -> None: ...  # noqa: N802 - protobuf's name


def idempotent_request(request: _Keyed, call: Call) -> IdempotentRequest:
    """The key of a request and the fingerprint of everything else in it.

    The fingerprint is over the deterministic encoding, so equal requests agree whatever order their maps arrived in.
    """
    key = request.idempotency_key
    # Taken out and put back: a copy of the request would cost more than all the rest.
    request.ClearField("idempotency_key")
    bare = request.SerializeToString(deterministic=True)
    request.idempotency_key = key
    return IdempotentRequest(
        caller=call.principal.subject,
        method=call.method.full_name,
        key=key,
        fingerprint=hashlib.sha256(bare).digest(),
        request_id=call.request_id,
    )
