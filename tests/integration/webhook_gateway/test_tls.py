"""TLS to the payments service: checked both ways, and nothing is sent where it fails."""

import datetime as dt
import ipaddress
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.integration.webhook_gateway.harness import PaymentsDouble, event, make_settings, run_gateway


@dataclass
class Authority:
    """A certificate authority for a test, with its files."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    name: x509.Name
    pem: bytes

    @classmethod
    def create(cls, folder: Path, label: str) -> "Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, label)])
        certificate = _certificate(name, key, name, key, authority=True)
        folder.mkdir()
        (folder / "ca.pem").write_bytes(certificate)
        return cls(folder, key, name, certificate)

    def issue(self, label: str) -> tuple[Path, Path]:
        """Issues a certificate for this machine; returns the files of certificate and key."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, label)])
        certificate_file, key_file = self.folder / f"{label}.pem", self.folder / f"{label}.key"
        certificate_file.write_bytes(_certificate(name, key, self.name, self.key, authority=False))
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return certificate_file, key_file


def _certificate(
    name: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    authority: bool,
) -> bytes:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(issuer_key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path / "ours", "ours")


def server_credentials(authority: Authority) -> grpc.ServerCredentials:
    """Returns credentials of a service that also asks for a client's certificate."""
    certificate, key = authority.issue("service")
    pair = (key.read_bytes(), certificate.read_bytes())
    return grpc.ssl_server_credentials([pair], root_certificates=authority.pem, require_client_auth=True)


async def test_events_go_over_tls_with_certificates_on_both_sides(authority: Authority) -> None:
    payments = PaymentsDouble()
    await payments.start(server_credentials(authority))
    certificate, key = authority.issue("gateway")
    settings = make_settings(
        payments.address,
        payments_ca_file=authority.folder / "ca.pem",
        payments_cert_file=certificate,
        payments_key_file=key,
    )
    async with run_gateway(settings) as gateway:
        assert (await gateway.deliver(event())).status_code == 200
        assert (await gateway.client.get("/readyz")).status_code == 200
    await payments.stop()
    assert payments.metadata[0]["authorization"] == "Bearer tok_gateway"


async def test_a_service_of_another_authority_gets_nothing(authority: Authority, tmp_path: Path) -> None:
    payments = PaymentsDouble()
    await payments.start(server_credentials(authority))
    stranger = Authority.create(tmp_path / "theirs", "theirs")
    async with run_gateway(make_settings(payments.address, payments_ca_file=stranger.folder / "ca.pem")) as gateway:
        assert (await gateway.deliver(event())).status_code == 503
    await payments.stop()
    assert payments.requests == []
