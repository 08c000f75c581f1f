"""Matches handlers with the methods of the services, both ways, before anything is served."""

import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import ServiceDescriptor

# Imported for their effect: they put the API's descriptors into the pool.
from payments_api.internal.v1 import stripe_event_service_pb2  # noqa: F401 - registers its descriptors
from payments_api.v1 import (  # noqa: F401 - they register their descriptors
    account_service_pb2,
    admin_service_pb2,
    dispute_service_pb2,
    event_service_pb2,
    fee_service_pb2,
    ledger_service_pb2,
    payment_service_pb2,
    payout_service_pb2,
    refund_service_pb2,
    reporting_service_pb2,
)

from payments_service.transport.call import Call
from payments_service.transport.methods import Method, MethodTableError, methods_of

Handler = Callable[[Any, Call], Awaitable[Any]]
"""A coroutine function that answers one method: `async def create_payment(request, call) -> reply`."""


def service_descriptor(full_name: str) -> ServiceDescriptor:
    """The descriptor of a service of this API.

    Raises:
        MethodTableError: there is no such service.
    """
    try:
        return descriptor_pool.Default().FindServiceByName(full_name)
    except KeyError:
        raise MethodTableError(f"{full_name}: no such service in the protos") from None


def bind(services: Mapping[str, object]) -> Iterator[tuple[Method, Handler]]:
    """Each method of the services with its handler.

    Args:
        services: handler objects by the full name of their service.

    Raises:
        MethodTableError: a method has no handler, or a handler's public coroutine is no method of its service.
    """
    for full_name, handlers in services.items():
        methods = methods_of([service_descriptor(full_name)])
        kind = type(handlers).__name__
        offered = {
            name for name, _ in inspect.getmembers(handlers, inspect.iscoroutinefunction) if not name.startswith("_")
        }
        wanted = {method.handler_name for method in methods}
        if missing := sorted(wanted - offered):
            raise MethodTableError(f"{full_name}: {kind} has no coroutine {', '.join(missing)}")
        if unknown := sorted(offered - wanted):
            raise MethodTableError(f"{full_name}: {kind}.{', '.join(unknown)} is no method of the service")
        for method in methods:
            yield method, getattr(handlers, method.handler_name)
