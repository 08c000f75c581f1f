"""Settings about TLS and client certificates: what goes together, and what is said when it does not."""

import json
from pathlib import Path

import pytest

from payments_service.config import CertificateGrant, ConfigurationError, Settings, load_settings

SERVER = {"PAYMENTS_TLS_CERT_FILE": "/tls/server.pem", "PAYMENTS_TLS_KEY_FILE": "/tls/server.key"}
MUTUAL = SERVER | {"PAYMENTS_TLS_CLIENT_CA_FILE": "/tls/clients.pem"}
ORDERS = "spiffe://shop.example/orders"


def complaint(environment: dict[str, str]) -> str:
    with pytest.raises(ConfigurationError) as refused:
        load_settings(environment)
    message = str(refused.value)
    assert "\n" not in message
    return message


def grants(**entry: object) -> dict[str, str]:
    return MUTUAL | {"PAYMENTS_AUTH_SPIFFE_SCOPES": json.dumps({ORDERS: entry})}


def test_without_any_of_it_there_is_no_tls() -> None:
    settings = load_settings({})
    assert (settings.tls_cert_file, settings.tls_key_file, settings.tls_client_ca_file) == (None, None, None)
    assert settings.auth_spiffe_scopes == {}
    assert settings.grpc_mtls_address == ""


def test_files_are_named_not_read() -> None:
    settings = load_settings(MUTUAL)
    assert settings.tls_cert_file == Path("/tls/server.pem")
    assert settings.tls_client_ca_file == Path("/tls/clients.pem")


def test_a_variable_that_names_a_file_cannot_be_given_in_one() -> None:
    assert load_settings({"PAYMENTS_TLS_CERT_FILE_FILE": "/does/not/exist"}).tls_cert_file is None


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        (
            {"PAYMENTS_TLS_CERT_FILE": "/tls/server.pem"},
            "PAYMENTS_TLS_KEY_FILE: is required with PAYMENTS_TLS_CERT_FILE",
        ),
        (
            {"PAYMENTS_TLS_KEY_FILE": "/tls/server.key"},
            "PAYMENTS_TLS_CERT_FILE: is required with PAYMENTS_TLS_KEY_FILE",
        ),
        (
            {"PAYMENTS_TLS_CLIENT_CA_FILE": "/tls/clients.pem"},
            "PAYMENTS_TLS_CLIENT_CA_FILE: does nothing without PAYMENTS_TLS_CERT_FILE: set that too",
        ),
        (
            SERVER | {"PAYMENTS_AUTH_SPIFFE_SCOPES": json.dumps({ORDERS: {"scopes": ["payments.read"]}})},
            "PAYMENTS_AUTH_SPIFFE_SCOPES: does nothing without PAYMENTS_TLS_CLIENT_CA_FILE: set that too",
        ),
        ({"PAYMENTS_GRPC_MTLS_ADDRESS": "here"}, "PAYMENTS_GRPC_MTLS_ADDRESS: must be host:port"),
    ],
)
def test_half_of_it_is_named(environment: dict[str, str], message: str) -> None:
    assert complaint(environment).startswith(message)


def test_a_grant_has_scopes_and_may_be_for_some_owners() -> None:
    settings = load_settings(grants(scopes=["payments.read", "ledger.read"], owner_ids=["o1"]))
    assert settings.auth_spiffe_scopes == {
        ORDERS: CertificateGrant(scopes=("payments.read", "ledger.read"), owner_ids=("o1",))
    }
    assert load_settings(grants(scopes=["payments.read"])).auth_spiffe_scopes[ORDERS].owner_ids is None


@pytest.mark.parametrize(
    ("environment", "what"),
    [
        (MUTUAL | {"PAYMENTS_AUTH_SPIFFE_SCOPES": "orders"}, "must be JSON such as"),
        (grants(), f"{ORDERS}: scopes: Field required"),
        (grants(scopes=[]), f"{ORDERS}: scopes: "),
        (grants(scopes=["everything"]), "'everything' is no scope: write one like payments.read"),
        (grants(scopes=["payments.read"], owners=["o1"]), f"{ORDERS}: owners: "),
    ],
    ids=["no JSON", "no scopes", "empty scopes", "no scope", "unknown field"],
)
def test_a_wrong_grant_is_named(environment: dict[str, str], what: str) -> None:
    message = complaint(environment)
    assert message.startswith("PAYMENTS_AUTH_SPIFFE_SCOPES: ")
    assert what in message


@pytest.mark.parametrize(
    "name",
    [
        "https://shop.example/orders",
        "spiffe://shop.example",
        "spiffe://shop.example/",
        "spiffe://Shop.example/orders",
        "spiffe://shop.example:443/orders",
        "spiffe://shop.example/../orders",
        "spiffe://shop.example/orders/",
        "spiffe://shop.example/ord%65rs",
        "spiffe://shop.example/" + "x" * 250,
    ],
)
def test_what_is_no_spiffe_id_is_refused(name: str) -> None:
    told = {"PAYMENTS_AUTH_SPIFFE_SCOPES": json.dumps({name: {"scopes": ["payments.read"]}})}
    assert f"{name!r} is no SPIFFE ID" in complaint(MUTUAL | told)


@pytest.mark.parametrize("name", [ORDERS, "spiffe://a/b", "spiffe://td_1.x/ns/Default/sa/web.1-a_b"])
def test_spiffe_ids_are_taken_as_they_are(name: str) -> None:
    told = {"PAYMENTS_AUTH_SPIFFE_SCOPES": json.dumps({name: {"scopes": ["payments.read"]}})}
    assert list(load_settings(MUTUAL | told).auth_spiffe_scopes) == [name]


@pytest.mark.parametrize(
    ("grpc", "mtls", "loopback"),
    [
        ("127.0.0.1:1", "", True),
        ("127.0.0.1:1", "[::1]:2", True),
        ("127.0.0.1:1", "0.0.0.0:2", False),
        ("10.0.0.1:1", "localhost:2", False),
    ],
)
def test_loopback_means_every_grpc_address(grpc: str, mtls: str, loopback: bool) -> None:
    settings: Settings = load_settings({}, grpc_address=grpc, grpc_mtls_address=mtls)
    assert settings.grpc_is_loopback is loopback


def test_attempts_that_could_not_end_in_time_stop_the_start() -> None:
    with pytest.raises(ConfigurationError, match="PAYMENTS_STRIPE_ATTEMPTS_MAX must be at most 240000"):
        load_settings({"PAYMENTS_STRIPE_TIMEOUT_MS": "60000", "PAYMENTS_STRIPE_ATTEMPTS_MAX": "5"})
    load_settings({"PAYMENTS_STRIPE_TIMEOUT_MS": "60000", "PAYMENTS_STRIPE_ATTEMPTS_MAX": "4"})
