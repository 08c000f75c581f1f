"""What a user can get wrong is one line and an exit code, never a stack trace."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.payments_service.cli.commands import payments

SANDBOX = {"PAYMENTS_STRIPE_API_BASE": "http://127.0.0.1:1"}


def test_without_arguments_it_shows_every_command(tmp_path: Path) -> None:
    done = payments(folder=tmp_path)
    assert done.returncode == 0
    for command in ("up", "demo", "serve", "worker", "migrate", "token", "key"):
        assert f"  {command} " in done.stdout


def test_grpc_is_told_how_to_behave_before_it_is_imported() -> None:
    check = "import sys, payments_service.cli.app; sys.exit('grpc' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "variables", "complaint"),
    [
        (["upp"], {}, "No such command 'upp'"),
        (["up", "--twice"], {}, "No such option: --twice"),
        (["serve", "--processes", "many"], {}, "Invalid value for '--processes'"),
        (["serve", "--address", "here"], {}, "PAYMENTS_GRPC_ADDRESS: must be host:port"),
        (["serve"], {"PAYMENTS_LOG_LEVEL": "loud"}, "PAYMENTS_LOG_LEVEL: "),
        (["serve"], {"PAYMENTS_DATABASE_URL": "mysql://x/y"}, "PAYMENTS_"),
        (["serve"], {"PAYMENTS_DATABASE_URL": "postgresql://x/y"}, "PAYMENTS_STRIPE_API_KEY: is required"),
        (["worker"], {"PAYMENTS_DATABASE_URL": "postgresql://x/y"}, "PAYMENTS_STRIPE_API_KEY: is required"),
        (["worker"], SANDBOX | {"PAYMENTS_LIFELINE_FD": "250"}, "PAYMENTS_LIFELINE_FD: descriptor 250 is not open"),
        (["migrate"], {"PAYMENTS_DATABASE_URL": "mysql://x/y"}, "PAYMENTS_DATABASE_URL: must begin with postgresql://"),
        (["token", "--expires", "soon"], SANDBOX, "--expires: 'soon' is not a lifetime"),
        (["token"], {"PAYMENTS_STRIPE_API_KEY": "sk_test_1"}, "PAYMENTS_"),
        (["key", "--name", "a:b"], {}, "--name: 'a:b' must be"),
        (["demo", "--target", "127.0.0.1:1"], {}, "--token: give a bearer token"),
        (["up"], {"PAYMENTS_STRIPE_API_KEY": "sk_test_1"}, "GATEWAY_STRIPE_SECRETS: is required with Stripe itself"),
    ],
)
def test_wrong_usage_and_wrong_settings_exit_with_2(
    tmp_path: Path, arguments: list[str], variables: dict[str, str], complaint: str
) -> None:
    addresses = {"PAYMENTS_GRPC_ADDRESS": "127.0.0.1:0", "PAYMENTS_METRICS_ADDRESS": ""}
    done = payments(*arguments, folder=tmp_path, **addresses | {"PAYMENTS_WORKER_METRICS_ADDRESS": ""} | variables)
    said = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert (done.returncode, len(said)) == (2, 1), done.stderr
    assert said[0].startswith("payments: ")
    assert complaint in said[0]


@pytest.mark.parametrize(
    ("arguments", "variables", "complaint"),
    [
        (["demo"], {}, "no stack is running on "),
        (["migrate"], {"PAYMENTS_DATABASE_URL": "postgresql://u:secret@127.0.0.1:1/d"}, "cannot be reached"),
    ],
)
def test_what_fails_exits_with_1(
    tmp_path: Path, arguments: list[str], variables: dict[str, str], complaint: str
) -> None:
    done = payments(*arguments, folder=tmp_path, **variables)
    [line] = done.stderr.splitlines()
    assert done.returncode == 1
    assert complaint in line
    assert "secret" not in line


def test_a_data_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / ".payments").write_text("")
    done = payments("up", folder=tmp_path)
    [line] = done.stderr.splitlines()
    assert done.returncode == 1
    assert line.startswith(f"payments: PAYMENTS_DATA_DIR: cannot use {tmp_path / '.payments'}")


def test_a_key_is_new_each_time_and_named_as_asked(tmp_path: Path) -> None:
    keys = [payments("key", "--name", "blue", folder=tmp_path).stdout.strip() for _ in range(2)]
    assert keys[0] != keys[1]
    name, _, encoded = keys[0].partition(":")
    assert (name, len(base64.b64decode(encoded))) == ("blue", 32)


def test_a_token_holds_what_was_asked_for_and_the_key_is_kept(tmp_path: Path) -> None:
    done = payments(
        "token", "--subject", "shop", "--scope", "payments.read", "--owner", "o1", "--owner", "o2", folder=tmp_path
    )
    claims = _claims(done.stdout)
    assert (claims["sub"], claims["scope"], claims["owner_ids"]) == ("shop", "payments.read", ["o1", "o2"])
    assert claims["exp"] - claims["iat"] == 86_400
    key = tmp_path / ".payments" / "keys" / "auth"
    first = key.read_text()
    assert "ledger.read" in str(_claims(payments("token", folder=tmp_path).stdout)["scope"])
    assert key.read_text() == first


def _claims(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims
