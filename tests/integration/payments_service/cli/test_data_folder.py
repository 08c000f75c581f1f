"""Keys of the development stack: made once, for their user alone."""

import itertools
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from payments_service.cli.data_folder import DataFolder
from payments_service.cli.development import with_development_keys
from payments_service.config import load_settings

SANDBOX = {"PAYMENTS_STRIPE_API_BASE": "http://127.0.0.1:12111"}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_key_is_made_once_and_only_its_user_can_read_it(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / ".payments")
    numbers = itertools.count()
    assert [folder.key("auth", lambda: f"key-{next(numbers)}") for _ in range(2)] == ["key-0", "key-0"]
    assert mode(folder.folder / "keys") == 0o700
    assert mode(folder.folder / "keys" / "auth") == 0o600
    assert [path.name for path in (folder.folder / "keys").iterdir()] == ["auth"]


def test_many_who_make_a_key_at_once_get_the_same(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    numbers = itertools.count()
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: folder.key("auth", lambda: f"key-{next(numbers)}"), range(64)))
    assert len(keys) == 1


def test_a_private_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    for text in ("one", "two"):
        folder.write_private(folder.stack, text)
    assert (folder.stack.read_text(), mode(folder.stack)) == ("two", 0o600)
    assert [path.name for path in tmp_path.iterdir()] == ["stack.json"]


def test_development_gets_the_keys_that_are_missing_and_keeps_those_that_are_set(tmp_path: Path) -> None:
    given = "k:" + "A" * 43 + "="
    settings = load_settings(SANDBOX | {"PAYMENTS_ENCRYPTION_KEYS": given})
    completed = with_development_keys(settings, DataFolder(tmp_path))
    assert [key.get_secret_value() for key in completed.encryption_keys] == [given]
    assert completed.auth_key is not None
    assert completed.auth_key.get_secret_value() == (tmp_path / "keys" / "auth").read_text().strip()
    assert completed.stripe_api_key is not None
    assert not (tmp_path / "keys" / "encryption").exists()


def test_with_stripe_itself_nothing_is_made_up(tmp_path: Path) -> None:
    settings = load_settings({"PAYMENTS_STRIPE_API_KEY": "sk_test_1"})
    assert with_development_keys(settings, DataFolder(tmp_path)) is settings
    assert list(tmp_path.iterdir()) == []
