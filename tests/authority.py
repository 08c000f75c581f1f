"""Certificate authorities of the tests: what they issue, for how long and to whom, is up to the test.

Imported by its full name: the repository's root is on the path of the installed project.
"""

import datetime as dt
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOUR = dt.timedelta(hours=1)
LOOPBACK = (x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH
SERVER = ExtendedKeyUsageOID.SERVER_AUTH


@dataclass(frozen=True)
class Issued:
    """Files of a certificate and its key."""

    certificate: Path
    key: Path

    def replace_by(self, other: "Issued") -> None:
        """Put another certificate and key in the place of these, one after the other as any tool would."""
        for old, new in ((self.certificate, other.certificate), (self.key, other.key)):
            _write(old, new.read_bytes())


@dataclass(frozen=True)
class Authority:
    """A certificate authority with its files in a folder of its own."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    name: x509.Name
    ca_file: Path

    @classmethod
    def create(cls, folder: Path, label: str) -> "Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(label)
        folder.mkdir()
        authority = cls(folder, key, name, folder / "ca.pem")
        _write(authority.ca_file, _pem(authority._signed(name, key, True, HOUR).sign(key, hashes.SHA256())))
        return authority

    @property
    def pem(self) -> bytes:
        return self.ca_file.read_bytes()

    def issue(
        self,
        label: str,
        *,
        names: Sequence[x509.GeneralName] = LOOPBACK,
        usage: x509.ObjectIdentifier | None = None,
        ends_in: dt.timedelta = HOUR,
        begins_in: dt.timedelta = -2 * HOUR,
    ) -> Issued:
        """A certificate for this machine, unless other names are given; without `usage` for servers and clients."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._signed(_name(label), key, False, ends_in, begins_in)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        if usage is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        issued = Issued(self.folder / f"{label}.pem", self.folder / f"{label}.key")
        _write(issued.certificate, _pem(builder.sign(self.key, hashes.SHA256())))
        _write(issued.key, private_pem(key))
        return issued

    def issue_to(self, *uris: str, label: str = "client", ends_in: dt.timedelta = HOUR) -> Issued:
        """A client certificate with these URI names."""
        names = [x509.UniformResourceIdentifier(uri) for uri in uris]
        return self.issue(label, names=names, usage=CLIENT, ends_in=ends_in)

    def _signed(
        self,
        name: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        is_authority: bool,
        ends_in: dt.timedelta,
        begins_in: dt.timedelta = -2 * HOUR,
    ) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + begins_in)
            .not_valid_after(now + ends_in)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )


def private_pem(key: ec.EllipticCurvePrivateKey, password: bytes | None = None) -> bytes:
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _name(label: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, label)])


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, as those who renew certificates do."""
    unfinished = path.with_suffix(".new")
    unfinished.write_bytes(content)
    unfinished.replace(path)
