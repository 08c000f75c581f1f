"""What the service offers: one frozen entry a method, read from the descriptors of its services.

Scopes and safety come from method options in the protos, so that what callers read is the rule that is enforced.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from payments_api.v1 import annotations_pb2

_SCOPE = re.compile(r"[a-z_]+\.[a-z_]+")
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class MethodTableError(Exception):
    """The services as defined, or the handlers given for them, cannot be served. The server must not start."""


@dataclass(frozen=True, slots=True)
class Method:
    """One RPC.

    Attributes:
        full_name: for example `payments_api.v1.PaymentService/CreatePayment`.
        handler_name: the handler's coroutine, for example `create_payment`.
        scope: what the caller's token must hold.
        mutating: whether it may change anything; reads are marked NO_SIDE_EFFECTS.
        streams: whether it is a stream of calls: each request is answered before the next is read.
    """

    full_name: str
    service: str
    name: str
    handler_name: str
    scope: str
    mutating: bool
    streams: bool
    request_class: type[Message]
    response_class: type[Message]


def methods_of(services: Iterable[ServiceDescriptor]) -> tuple[Method, ...]:
    """Every method of the services.

    Raises:
        MethodTableError: a method names no scope, or streams one way only; every such method is named.
    """
    methods = []
    problems = []
    for service in services:
        for descriptor in service.methods:
            method = _method(service, descriptor)
            if not _SCOPE.fullmatch(method.scope):
                problems.append(f"{method.full_name}: scope {method.scope!r} must be like payments.read")
            if descriptor.client_streaming != descriptor.server_streaming:
                problems.append(f"{method.full_name}: streams one way only, and each request has one reply here")
            methods.append(method)
    if problems:
        raise MethodTableError("; ".join(problems) + ". Set option (payments_api.v1.access).scope in the proto")
    return tuple(methods)


def _method(service: ServiceDescriptor, descriptor: MethodDescriptor) -> Method:
    options = descriptor.GetOptions()
    return Method(
        full_name=f"{service.full_name}/{descriptor.name}",
        service=service.full_name,
        name=descriptor.name,
        handler_name=_WORD.sub("_", descriptor.name).lower(),
        scope=options.Extensions[annotations_pb2.access].scope,  # type: ignore[index]  # generated stubs type it too widely
        streams=descriptor.client_streaming and descriptor.server_streaming,
        mutating=options.idempotency_level != MethodOptions.NO_SIDE_EFFECTS,
        request_class=GetMessageClass(descriptor.input_type),
        response_class=GetMessageClass(descriptor.output_type),
    )
