"""The channel of the command line: it connects, or says what to do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]  # ships no types

from payments_service.cli.channel import ChannelTls, open_channel
from payments_service.cli.errors import CommandError
from payments_service.cli.purchase.failure import explained
from tests.authority import HOUR, SERVER, Authority, Issued


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path / "authority", "authority")


class Health(health_pb2_grpc.HealthServicer):  # type: ignore[misc]  # grpcio-health-checking ships no types
    """Says that all is well."""

    async def Check(self, *_: object) -> health_pb2.HealthCheckResponse:  # noqa: N802 - gRPC's name
        return health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)


@asynccontextmanager
async def listening(shown: Issued | None = None, clients: Authority | None = None) -> AsyncIterator[str]:
    """A server with any certificate at all, also one that ours would refuse to start with; gives its address."""
    server = grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(Health(), server)
    if shown is None:
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        pair = (shown.key.read_bytes(), shown.certificate.read_bytes())
        roots = clients.pem if clients else None
        port = server.add_secure_port(
            "127.0.0.1:0", grpc.ssl_server_credentials([pair], roots, require_client_auth=roots is not None)
        )
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


async def said(target: str, tls: ChannelTls | None) -> str:
    """What a person reads of a call over such a channel; empty when it succeeds."""
    async with open_channel(target, tls) as channel:
        try:
            await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=10)
        except grpc.aio.AioRpcError as error:
            return explained(error)
    return ""


async def test_it_connects_with_tls_with_a_client_certificate_and_in_the_clear(authority: Authority) -> None:
    shown, client = authority.issue("server", usage=SERVER), authority.issue_to("spiffe://shop.example/x")
    async with listening() as target:
        assert await said(target, None) == ""
    async with listening(shown) as target:
        assert await said(target, ChannelTls(authority.ca_file)) == ""
    async with listening(shown, clients=authority) as target:
        assert await said(target, ChannelTls(authority.ca_file, client.certificate, client.key)) == ""


async def test_a_connection_that_fails_says_what_to_do(authority: Authority, tmp_path: Path) -> None:
    stranger = Authority.create(tmp_path / "stranger", "stranger")
    shown, tls = authority.issue("server", usage=SERVER), ChannelTls(authority.ca_file)
    async with listening() as target:
        assert "no TLS is spoken there: leave out --ca-file" in await said(target, tls)
    async with listening(shown) as target:
        assert "it may speak TLS (--ca-file)" in await said(target, None)
        assert "is by another authority" in await said(target, ChannelTls(stranger.ca_file))
    async with listening(shown, clients=authority) as target:
        assert "want a client certificate (--cert-file)" in await said(target, tls)
    async with listening(authority.issue("expired", ends_in=-HOUR)) as target:
        assert "has expired: renew it" in await said(target, tls)
    async with listening(authority.issue("elsewhere", names=[])) as target:
        assert "is for another name: use that one in --target" in await said(target, tls)


def test_in_the_clear_no_token_leaves_this_machine() -> None:
    with pytest.raises(CommandError, match=r"--ca-file: 10.0.0.1:1 is another machine: name a file"):
        open_channel("10.0.0.1:1", None)


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        (("nobody",), "--ca-file: cannot read {nobody}: No such file or directory"),
        (("key",), "--ca-file: {key} holds no certificate in PEM form"),
        (("ca", "certificate"), "--cert-file, --key-file: give both or neither"),
        (("ca", "nobody", "key"), "--cert-file: cannot read {nobody}: No such file or directory"),
        (("ca", "ca", "key"), "--cert-file, --key-file: {ca} and {key} are no certificate and its key in PEM form"),
    ],
)
def test_files_that_cannot_be_used_are_named(
    tmp_path: Path, authority: Authority, files: tuple[str, ...], complaint: str
) -> None:
    issued = authority.issue("client")
    named = {
        "ca": authority.ca_file,
        "certificate": issued.certificate,
        "key": issued.key,
        "nobody": tmp_path / "nobody",
    }
    with pytest.raises(CommandError) as refused:
        open_channel("127.0.0.1:1", ChannelTls(*(named[name] for name in files)))
    assert str(refused.value).startswith(complaint.format(**named))
    assert refused.value.exit_code == 2
