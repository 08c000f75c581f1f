"""The stack's own authority: made once, for its user alone, and renewed before it is too late."""

import ipaddress
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from payments_service.cli.data_folder import DataFolder
from payments_service.cli.errors import CommandError
from payments_service.cli.stack import certificates
from payments_service.cli.stack.certificates import CertificateFiles, LocalCertificates, local_certificates


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / ".payments")
    folder.make()
    return folder


def load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def issued(found: LocalCertificates) -> list[CertificateFiles]:
    return [found.server, found.developer, found.gateway]


def serials(found: LocalCertificates) -> list[int]:
    return [load(path).serial_number for path in (found.authority, *(each.certificate for each in issued(found)))]


def test_only_its_user_can_read_them_and_the_key_of_the_authority_is_there(folder: DataFolder) -> None:
    local_certificates(folder)
    assert stat.S_IMODE(folder.tls.stat().st_mode) == 0o700
    files = sorted(folder.tls.iterdir())
    assert [path.name for path in files] == [
        "ca.key", "ca.pem", "developer.key", "developer.pem", "server.key", "server.pem", "webhook-gateway.key",
        "webhook-gateway.pem",
    ]  # fmt: skip
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


@pytest.mark.parametrize("name", [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
def test_the_servers_certificate_is_good_for_this_machine_and_no_other(folder: DataFolder, name: x509.DNSName) -> None:
    found = local_certificates(folder)
    policy = PolicyBuilder().store(Store([load(found.authority)]))
    assert policy.build_server_verifier(name).verify(load(found.server.certificate), [])
    with pytest.raises(x509.verification.VerificationError):
        policy.build_server_verifier(x509.DNSName("shop.example")).verify(load(found.server.certificate), [])
    with pytest.raises(x509.verification.VerificationError):
        policy.build_server_verifier(name).verify(load(found.developer.certificate), [])


def test_client_certificates_carry_their_spiffe_id_alone(folder: DataFolder) -> None:
    found = local_certificates(folder)
    verifier = PolicyBuilder().store(Store([load(found.authority)])).build_client_verifier()
    for files, name in ((found.developer, certificates.DEVELOPER), (found.gateway, certificates.WEBHOOK_GATEWAY)):
        assert verifier.verify(load(files.certificate), []).subjects == [x509.UniformResourceIdentifier(name)]


def test_the_next_start_finds_the_same(folder: DataFolder) -> None:
    assert serials(local_certificates(folder)) == serials(local_certificates(folder))


def test_a_certificate_near_its_end_is_made_anew_by_the_same_authority(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = serials(local_certificates(folder))
    monkeypatch.setattr(certificates, "RENEWAL", certificates.LIFETIME + timedelta(days=1))
    after = serials(local_certificates(folder))
    assert after[0] == before[0]
    assert all(new != old for new, old in zip(after[1:], before[1:], strict=True))


def test_an_authority_near_its_end_is_replaced_with_all_that_it_issued(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = serials(local_certificates(folder))
    monkeypatch.setattr(certificates, "LIFETIME", certificates.AUTHORITY_LIFETIME)
    after = serials(local_certificates(folder))
    assert not set(before) & set(after)


def _of_another_authority(found: LocalCertificates, other: LocalCertificates) -> None:
    for name in ("certificate", "key"):
        getattr(found.server, name).write_bytes(getattr(other.server, name).read_bytes())


@pytest.mark.parametrize(
    "damage",
    [
        lambda found, _: found.server.certificate.unlink(),
        lambda found, _: found.server.key.unlink(),
        lambda found, _: found.server.key.write_text("nonsense"),
        lambda found, _: found.server.certificate.write_bytes(found.developer.certificate.read_bytes()),
        lambda found, other: found.server.key.write_bytes(other.server.key.read_bytes()),
        _of_another_authority,
    ],
    ids=["no certificate", "no key", "no PEM", "another's certificate", "another key", "another authority"],
)
def test_what_is_missing_or_damaged_is_made_anew(
    folder: DataFolder, tmp_path: Path, damage: Callable[[LocalCertificates, LocalCertificates], None]
) -> None:
    elsewhere = DataFolder(tmp_path / "elsewhere")
    elsewhere.make()
    found = local_certificates(folder)
    authority, server, *others = serials(found)
    damage(found, local_certificates(elsewhere))
    repaired = serials(local_certificates(folder))
    assert repaired[0] == authority
    assert repaired[1] != server
    assert repaired[2:] == others


def test_a_folder_that_cannot_be_used_is_named(folder: DataFolder) -> None:
    (folder.tls / "ca.pem").mkdir()
    with pytest.raises(CommandError, match=f"PAYMENTS_DATA_DIR: cannot use {folder.tls}"):
        local_certificates(folder)
