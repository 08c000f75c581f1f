"""Files of TLS that change under a running server."""

import asyncio
import socket
import ssl
from pathlib import Path

import grpc
import pytest

from payments_service.transport import server
from tests.authority import HOUR, SERVER, Authority, Issued
from tests.integration.payments_service.transport.harness import Running, connected, serving
from tests.integration.payments_service.transport.tls import ORDERS, READS, mutual, refused, tls


async def shown(address: str, authority: Authority) -> bytes:
    """The certificate that a new connection is shown; TLS 1.3 by itself."""

    def connect() -> bytes:
        context = ssl.create_default_context(cafile=str(authority.ca_file))
        context.set_alpn_protocols(["h2"])
        host, _, port = address.rpartition(":")
        with (
            socket.create_connection((host, int(port)), 10) as plain,
            context.wrap_socket(plain, server_hostname=host) as connection,
        ):
            assert connection.version() == "TLSv1.3"
            return connection.getpeercert(binary_form=True) or b""

    return await asyncio.to_thread(connect)


def der(issued: Issued) -> bytes:
    return ssl.PEM_cert_to_DER_cert(issued.certificate.read_text())


async def test_a_renewed_certificate_is_shown_to_new_connections_and_old_ones_go_on(ours: Authority) -> None:
    settings = tls(ours)
    files = Issued(Path(str(settings["tls_cert_file"])), Path(str(settings["tls_key_file"])))
    async with serving(**settings) as running:
        address = running.server.addresses.grpc
        await running.call()
        before = der(files)
        assert await shown(address, ours) == before
        files.replace_by(ours.issue("renewed", usage=SERVER))
        assert der(files) != before
        assert await shown(address, ours) == der(files)
        assert await running.call() == b""
        assert len(running.log_lines("tls_reloaded")) == 1


@pytest.mark.parametrize("broken", ["no PEM", "of another key", "expired", "gone"])
async def test_broken_files_leave_the_old_ones_in_force_until_they_are_mended(ours: Authority, broken: str) -> None:
    settings = tls(ours)
    files = Issued(Path(str(settings["tls_cert_file"])), Path(str(settings["tls_key_file"])))
    async with serving(**settings) as running:
        address = running.server.addresses.grpc
        before = der(files)
        if broken == "no PEM":
            files.certificate.write_text("nonsense")
        elif broken == "gone":
            files.certificate.unlink()
        elif broken == "expired":
            files.replace_by(ours.issue("expired", usage=SERVER, ends_in=-HOUR))
        else:
            files.certificate.write_bytes(ours.issue("other", usage=SERVER).certificate.read_bytes())
        for _ in range(3):
            assert await shown(address, ours) == before
        [line] = running.log_lines("tls_reload_failed")
        assert line["level"] == "error"
        assert line["error"].startswith("PAYMENTS_TLS_")
        files.replace_by(ours.issue("mended", usage=SERVER))
        assert await shown(address, ours) == der(files) != before


async def test_a_new_authority_of_clients_counts_for_new_connections(ours: Authority, theirs: Authority) -> None:
    grants = {ORDERS: READS}
    old, new = ours.issue_to(ORDERS), theirs.issue_to(ORDERS)
    trusted = ours.folder / "clients.pem"
    trusted.write_bytes(ours.pem)
    async with serving(**mutual(ours, grants) | {"tls_client_ca_file": trusted}) as running:
        address = running.server.addresses.grpc
        async with connected(address, ours.ca_file, new) as channel:
            await refused(running, channel)
        trusted.write_bytes(theirs.pem)
        async with connected(address, ours.ca_file, old) as channel:
            await refused(running, channel)
        async with connected(address, ours.ca_file, new) as channel:
            assert await running.over(channel).call(token=None) == b""


async def test_connections_of_an_authority_no_longer_trusted_end_in_time(
    ours: Authority, theirs: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "CERTIFIED_CONNECTION_AGE_MS", 200)
    trusted = ours.folder / "clients.pem"
    trusted.write_bytes(ours.pem)
    settings = mutual(ours, {ORDERS: READS}) | {"tls_client_ca_file": trusted}
    async with (
        serving(**settings) as running,
        connected(running.server.addresses.grpc, ours.ca_file, ours.issue_to(ORDERS)) as channel,
    ):
        certified = running.over(channel)
        assert await certified.call(token=None) == b""
        trusted.write_bytes(theirs.pem)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await _call_until_it_fails(certified)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_of_a_thousand_calls_none_notices_that_connections_are_made_anew(
    ours: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "CERTIFIED_CONNECTION_AGE_MS", 50)
    async with (
        serving(**mutual(ours, {ORDERS: READS})) as running,
        connected(running.server.addresses.grpc, ours.ca_file, ours.issue_to(ORDERS)) as channel,
    ):
        certified = running.over(channel)
        for _ in range(20):
            assert await asyncio.gather(*(certified.call(token=None) for _ in range(50))) == [b""] * 50


async def _call_until_it_fails(running: Running) -> None:
    async with asyncio.timeout(15):
        while True:
            await running.call(token=None)
