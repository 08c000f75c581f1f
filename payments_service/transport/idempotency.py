"""A mutating request as its idempotency key knows it."""

import hashlib
from typing import Protocol

from google.protobuf.message import Message

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
    assert isinstance(request, Message)  # noqa: S101 - narrows what the Protocol cannot say
    bare = type(request)()
    bare.CopyFrom(request)
    bare.ClearField("idempotency_key")
    return IdempotentRequest(
        caller=call.principal.subject,
        method=call.method.full_name,
        key=key,
        fingerprint=hashlib.sha256(bare.SerializeToString(deterministic=True)).digest(),
        request_id=call.request_id,
    )
