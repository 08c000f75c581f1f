"""Settings: read from the environment, checked, never shown."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from webhook_gateway.address import Address
from webhook_gateway.errors import ConfigurationError
from webhook_gateway.settings import Settings, load_settings

SECRET = "whsec_very_secret"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("GATEWAY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GATEWAY_STRIPE_SECRETS", SECRET)


def plain(settings: Settings) -> list[str]:
    return [secret.get_secret_value() for secret in settings.stripe_secrets]


def test_one_secret_is_enough() -> None:
    settings = load_settings()
    assert plain(settings) == [SECRET]
    assert settings.stripe_connect_secrets == ()
    assert settings.address == Address("127.0.0.1", 8080)
    assert settings.payments_target == Address("127.0.0.1", 50051)
    assert settings.tolerance_seconds == 300
    assert settings.body_bytes_max == 262_144
    assert settings.rpc_metadata() == ()


@pytest.mark.parametrize(
    "text", ["a,b", " a , b ", '["a","b"]', ' ["a", "b"] ', "a\nb\n", "a,,b,"]
)  # fmt: skip
def test_secrets_are_a_list_in_their_order(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("GATEWAY_STRIPE_SECRETS", text)
    assert plain(load_settings()) == ["a", "b"]


def test_secrets_come_from_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GATEWAY_STRIPE_SECRETS")
    for name, text in {
        "stripe_secrets": "a\nb\n",
        "stripe_connect_secrets": '["c"]',
        "payments_token": "tok\n",
    }.items():
        (tmp_path / name).write_text(text)
        monkeypatch.setenv(f"GATEWAY_{name.upper()}_FILE", str(tmp_path / name))
    settings = load_settings()
    assert plain(settings) == ["a", "b"]
    assert [secret.get_secret_value() for secret in settings.stripe_connect_secrets] == ["c"]
    assert settings.rpc_metadata() == (("authorization", "Bearer tok"),)


def complaint(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    message = str(caught.value)
    assert "\n" not in message
    assert SECRET not in message
    return message


@pytest.mark.parametrize("text", ["", " ", ",", "[]"])
def test_a_missing_secret_stops_the_start(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    assert complaint(monkeypatch, GATEWAY_STRIPE_SECRETS=text).startswith("GATEWAY_STRIPE_SECRETS: missing; set it")


@pytest.mark.parametrize(
    "text", [f'["{SECRET}"', f'["{SECRET}", 5]', f"{SECRET} x", f"{SECRET}\x07", f"{SECRET}é", ",".join([SECRET] * 9)]
)
def test_bad_secrets_stop_the_start_without_being_repeated(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    assert complaint(monkeypatch, GATEWAY_STRIPE_SECRETS=text).startswith("GATEWAY_STRIPE_SECRETS: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GATEWAY_ADDRESS", "8080"),
        ("GATEWAY_ADDRESS", "localhost:"),
        ("GATEWAY_ADDRESS", "localhost:65536"),
        ("GATEWAY_ADDRESS", "localhost:-1"),
        ("GATEWAY_ADDRESS", "::1:80"),
        ("GATEWAY_PAYMENTS_TARGET", "https://payments:443"),
        ("GATEWAY_TOLERANCE_SECONDS", "0"),
        ("GATEWAY_TOLERANCE_SECONDS", "five"),
        ("GATEWAY_BODY_BYTES_MAX", "262145"),
        ("GATEWAY_RPC_TIMEOUT_MS", "-5"),
        ("GATEWAY_LOG_LEVEL", "loud"),
        ("GATEWAY_LIFELINE_FD", "x"),
        ("GATEWAY_PAYMENTS_CA_FILE", "/does/not/exist.pem"),
    ],
)
def test_a_bad_value_is_named_with_its_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    message = complaint(monkeypatch, **{name: value})
    assert message.startswith(f"{name}: ")
    assert repr(value) in message


def test_every_bad_value_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    message = complaint(monkeypatch, GATEWAY_ADDRESS="x", GATEWAY_RPC_TIMEOUT_MS="y")
    assert "GATEWAY_ADDRESS: " in message
    assert "GATEWAY_RPC_TIMEOUT_MS: " in message


def test_another_machine_needs_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    message = complaint(monkeypatch, GATEWAY_PAYMENTS_TARGET="payments.internal:443")
    assert message.startswith("GATEWAY_PAYMENTS_CA_FILE: missing")
    assert "payments.internal:443" in message


@pytest.mark.parametrize("target", ["localhost:1", "127.0.0.1:1", "127.9.9.9:1", "[::1]:1"])
def test_this_machine_needs_none(monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    monkeypatch.setenv("GATEWAY_PAYMENTS_TARGET", target)
    assert str(load_settings().payments_target) == target


def test_a_client_certificate_needs_its_key_and_tls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pem = tmp_path / "x.pem"
    pem.touch()
    assert "set both or neither" in complaint(monkeypatch, GATEWAY_PAYMENTS_CERT_FILE=str(pem))
    assert "needs GATEWAY_PAYMENTS_CA_FILE" in complaint(monkeypatch, GATEWAY_PAYMENTS_KEY_FILE=str(pem))


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"x" * 70_000])
def test_a_bad_secret_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None) -> None:
    monkeypatch.delenv("GATEWAY_STRIPE_SECRETS")
    path = tmp_path / "secrets"
    if content is not None:
        path.write_bytes(content)
    message = complaint(monkeypatch, GATEWAY_STRIPE_SECRETS_FILE=str(path))
    assert message.startswith("GATEWAY_STRIPE_SECRETS_FILE: ")
    assert str(path) in message


def test_a_secret_and_its_file_exclude_each_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secrets").write_text("a")
    message = complaint(monkeypatch, GATEWAY_STRIPE_SECRETS_FILE=str(tmp_path / "secrets"))
    assert "GATEWAY_STRIPE_SECRETS is set as well" in message


def test_a_closed_lifeline_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    os.close(write_end)
    assert "is not open" in complaint(monkeypatch, GATEWAY_LIFELINE_FD=str(read_end))


def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_PAYMENTS_TOKEN", "tok_very_secret")
    settings = load_settings()
    for shown in (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert "very_secret" not in shown


def test_settings_do_not_change() -> None:
    settings = load_settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.tolerance_seconds = 5
