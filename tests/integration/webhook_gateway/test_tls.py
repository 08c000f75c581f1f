"""TLS to the payments service: checked both ways, and nothing is sent where it fails."""

from pathlib import Path

import grpc
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.authority import Authority, private_pem
from tests.integration.webhook_gateway.harness import PaymentsDouble, event, make_settings, run_gateway
from webhook_gateway.channel import open_channel
from webhook_gateway.errors import ConfigurationError


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path / "ours", "ours")


def server_credentials(authority: Authority) -> grpc.ServerCredentials:
    """Returns credentials of a service that also asks for a client's certificate."""
    issued = authority.issue("service")
    pair = (issued.key.read_bytes(), issued.certificate.read_bytes())
    return grpc.ssl_server_credentials([pair], root_certificates=authority.pem, require_client_auth=True)


async def test_events_go_over_tls_with_certificates_on_both_sides(authority: Authority) -> None:
    payments = PaymentsDouble()
    await payments.start(server_credentials(authority))
    issued = authority.issue("gateway")
    settings = make_settings(
        payments.address,
        payments_ca_file=authority.ca_file,
        payments_cert_file=issued.certificate,
        payments_key_file=issued.key,
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
    async with run_gateway(make_settings(payments.address, payments_ca_file=stranger.ca_file)) as gateway:
        assert (await gateway.deliver(event())).status_code == 503
    await payments.stop()
    assert payments.requests == []


async def test_a_key_with_a_password_is_refused_and_nobody_is_asked_for_it(authority: Authority) -> None:
    issued = authority.issue("gateway")
    issued.key.write_bytes(private_pem(ec.generate_private_key(ec.SECP256R1()), b"a password"))
    files = {
        "payments_ca_file": authority.ca_file,
        "payments_cert_file": issued.certificate,
        "payments_key_file": issued.key,
    }
    with pytest.raises(ConfigurationError, match="no matching certificate and key, without a password, in "):
        open_channel(make_settings("127.0.0.1:1", **files))
