"""The stack's own certificate authority, for TLS on this machine without anything to set up.

Made once and kept in the data folder, readable by its user alone. Nobody else trusts it: clients are given its
certificate, and it goes away with the folder. Whoever may read its key may read the stack's other keys as well.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from payments_service.cli.data_folder import DataFolder

AUTHORITY_LIFETIME = timedelta(days=730)
LIFETIME = timedelta(days=90)
RENEWAL = timedelta(days=30)
"""A certificate with less left than this is replaced at the next start; an authority when it cannot cover a new one."""

DEVELOPER = "spiffe://payments.local/developer"
WEBHOOK_GATEWAY = "spiffe://payments.local/webhook-gateway"
"""SPIFFE IDs in the client certificates that come with the stack."""

_SERVER_NAMES: tuple[x509.GeneralName, ...] = (
    x509.DNSName("localhost"),
    x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    x509.IPAddress(ipaddress.ip_address("::1")),
)
_CLOCK_SKEW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class LocalCertificates:
    """What the authority has issued.

    Attributes:
        authority: its own certificate, which both sides check the other's against.
        server: for localhost, 127.0.0.1 and ::1.
        developer: for calls by hand.
        gateway: for the webhook gateway.
    """

    authority: Path
    server: CertificateFiles
    developer: CertificateFiles
    gateway: CertificateFiles


@dataclass(frozen=True, slots=True)
class _Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def local_certificates(folder: DataFolder) -> LocalCertificates:
    """The certificates of this data folder; those that are missing, damaged or near their end are made anew.

    Raises:
        CommandError: the data folder cannot be used.
    """
    authority_files = _files(folder, "ca")
    authority = _read(authority_files)
    if authority is None or not _lasts(authority.certificate, LIFETIME):
        authority = _new_authority()
        _write(folder, authority_files, authority)

    def issued(name: str, usage: ObjectIdentifier, names: Sequence[x509.GeneralName]) -> CertificateFiles:
        files = _files(folder, name)
        found = _read(files)
        if found is None or not _lasts(found.certificate, RENEWAL) or not _is_by(authority, found, names):
            _write(folder, files, _issue(authority, name, usage, names))
        return files

    client = ExtendedKeyUsageOID.CLIENT_AUTH
    return LocalCertificates(
        authority=authority_files.certificate,
        server=issued("server", ExtendedKeyUsageOID.SERVER_AUTH, _SERVER_NAMES),
        developer=issued("developer", client, (x509.UniformResourceIdentifier(DEVELOPER),)),
        gateway=issued("webhook-gateway", client, (x509.UniformResourceIdentifier(WEBHOOK_GATEWAY),)),
    )


def _files(folder: DataFolder, name: str) -> CertificateFiles:
    return CertificateFiles(folder.tls / f"{name}.pem", folder.tls / f"{name}.key")


def _read(files: CertificateFiles) -> _Issued | None:
    """A certificate with its key; None when one is missing or damaged, or they do not belong together.

    A file that cannot be read counts as damaged: writing it anew says what is wrong, if that cannot be done either.
    """
    try:
        certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
        key = load_pem_private_key(files.key.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        return None
    return _Issued(certificate, key)


def _write(folder: DataFolder, files: CertificateFiles, issued: _Issued) -> None:
    """Write both; a start that is interrupted in between leaves two that do not match and are made anew."""
    key = issued.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    folder.write_private(files.key, key.decode())
    folder.write_private(files.certificate, issued.certificate.public_bytes(Encoding.PEM).decode())


def _lasts(certificate: x509.Certificate, at_least: timedelta) -> bool:
    now = datetime.now(UTC)
    return certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - at_least


def _is_by(authority: _Issued, issued: _Issued, names: Sequence[x509.GeneralName]) -> bool:
    """Whether the authority has signed it, for just these names."""
    try:
        issued.certificate.verify_directly_issued_by(authority.certificate)
        found = issued.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound):
        return False
    return list(found) == list(names)


def _new_authority() -> _Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    # Names differ, so that a client that still has an earlier one's certificate does not take it for this one's.
    name = _name(f"payments development CA {datetime.now(UTC):%Y-%m-%d %H:%M:%S}")
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    builder = (
        _builder(name, name, key.public_key(), key.public_key(), datetime.now(UTC) + AUTHORITY_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
    )
    return _Issued(builder.sign(key, SHA256()), key)


def _issue(authority: _Issued, name: str, usage: ObjectIdentifier, names: Sequence[x509.GeneralName]) -> _Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate.subject
    builder = (
        _builder(_name(name), issuer, key.public_key(), authority.key.public_key(), datetime.now(UTC) + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
    )
    return _Issued(builder.sign(authority.key, SHA256()), key)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePublicKey,
    not_after: datetime,
) -> x509.CertificateBuilder:
    """What all certificates have."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - _CLOCK_SKEW)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
