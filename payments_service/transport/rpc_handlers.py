"""From the chain of a method to what grpcio calls."""

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

_log = structlog.get_logger()
_validator = Validator()
"""One for the process: it keeps the rules that it has compiled."""

_Context = grpc.aio.ServicerContext[bytes, bytes]


def generic_handlers(
    services: Mapping[str, object], steps: Sequence[Step], *, client_certificates: bool = False
) -> tuple[grpc.GenericRpcHandler, ...]:
    """The gRPC handlers of the services, with the steps before each method.

    Requests and replies pass grpcio as bytes: it would answer an undecodable request with an INTERNAL of its own.

    Args:
        services: handler objects by the full name of their service.
        steps: what comes before each handler, outermost first.
        client_certificates: whether connections may have one, which every call then says.

    Raises:
        MethodTableError: handlers and methods do not match, or a method names no scope.
    """
    methods: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {}
    for method, handler in bind(services):
        chain = compose(steps, validated(method, handler, _validator))
        methods[f"/{method.full_name}"] = _unary(method, chain, client_certificates=client_certificates)
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
        certificate = _peer_certificate(context) if client_certificates else None
        call = Call(method, dict(context.invocation_metadata() or ()), context.time_remaining(), certificate)
        try:
            reply = await chain(call, raw)
        except PaymentsError as error:
            await _fail(context, call, error)
        except Exception as error:  # noqa: BLE001 - a defect of a step itself; grpcio would send its text to the caller
            _log.error("defect", method=method.full_name, exc_info=error)
            await _fail(context, call, internal_error(call.request_id))
        context.set_trailing_metadata(call.trailing)
        return reply

    return grpc.unary_unary_rpc_method_handler(answer)


def _peer_certificate(context: _Context) -> bytes | None:
    """The certificate (PEM) that the client has shown; gRPC has verified it, or there would be no call."""
    return next(iter(context.auth_context().get("x509_pem_cert", ())), None)


async def _fail(context: _Context, call: Call, error: PaymentsError) -> NoReturn:
    """End the call with an error; never returns."""
    code, message, details = failure(error, call.request_id)
    await context.abort(code, message, (*call.trailing, (DETAILS_KEY, details)))
