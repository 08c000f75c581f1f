"""`payments serve` with TLS, as a process: versions, renewal, and files that it cannot use."""

import json
import socket
import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.authority import HOUR, SERVER, Authority, Issued, private_pem
from tests.integration.payments_service.cli.commands import payments
from tests.integration.payments_service.cli.test_processes import started
from tests.integration.payments_service.transport.harness import until

CONNECTIONS = 40
"""Enough for both of two processes to get some, whichever way the system deals them out."""


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path / "authority", "authority")


@pytest.fixture
def issued(authority: Authority) -> Issued:
    return authority.issue("server", usage=SERVER)


def files(issued: Issued) -> dict[str, str]:
    return {"PAYMENTS_TLS_CERT_FILE": str(issued.certificate), "PAYMENTS_TLS_KEY_FILE": str(issued.key)}


def handshake(address: str, authority: Authority, newest: ssl.TLSVersion) -> tuple[str | None, bytes]:
    """The version that a client gets and the certificate that it is shown, if it speaks nothing newer than `newest`."""
    context = ssl.create_default_context(cafile=str(authority.ca_file))
    context.maximum_version = newest
    context.set_alpn_protocols(["h2"])
    host, _, port = address.rpartition(":")
    with (
        socket.create_connection((host, int(port)), 10) as plain,
        context.wrap_socket(plain, server_hostname=host) as connection,
    ):
        return connection.version(), connection.getpeercert(binary_form=True) or b""


@pytest.mark.parametrize("processes", ["1", "2"])
def test_tls_1_3_is_spoken_and_nothing_older(
    tmp_path: Path, database_url: str, authority: Authority, issued: Issued, processes: str
) -> None:
    settings = files(issued) | {"PAYMENTS_DATABASE_URL": database_url}
    with started(["serve", "--processes", processes], tmp_path, **settings) as (_, said):
        for _ in range(4):
            assert handshake(said["address"], authority, ssl.TLSVersion.TLSv1_3)[0] == "TLSv1.3"
            with pytest.raises(ssl.SSLError):
                handshake(said["address"], authority, ssl.TLSVersion.TLSv1_2)
        log = (tmp_path / "log").read_text().splitlines()
    assert [line for line in log if not line.startswith("{")] == []


async def test_every_process_shows_a_renewed_certificate(
    tmp_path: Path, database_url: str, authority: Authority, issued: Issued
) -> None:
    settings = files(issued) | {"PAYMENTS_DATABASE_URL": database_url}
    with started(["serve", "--processes", "2"], tmp_path, **settings) as (_, said):

        def shown() -> bytes:
            return handshake(said["address"], authority, ssl.TLSVersion.TLSv1_3)[1]

        before = shown()
        issued.replace_by(authority.issue("renewed", usage=SERVER))
        after = ssl.PEM_cert_to_DER_cert(issued.certificate.read_text())
        assert {shown() for _ in range(CONNECTIONS)} == {after} != {before}
        await until(lambda: len(_reloaded(tmp_path / "log")) == 2)


def _reloaded(log: Path) -> set[int]:
    """The processes that have read the files again."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return {line["pid"] for line in lines if line["event"] == "tls_reloaded"}


@pytest.fixture
def bad_files(tmp_path: Path, authority: Authority, issued: Issued) -> dict[str, dict[str, str]]:
    """Settings, each with one file that cannot be used."""
    locked = tmp_path / "locked.key"
    locked.write_bytes(private_pem(ec.generate_private_key(ec.SECP256R1()), b"a password"))
    nonsense = tmp_path / "nonsense"
    nonsense.write_text("nonsense")
    good = files(issued)
    return {
        "missing": good | {"PAYMENTS_TLS_CERT_FILE": str(tmp_path / "nobody")},
        "a folder": good | {"PAYMENTS_TLS_KEY_FILE": str(tmp_path)},
        "no certificate": good | {"PAYMENTS_TLS_CERT_FILE": str(nonsense)},
        "no key": good | {"PAYMENTS_TLS_KEY_FILE": str(nonsense)},
        "locked": good | {"PAYMENTS_TLS_KEY_FILE": str(locked)},
        "another key": good | {"PAYMENTS_TLS_KEY_FILE": str(authority.issue("other").key)},
        "expired": files(authority.issue("expired", ends_in=-HOUR)),
        "early": files(authority.issue("early", begins_in=HOUR, ends_in=2 * HOUR)),
        "no client authority": good | {"PAYMENTS_TLS_CLIENT_CA_FILE": str(nonsense)},
        "no authority": good | {"PAYMENTS_TLS_CLIENT_CA_FILE": str(issued.certificate)},
        "no certificates asked for": good | {"PAYMENTS_GRPC_MTLS_ADDRESS": "127.0.0.1:0"},
    }


@pytest.mark.parametrize(
    ("which", "complaint"),
    [
        ("missing", "PAYMENTS_TLS_CERT_FILE: cannot read {folder}/nobody: No such file or directory"),
        ("a folder", "PAYMENTS_TLS_KEY_FILE: cannot read {folder}: Is a directory"),
        ("no certificate", "PAYMENTS_TLS_CERT_FILE: {folder}/nonsense holds no certificate in PEM form"),
        ("no key", "PAYMENTS_TLS_KEY_FILE: {folder}/nonsense holds no private key in PEM form"),
        ("locked", "PAYMENTS_TLS_KEY_FILE: {folder}/locked.key is protected by a password"),
        ("another key", "PAYMENTS_TLS_KEY_FILE: {folder}/authority/other.key is not the key of the certificate in "),
        ("expired", "PAYMENTS_TLS_CERT_FILE: the certificate in {folder}/authority/expired.pem has expired on "),
        ("early", "PAYMENTS_TLS_CERT_FILE: the certificate in {folder}/authority/early.pem is not valid before "),
        ("no client authority", "PAYMENTS_TLS_CLIENT_CA_FILE: {folder}/nonsense holds no certificate in PEM form"),
        ("no authority", "PAYMENTS_TLS_CLIENT_CA_FILE: {folder}/authority/server.pem holds no certificate of an auth"),
        ("no certificates asked for", "PAYMENTS_GRPC_MTLS_ADDRESS: does nothing without PAYMENTS_TLS_CLIENT_CA_FILE"),
    ],
)
def test_a_bad_file_stops_the_start_with_one_line(
    tmp_path: Path, bad_files: dict[str, dict[str, str]], which: str, complaint: str
) -> None:
    done = payments("serve", folder=tmp_path, PAYMENTS_GRPC_ADDRESS="127.0.0.1:0", **bad_files[which])
    [line] = done.stderr.splitlines()
    assert done.returncode == 2
    assert line.startswith(f"payments: {complaint.format(folder=tmp_path)}")
    assert not (tmp_path / ".payments" / "postgres").exists()
