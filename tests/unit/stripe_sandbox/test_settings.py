"""Configuration from the environment: complete, frozen, and with errors that name the variable."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from stripe_sandbox.settings import ConfigurationError, SandboxSettings, load_settings, split_address


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_ADDRESS", "127.0.0.1:0")
    monkeypatch.setenv("SANDBOX_API_KEYS", "sk_test_a, sk_test_b")
    settings = load_settings()
    assert settings.address == "127.0.0.1:0"
    assert settings.keys == ("sk_test_a", "sk_test_b")


def test_the_command_line_wins_and_what_it_leaves_out_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_SEED", "3")
    assert load_settings(seed=4).seed == 4
    assert load_settings(seed=None).seed == 3


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SANDBOX_ADDRESS", "nonsense"),
        ("SANDBOX_ADDRESS", "127.0.0.1:70000"),
        ("SANDBOX_API_KEYS", " , "),
        ("SANDBOX_SEED", "x"),
        ("SANDBOX_WEBHOOK_URL", "ftp://x"),
        ("SANDBOX_LOG_LEVEL", "loud"),
        ("SANDBOX_LIFELINE_FD", "-1"),
        ("SANDBOX_WEBHOOK_SECRET_FILE", "/does/not/exist"),
        ("SANDBOX_CONNECT_WEBHOOK_URL", "example.com"),
        ("SANDBOX_CONNECT_WEBHOOK_SECRET_FILE", "/does/not/exist"),
        ("SANDBOX_CONNECTED_FEE_REFUND", "sometimes"),
        ("SANDBOX_REFUND_DELAY_MS", "-1"),
    ],
)
def test_a_wrong_variable_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError) as error:
        load_settings()
    assert str(error.value).startswith(f"{variable}: ")
    assert "Value error" not in str(error.value)
    assert "\n" not in str(error.value)


def test_secrets_can_come_from_files_and_do_not_show(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("whsec_from_file\n")
    monkeypatch.setenv("SANDBOX_WEBHOOK_SECRET_FILE", str(tmp_path / "secret"))
    settings = load_settings()
    assert settings.webhook_secret is not None
    assert settings.webhook_secret.get_secret_value() == "whsec_from_file"
    assert "whsec_from_file" not in repr(settings)


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        SandboxSettings().seed = 1


def test_an_ipv6_address_is_split() -> None:
    assert split_address("[::1]:80") == ("::1", 80)
