"""From the chain of a method to what grpcio calls."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import grpc
import structlog
from protovalidate import Validator

from payments_service.domain.errors import PaymentsError
from payments_service.transport.call import Call
from payments_service.transport.chain import Next, Step, compose
from payments_service.transport.handler_table import bind
from payments_service.transport.interceptors.validate import validated
from payments_service.transport.methods import Method
from payments_service.transport.status import DETAILS_KEY, failure, internal_error

STREAM_SECONDS_MAX = 60.0
"""A busy stream ends after this long, so that its connection can: connections are made anew from time to time."""

_log = structlog.get_logger()
_validator = Validator()
"""One for the process: it keeps the rules that it has compiled."""

_Context = grpc.aio.ServicerContext[bytes, bytes]


def generic_handlers(
    services: Mapping[str, object],
    steps: Sequence[Step],
    draining: asyncio.Event,
    *,
    client_certificates: bool = False,
) -> tuple[grpc.GenericRpcHandler, ...]:
    """The gRPC handlers of the services, with the steps before each method.

    Requests and replies pass grpcio as bytes: it would answer an undecodable request with an INTERNAL of its own.

    Args:
        services: handler objects by the full name of their service.
        steps: what comes before each handler, outermost first.
        draining: when set, streams end with their next reply; one at rest holds up a stop as long as a call may.
        client_certificates: whether connections may have one, which every call then says.

    Raises:
        MethodTableError: handlers and methods do not match, or a method names no scope.
    """
    methods: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {}
    for method, handler in bind(services):
        chain = compose(steps, validated(method, handler, _validator))
        if method.streams:
            rpc = _stream(method, chain, draining, client_certificates=client_certificates)
        else:
            rpc = _unary(method, chain, client_certificates=client_certificates)
        methods[f"/{method.full_name}"] = rpc
    return (_Methods(methods),)


class _Methods(grpc.GenericRpcHandler):
    """The methods of all services: grpcio asks the handlers of services one after the other, with every call."""

    def __init__(self, methods: "Mapping[str, grpc.RpcMethodHandler[bytes, bytes]]") -> None:
        self._methods = methods

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        """What answers a method; None: nothing here does."""
        return self._methods.get(handler_call_details.method)


def _unary(method: Method, chain: Next, *, client_certificates: bool) -> Any:  # noqa: ANN401 - grpcio's types know no raw bytes
    async def answer(raw: bytes, context: _Context) -> bytes:
        call = _call(method, context, client_certificates=client_certificates)
        reply = await _answer(chain, call, raw, context)
        context.set_trailing_metadata(call.trailing)
        return reply

    return grpc.unary_unary_rpc_method_handler(answer)


def _stream(method: Method, chain: Next, draining: asyncio.Event, *, client_certificates: bool) -> Any:  # noqa: ANN401 - as above
    """A stream of calls: each request goes all the way of a call of its own, and the first error ends the stream."""

    async def answer(_requests: object, context: _Context) -> None:
        end = time.monotonic() + STREAM_SECONDS_MAX
        while not draining.is_set() and time.monotonic() < end:
            raw: object = await context.read()  # the types of grpcio do not know of its end
            if not isinstance(raw, bytes):
                return
            call = _call(method, context, client_certificates=client_certificates)
            await context.write(await _answer(chain, call, raw, context))

    return grpc.stream_stream_rpc_method_handler(answer)


def _call(method: Method, context: _Context, *, client_certificates: bool) -> Call:
    certificate = _peer_certificate(context) if client_certificates else None
    return Call(method, dict(context.invocation_metadata() or ()), context.time_remaining(), certificate)


async def _answer(chain: Next, call: Call, raw: bytes, context: _Context) -> bytes:
    """The reply of the chain; an error of it ends what the caller has called."""
    try:
        return await chain(call, raw)
    except PaymentsError as error:
        await _fail(context, call, error)
    except Exception as error:  # noqa: BLE001 - a defect of a step itself; grpcio would send its text to the caller
        _log.error("defect", method=call.method.full_name, exc_info=error)
        await _fail(context, call, internal_error(call.request_id))


def _peer_certificate(context: _Context) -> bytes | None:
    """The certificate (PEM) that the client has shown; gRPC has verified it, or there would be no call."""
    return next(iter(context.auth_context().get("x509_pem_cert", ())), None)


async def _fail(context: _Context, call: Call, error: PaymentsError) -> NoReturn:
    """End the call with an error; never returns."""
    code, message, details = failure(error, call.request_id)
    await context.abort(code, message, (*call.trailing, (DETAILS_KEY, details)))
