"""What `payments up` tells its processes about TLS."""

import json
from pathlib import Path

import pytest

from payments_service.cli.errors import CommandError
from payments_service.cli.stack.addresses import AddressBook
from payments_service.cli.stack.plan import Plan, make_plan
from payments_service.config import ConfigurationError, load_settings
from tests.authority import SERVER, Authority

FREE = "127.0.0.1:0"
ADDRESSES = {
    "PAYMENTS_GRPC_ADDRESS": FREE,
    "PAYMENTS_GRPC_MTLS_ADDRESS": FREE,
    "PAYMENTS_METRICS_ADDRESS": "",
    "PAYMENTS_WORKER_METRICS_ADDRESS": "",
    "GATEWAY_ADDRESS": FREE,
    "SANDBOX_ADDRESS": FREE,
}
STRIPE = {
    "PAYMENTS_STRIPE_API_KEY": "sk_test_1",
    "PAYMENTS_AUTH_KEY": "k" * 32,
    "GATEWAY_STRIPE_SECRETS": "whsec_1",
    "GATEWAY_PAYMENTS_TOKEN": "token",
}


def plan(folder: Path, plaintext: bool = False, /, **variables: str) -> Plan:
    environment = ADDRESSES | {"PAYMENTS_DATA_DIR": str(folder / ".payments")} | variables
    with AddressBook() as book:
        return make_plan(load_settings(environment), environment, book, plaintext=plaintext)


def tls_of(environment: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if "TLS" in name or "_FILE" in name}


def test_by_itself_grpc_speaks_tls_and_the_gateway_shows_a_certificate(tmp_path: Path) -> None:
    made = plan(tmp_path)
    folder = tmp_path / ".payments" / "tls"
    assert made.mtls is not None
    assert tls_of(made.service_environment("postgresql://", 3)) == {
        "PAYMENTS_GRPC_MTLS_ADDRESS": made.mtls.text,
        "PAYMENTS_TLS_CERT_FILE": str(folder / "server.pem"),
        "PAYMENTS_TLS_KEY_FILE": str(folder / "server.key"),
        "PAYMENTS_TLS_CLIENT_CA_FILE": str(folder / "ca.pem"),
    }
    gateway = made.gateway_environment(3)
    assert tls_of(gateway) == {
        "GATEWAY_PAYMENTS_CA_FILE": str(folder / "ca.pem"),
        "GATEWAY_PAYMENTS_CERT_FILE": str(folder / "webhook-gateway.pem"),
        "GATEWAY_PAYMENTS_KEY_FILE": str(folder / "webhook-gateway.key"),
    }
    assert gateway["GATEWAY_PAYMENTS_TARGET"] == made.mtls.text
    assert "GATEWAY_PAYMENTS_TOKEN" not in gateway


def test_the_gateways_certificate_may_bring_events_and_nothing_else(tmp_path: Path) -> None:
    told = plan(tmp_path).service_environment("postgresql://", 3)
    grants = json.loads(told["PAYMENTS_AUTH_SPIFFE_SCOPES"])
    assert grants["spiffe://payments.local/webhook-gateway"] == {"scopes": ["events.ingest"], "owner_ids": None}
    assert "events.ingest" not in grants["spiffe://payments.local/developer"]["scopes"]


def test_a_token_or_a_path_of_the_users_does_not_disturb_the_gateway(tmp_path: Path) -> None:
    gateway = plan(
        tmp_path, GATEWAY_PAYMENTS_TOKEN_FILE="/does/not/exist", GATEWAY_PAYMENTS_CERT_FILE="/does/not/exist"
    ).gateway_environment(3)
    assert "/does/not/exist" not in gateway.values()


def test_in_plaintext_nothing_of_it_is_there_and_the_gateway_has_a_token(tmp_path: Path) -> None:
    made = plan(tmp_path, True, PAYMENTS_GRPC_MTLS_ADDRESS="")
    assert made.mtls is None
    assert set(tls_of(made.service_environment("postgresql://", 3)).values()) == {""}
    gateway = made.gateway_environment(3)
    assert tls_of(gateway) == {}
    assert gateway["GATEWAY_PAYMENTS_TARGET"] == made.grpc.text
    assert gateway["GATEWAY_PAYMENTS_TOKEN"]


def test_with_stripe_itself_there_is_tls_but_nobody_gets_in_with_a_certificate(tmp_path: Path) -> None:
    made = plan(tmp_path, PAYMENTS_GRPC_MTLS_ADDRESS="", **STRIPE)
    told = made.service_environment("postgresql://", 3)
    assert told["PAYMENTS_TLS_CERT_FILE"].endswith("server.pem")
    assert (told["PAYMENTS_TLS_CLIENT_CA_FILE"], told["PAYMENTS_GRPC_MTLS_ADDRESS"]) == ("", "")
    assert told["PAYMENTS_AUTH_SPIFFE_SCOPES"] == "{}"
    gateway = made.gateway_environment(3)
    assert gateway["GATEWAY_PAYMENTS_CA_FILE"].endswith("ca.pem")
    assert gateway["GATEWAY_PAYMENTS_TOKEN"] == "token"


def test_a_certificate_of_the_users_is_used_as_it_is(tmp_path: Path) -> None:
    authority = Authority.create(tmp_path / "authority", "theirs")
    issued = authority.issue("server", usage=SERVER)
    files = {"PAYMENTS_TLS_CERT_FILE": str(issued.certificate), "PAYMENTS_TLS_KEY_FILE": str(issued.key)}
    variables = {"PAYMENTS_GRPC_MTLS_ADDRESS": "", "PAYMENTS_TLS_CA_FILE": str(authority.ca_file)} | files
    made = plan(tmp_path, **variables)
    assert made.tls is not None
    assert made.tls.ca_file == authority.ca_file
    assert made.service_environment("postgresql://", 3).items() >= files.items()
    assert made.gateway_environment(3)["GATEWAY_PAYMENTS_CA_FILE"] == str(authority.ca_file)
    assert not (tmp_path / ".payments" / "tls" / "ca.pem").exists()


@pytest.mark.parametrize(
    ("plaintext", "variables", "complaint"),
    [
        (True, {"PAYMENTS_TLS_CERT_FILE": "/x", "PAYMENTS_TLS_KEY_FILE": "/y"}, "--plaintext: PAYMENTS_TLS_CERT_FILE"),
        (False, {"PAYMENTS_TLS_CERT_FILE": "/x", "PAYMENTS_TLS_KEY_FILE": "/y"}, "PAYMENTS_TLS_CA_FILE: is required"),
        (
            False,
            {
                "PAYMENTS_GRPC_MTLS_ADDRESS": "",
                "PAYMENTS_TLS_CERT_FILE": "/x",
                "PAYMENTS_TLS_KEY_FILE": "/y",
                "PAYMENTS_TLS_CA_FILE": "/z",
                "PAYMENTS_TLS_CLIENT_CA_FILE": "/z",
            },
            "PAYMENTS_GRPC_MTLS_ADDRESS: is required with PAYMENTS_TLS_CLIENT_CA_FILE here",
        ),
    ],
)
def test_what_does_not_go_together_is_named(
    tmp_path: Path, plaintext: bool, variables: dict[str, str], complaint: str
) -> None:
    with pytest.raises(CommandError) as refused:
        plan(tmp_path, plaintext, **variables)
    assert str(refused.value).startswith(complaint)
    assert refused.value.exit_code == 2


def test_beyond_loopback_no_certificate_is_made_up(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"PAYMENTS_GRPC_ADDRESS: .* other machines and there is no TLS: set"):
        plan(tmp_path, PAYMENTS_GRPC_ADDRESS="0.0.0.0:0", PAYMENTS_GRPC_MTLS_ADDRESS="", **STRIPE)
