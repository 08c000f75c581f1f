"""Which user Postgres runs as."""

import os
import pwd
from pathlib import Path

import pytest

from payments_service.storage.embedded import EmbeddedPostgresError
from payments_service.storage.embedded.privileges import Account, choose_account

NO_DATA_YET = Path("/nowhere/data")


def entry(name: str, uid: int) -> pwd.struct_passwd:
    return pwd.struct_passwd((name, "x", uid, uid + 1, "", "/", "/bin/false"))


@pytest.fixture
def passwd(monkeypatch: pytest.MonkeyPatch) -> list[pwd.struct_passwd]:
    entries = [entry("root", 0), entry("daemon", 1), entry("nobody", 65534)]
    monkeypatch.setattr(pwd, "getpwall", lambda: entries)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return entries


def test_an_ordinary_user_runs_it_as_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert choose_account(NO_DATA_YET) is None


@pytest.mark.usefixtures("passwd")
def test_root_runs_it_as_nobody() -> None:
    assert choose_account(NO_DATA_YET) == Account(65534, 65535)


def test_without_nobody_another_account_serves(passwd: list[pwd.struct_passwd]) -> None:
    passwd.pop()

    assert choose_account(NO_DATA_YET) == Account(1, 2)


def test_without_any_other_account_the_message_says_how_to_make_one(passwd: list[pwd.struct_passwd]) -> None:
    del passwd[1:]

    with pytest.raises(EmbeddedPostgresError, match="useradd"):
        choose_account(NO_DATA_YET)
