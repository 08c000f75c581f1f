"""Lets a call through only when the caller holds the scope that the method names. Nothing is implied."""

from payments_service.domain.errors import PaymentsError, Reason
from payments_service.observability.metrics import RPC_REFUSED
from payments_service.transport.call import Call
from payments_service.transport.chain import Next


async def authorise(call: Call, request: bytes, following: Next) -> bytes:
    """Compare the method's scope with the caller's.

    Raises:
        PaymentsError: SCOPE_MISSING, with the scope in metadata.
    """
    scope = call.method.scope
    if scope not in call.principal.scopes:
        RPC_REFUSED.labels(Reason.SCOPE_MISSING.name).inc()
        raise PaymentsError(
            Reason.SCOPE_MISSING,
            f"{call.method.full_name} needs scope {scope}, which this caller does not hold: use a token or a client "
            "certificate that does",
            metadata={"scope": scope},
        )
    return await following(call, request)
