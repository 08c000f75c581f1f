"""From a client certificate to the principal it stands for.

The certificate was verified when the connection was made: gRPC lets nobody in whose certificate is not by a trusted
authority. What is decided here is who that is: the holder of a SPIFFE ID, as an X.509-SVID carries it (SPIFFE X509-SVID
standard, section 2: exactly one URI name), with the scopes that the settings give it.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cryptography import x509

from payments_service.application.caller import Principal
from payments_service.config import CertificateGrant, Settings
from payments_service.domain.errors import PaymentsError, Reason

REMEMBERED_MAX = 1_000
_NAMES = x509.SubjectAlternativeName.oid
_VARIABLE = "PAYMENTS_AUTH_SPIFFE_SCOPES"


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """What counts in a client certificate.

    Attributes:
        uris: its URI names.
        not_after: when it ends, in seconds since the epoch.
    """

    uris: tuple[str, ...]
    not_after: float


class ClientCertificates:
    """Knows holders of client certificates as the settings say."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._principals = _principals(settings.auth_spiffe_scopes)
        self._clock = clock
        self._read: OrderedDict[bytes, ClientCertificate] = OrderedDict()

    def principal_of(self, pem: bytes) -> Principal:
        """Who the certificate of a connection stands for.

        Raises:
            PaymentsError: TOKEN_INVALID, saying why and what to configure.
        """
        certificate = self._valid(pem)
        if len(certificate.uris) != 1:
            raise _invalid(
                f"it must have exactly one URI name, its SPIFFE ID, and has {len(certificate.uris)}: get another one"
            )
        [name] = certificate.uris
        principal = self._principals.get(name)
        if principal is None:
            raise _invalid(f"{name} is not known here: add it to {_VARIABLE}, or send a token")
        return principal

    def check(self, pem: bytes) -> None:
        """Check the certificate of a connection when it is a token that says who calls.

        Raises:
            PaymentsError: TOKEN_INVALID when it has expired since the connection was made.
        """
        self._valid(pem)

    def _valid(self, pem: bytes) -> ClientCertificate:
        """The certificate; a connection may outlive it, and then it opens nothing any more."""
        certificate = self._read.get(pem)
        if certificate is None:
            certificate = _read(pem)
            self._read[pem] = certificate
            if len(self._read) > REMEMBERED_MAX:
                self._read.popitem(last=False)
        if self._clock() >= certificate.not_after:
            raise _invalid("it has expired: connect again with a new one")
        return certificate


def _principals(grants: Mapping[str, CertificateGrant]) -> dict[str, Principal]:
    return {
        name: Principal(
            subject=name,
            scopes=frozenset(grant.scopes),
            owner_ids=None if grant.owner_ids is None else frozenset(grant.owner_ids),
        )
        for name, grant in grants.items()
    }


def _read(pem: bytes) -> ClientCertificate:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        names = [extension.value for extension in certificate.extensions if extension.oid == _NAMES]
    except ValueError:
        raise _invalid("its names cannot be read: get another one") from None
    uris = tuple(uri for found in names for uri in found.get_values_for_type(x509.UniformResourceIdentifier))
    return ClientCertificate(uris, certificate.not_valid_after_utc.timestamp())


def _invalid(why: str) -> PaymentsError:
    return PaymentsError(Reason.TOKEN_INVALID, f"the client certificate is not accepted: {why}")
