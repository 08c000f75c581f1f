"""TLS with real certificates: who gets a connection, with every method there is, and where a server may listen."""

import socket

import pytest

from payments_service.config import ConfigurationError
from payments_service.transport.methods import Method
from tests.authority import HOUR, SERVER, Authority
from tests.integration.payments_service.transport.harness import connected, serving
from tests.integration.payments_service.transport.tls import each_method, mutual, refused, tls


async def test_a_client_that_trusts_the_authority_gets_an_answer(ours: Authority) -> None:
    async with serving(**tls(ours)) as running:
        assert await running.call() == b""
        assert [line["tls"] for line in running.log_lines("listening")] == [True]


@each_method
async def test_a_client_that_trusts_another_authority_sends_nothing(
    ours: Authority, theirs: Authority, method: Method
) -> None:
    async with serving(**tls(ours)) as running, connected(running.server.addresses.grpc, theirs.ca_file) as channel:
        assert "CERTIFICATE_VERIFY_FAILED" in await refused(running, channel, method)


@each_method
async def test_nothing_is_answered_in_the_clear(ours: Authority, method: Method) -> None:
    async with serving(**tls(ours)) as running, connected(running.server.addresses.grpc) as channel:
        await refused(running, channel, method)


async def test_a_client_that_expects_another_name_sends_nothing(ours: Authority) -> None:
    issued = ours.issue("elsewhere", names=[], usage=SERVER)
    settings = tls(ours) | {"tls_cert_file": issued.certificate, "tls_key_file": issued.key}
    async with serving(**settings) as running:
        assert "Hostname Verification Check failed" in await refused(running, running.channel)


@pytest.mark.parametrize("address", ["grpc_address", "grpc_mtls_address"])
async def test_beyond_loopback_only_with_tls(ours: Authority, address: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        async with serving(**{address: "0.0.0.0:0"}):
            pytest.fail("it listens")
    assert str(refusal.value).startswith(f"PAYMENTS_{address.upper()}: ")
    async with serving(**mutual(ours) | {address: "0.0.0.0:0"}) as running:
        assert "0.0.0.0" in "".join(running.server.addresses)


async def test_a_certificate_that_has_expired_is_not_served(ours: Authority) -> None:
    issued = ours.issue("expired", usage=SERVER, ends_in=-HOUR)
    settings = tls(ours) | {"tls_cert_file": issued.certificate, "tls_key_file": issued.key}
    with pytest.raises(ConfigurationError, match=r"PAYMENTS_TLS_CERT_FILE: the certificate in .* has expired on 20"):
        async with serving(**settings):
            pytest.fail("it listens")


async def test_an_address_for_certificates_that_is_taken_is_named(ours: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ConfigurationError, match=f"PAYMENTS_GRPC_MTLS_ADDRESS: cannot listen on {address}: "):
            async with serving(**mutual(ours, grpc_mtls_address=address)):
                pytest.fail("it listens")
