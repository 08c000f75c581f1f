"""Finds out who calls, from the bearer token."""

from payments_service.domain.errors import PaymentsError, Reason
from payments_service.observability.metrics import RPC_REFUSED
from payments_service.transport.authentication import Authenticator
from payments_service.transport.call import Call
from payments_service.transport.chain import Next

_SCHEME = "bearer "


class Authenticate:
    """Sets the call's principal."""

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator

    async def __call__(self, call: Call, request: bytes, following: Next) -> bytes:
        """Verify the token of the call.

        Raises:
            PaymentsError: TOKEN_MISSING, TOKEN_INVALID.
        """
        try:
            call.principal = await self._authenticator.principal_of(_token(call))
        except PaymentsError as error:
            RPC_REFUSED.labels(error.reason.name).inc()
            raise
        return await following(call, request)


def _token(call: Call) -> str:
    header = call.text("authorization")
    if not header:
        raise PaymentsError(Reason.TOKEN_MISSING, "no token: send metadata authorization: Bearer <token>")
    if header[: len(_SCHEME)].lower() != _SCHEME:
        raise PaymentsError(Reason.TOKEN_INVALID, "authorization is not a bearer token: send Bearer <token>")
    return header[len(_SCHEME) :].strip()
