"""The inner end of the chain: bytes to a valid message, the handler, and its reply to bytes."""

from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf.message import DecodeError, Message
from payments_api.internal.v1 import stripe_event_service_pb2 as pb
from protovalidate import Validator

from payments_service.domain.errors import PaymentsError, Reason
from payments_service.transport.call import Call
from payments_service.transport.chain import Next
from payments_service.transport.convert.stripe_event import keeps_rules
from payments_service.transport.handler_table import Handler
from payments_service.transport.methods import Method
from payments_service.transport.violations import request_invalid

KEEPS_RULES: Mapping[type[Message], Callable[[Any], bool]] = {
    pb.RecordEventsRequest: keeps_rules,
    pb.RecordEventGroupsRequest: keeps_rules,
}
"""For requests that are large and have few rules: the validator copies all of a message before it looks at it. It has
the last word on one that seems to keep none."""


def validated(method: Method, handler: Handler, validator: Validator) -> Next:
    """What answers a method once the steps have let a call through.

    The rules of its request are compiled here, so that a broken one stops the start and not the first call.

    Raises:
        protovalidate.CompilationError: a rule in the proto does not compile.
    """
    request_class, response_class = method.request_class, method.response_class
    validator.collect_violations(request_class())
    seems_good = KEEPS_RULES.get(request_class, _unknown)

    async def answer(call: Call, raw: bytes) -> bytes:
        try:
            request = request_class.FromString(raw)
        except DecodeError:
            raise PaymentsError(
                Reason.REQUEST_INVALID,
                f"the bytes are no {request_class.DESCRIPTOR.full_name}: encode the request with this API's stubs",
            ) from None
        if not seems_good(request) and (violations := validator.collect_violations(request)):
            raise request_invalid(request, violations)
        reply = await handler(request, call)
        if isinstance(reply, bytes):
            return reply  # stored before it was sent, and sent as it was stored
        if not isinstance(reply, response_class):
            raise TypeError(f"{method.full_name} answered with {type(reply).__name__}")
        # Deterministic, so that a stored reply and the first one are the same bytes.
        return reply.SerializeToString(deterministic=True)

    return answer


def _unknown(_request: Message) -> bool:
    return False
