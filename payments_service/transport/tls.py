"""TLS of the gRPC server: its files, what must hold of them, and which version is spoken. Knows no gRPC."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from payments_service.config import ConfigurationError, Settings
from payments_service.transport.addresses import GRPC_ADDRESS, GRPC_MTLS_ADDRESS

CERT_FILE = "PAYMENTS_TLS_CERT_FILE"
KEY_FILE = "PAYMENTS_TLS_KEY_FILE"
CLIENT_CA_FILE = "PAYMENTS_TLS_CLIENT_CA_FILE"

FILE_BYTES_MAX = 1_048_576
_CIPHERS = "GRPC_SSL_CIPHER_SUITES"
_NONE_BEFORE_TLS_1_3 = "ECDHE-PSK-AES128-CBC-SHA"
"""A suite of TLS 1.2 that takes a pre-shared key. There is none, so up to TLS 1.2 nobody can agree on anything with us;
the suites of TLS 1.3 are not in this list and always on."""

Signature = tuple[tuple[int, int, int] | None, ...]
"""Which versions of the files are there: inode, size and time of change of each; None for one that is missing."""


@dataclass(frozen=True, slots=True, repr=False)
class TlsMaterial:
    """What the files hold, checked. Has no repr: the key is a secret.

    Attributes:
        certificate_chain: PEM, the server's own certificate first.
        private_key: PEM.
        client_authorities: PEM certificates that client certificates are checked against; None: none are asked for.
        not_after: when the server's certificate ends.
    """

    certificate_chain: bytes
    private_key: bytes
    client_authorities: bytes | None
    not_after: datetime


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where the server's certificate, its key, and the authorities of its clients are."""

    certificate: Path
    key: Path
    client_authorities: Path | None

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """The files that the settings name; None without TLS."""
        if settings.tls_cert_file is None or settings.tls_key_file is None:
            return None
        return cls(settings.tls_cert_file, settings.tls_key_file, settings.tls_client_ca_file)

    def signature(self) -> Signature:
        """Which versions of the files are there now."""
        paths = (self.certificate, self.key, self.client_authorities)
        return tuple(_version(path) for path in paths if path is not None)

    def read(self) -> TlsMaterial:
        """What the files hold now.

        Raises:
            ConfigurationError: one cannot be read or used; names its variable.
        """
        chain = _read(CERT_FILE, self.certificate)
        certificate = _certificates(CERT_FILE, self.certificate, chain)[0]
        _check_time(CERT_FILE, self.certificate, certificate)
        key = _read(KEY_FILE, self.key)
        if _public_key_of(self.key, key) != _public_bytes(certificate):
            raise ConfigurationError(f"{KEY_FILE}: {self.key} is not the key of the certificate in {self.certificate}")
        authorities: bytes | None = None
        if self.client_authorities is not None:
            authorities = _read(CLIENT_CA_FILE, self.client_authorities)
            _check_authorities(self.client_authorities, authorities)
        return TlsMaterial(chain, key, authorities, certificate.not_valid_after_utc)


def check_tls(settings: Settings) -> None:
    """Stop the start in good time when TLS cannot work, or when tokens and money would cross a network without it.

    Raises:
        ConfigurationError: a file is bad or missing, or other machines can reach the address and there is no TLS.
    """
    files = TlsFiles.of(settings)
    if settings.grpc_mtls_address and settings.tls_client_ca_file is None:
        raise ConfigurationError(f"{GRPC_MTLS_ADDRESS}: does nothing without {CLIENT_CA_FILE}: set that too")
    if files is not None:
        files.read()
    elif not settings.grpc_is_loopback:
        raise ConfigurationError(
            f"{GRPC_ADDRESS}: {settings.grpc_address} can be reached from other machines and there is no TLS: "
            f"set {CERT_FILE} and {KEY_FILE}, or use 127.0.0.1"
        )


def allow_tls_1_3_only() -> None:
    """Make gRPC in this process and its children speak TLS 1.3 or nothing.

    grpcio has no setting for it. It reads the environment once, when it is imported: this must come first.

    Raises:
        RuntimeError: grpc has been imported already, so that older versions could still be spoken.
    """
    if os.environ.get(_CIPHERS) != _NONE_BEFORE_TLS_1_3:
        if "grpc" in sys.modules:
            raise RuntimeError("grpc has been imported before TLS was pinned to 1.3")
        os.environ[_CIPHERS] = _NONE_BEFORE_TLS_1_3


def _version(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _read(variable: str, path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise ConfigurationError(f"{variable}: cannot read {path}: {error.strerror}") from None
    if len(content) > FILE_BYTES_MAX:
        raise ConfigurationError(f"{variable}: {path} is longer than {FILE_BYTES_MAX} bytes")
    return content


def _certificates(variable: str, path: Path, pem: bytes) -> Sequence[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigurationError(f"{variable}: {path} holds no certificate in PEM form") from None


def _check_time(variable: str, path: Path, certificate: x509.Certificate) -> None:
    now = datetime.now(UTC)
    if certificate.not_valid_after_utc < now:
        raise ConfigurationError(
            f"{variable}: the certificate in {path} has expired on {certificate.not_valid_after_utc:%Y-%m-%d %H:%M} "
            "UTC: renew it"
        )
    if certificate.not_valid_before_utc > now:
        raise ConfigurationError(
            f"{variable}: the certificate in {path} is not valid before "
            f"{certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC: compare the clocks"
        )


def _check_authorities(path: Path, pem: bytes) -> None:
    """Check that somebody could get in: one authority at least is one, and has not expired."""
    authorities = [found for found in _certificates(CLIENT_CA_FILE, path, pem) if _is_authority(found)]
    if not authorities:
        raise ConfigurationError(f"{CLIENT_CA_FILE}: {path} holds no certificate of an authority (CA:TRUE)")
    if all(found.not_valid_after_utc < datetime.now(UTC) for found in authorities):
        raise ConfigurationError(f"{CLIENT_CA_FILE}: every authority in {path} has expired: renew them")


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _public_key_of(path: Path, pem: bytes) -> bytes:
    """The public half of a private key, for comparison."""
    try:
        key = load_pem_private_key(pem, None)
    except TypeError:
        raise ConfigurationError(
            f"{KEY_FILE}: {path} is protected by a password: give the key without one, readable by this user alone"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigurationError(f"{KEY_FILE}: {path} holds no private key in PEM form") from None
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _public_bytes(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
