"""Finds out who calls: from the bearer token, or else from the client certificate.

With both it is the token that says who calls, and the certificate must still be valid: what a proxy or a fellow process
shows as its certificate must not lend its rights to the callers whose tokens it passes on.
"""

from payments_service.application.caller import Principal
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.observability.metrics import RPC_REFUSED
from payments_service.transport.authentication import Authenticator
from payments_service.transport.call import Call
from payments_service.transport.chain import Next
from payments_service.transport.client_certificates import ClientCertificates

_SCHEME = "bearer "


class Authenticate:
    """Sets the call's principal."""

    def __init__(self, authenticator: Authenticator, certificates: ClientCertificates) -> None:
        self._authenticator = authenticator
        self._certificates = certificates

    async def __call__(self, call: Call, request: bytes, following: Next) -> bytes:
        """Verify the token or the client certificate of the call.

        Raises:
            PaymentsError: TOKEN_MISSING, TOKEN_INVALID.
        """
        try:
            call.principal = await self._principal(call)
        except PaymentsError as error:
            RPC_REFUSED.labels(error.reason.name).inc()
            raise
        return await following(call, request)

    async def _principal(self, call: Call) -> Principal:
        certificate = call.peer_certificate
        if certificate is None:
            return await self._authenticator.principal_of(_token(call))
        if call.text("authorization") is None:
            return self._certificates.principal_of(certificate)
        self._certificates.check(certificate)
        return await self._authenticator.principal_of(_token(call))


def _token(call: Call) -> str:
    header = call.text("authorization")
    if not header:
        raise PaymentsError(Reason.TOKEN_MISSING, "no token: send metadata authorization: Bearer <token>")
    if header[: len(_SCHEME)].lower() != _SCHEME:
        raise PaymentsError(Reason.TOKEN_INVALID, "authorization is not a bearer token: send Bearer <token>")
    return header[len(_SCHEME) :].strip()
