"""`payments verify`: its verdict in words, in JSON and in its exit code."""

import asyncio
import json
from pathlib import Path

import psycopg

from payments_service.config import Settings
from tests.integration.payments_service.cli.commands import payments
from tests.integration.payments_service.storage.ledger.verification.books import PUBLIC, keep_books


def test_sound_books_agree_and_the_first_row_that_differs_is_named(
    database_url: str, settings: Settings, tmp_path: Path
) -> None:
    asyncio.run(keep_books(database_url, settings))
    variables = {"PAYMENTS_DATABASE_URL": database_url, "PAYMENTS_SEAL_PUBLIC_KEYS": PUBLIC}

    sound = payments("verify", "--json", folder=tmp_path, **variables)
    document = json.loads(sound.stdout)
    assert (sound.returncode, document["ok"]) == (0, True), sound.stderr
    assert {check["check"].partition(" ")[0] for check in document["checks"]} >= {"I1", "I2", "I7", "I11"}
    assert all(check["done"] for check in document["checks"])
    # A restored backup has no Stripe beside it: that is said, and only wrong when it was asked for.
    assert [check["check"] for check in document["checks"] if check["not_checked"]] == ["I13 mirrors"]
    asked = payments("verify", "--check", "I13", folder=tmp_path, **variables)
    assert asked.returncode == 1
    [missing, verdict] = asked.stdout.splitlines()
    assert missing.startswith("I13 mirrors: not checked: no Stripe is configured: set PAYMENTS_STRIPE_API_KEY")
    assert verdict == "1 checks, 0 rows: everything that was checked agrees, 1 not checked"
    assert "I2 entries: " in sound.stderr

    with psycopg.connect(database_url) as owner:
        owner.execute("UPDATE ledger_accounts SET posted_debits = posted_debits + 1 WHERE code = 'caller:a'")
    broken = payments("verify", "--check", "I2", "--check", "I11 seals", folder=tmp_path, **variables)
    assert broken.returncode == 1
    [finding, verdict] = broken.stdout.splitlines()
    assert finding.startswith("I2 accounts: la_")
    assert "account caller:a has version" in finding
    assert verdict.startswith("3 checks, ")
    assert verdict.endswith("1 findings")


def test_a_check_that_there_is_not_is_refused(database_url: str, tmp_path: Path) -> None:
    done = payments("verify", "--check", "I99", folder=tmp_path, PAYMENTS_DATABASE_URL=database_url)
    assert done.returncode == 2
    assert "--check: no check 'I99'" in done.stderr
