"""Stored values are unreadable without their key and cannot be moved."""

import pytest

from payments_service.storage.cipher import Cipher, new_key

OLD, NEW = new_key("2025"), new_key("2026")


def test_what_is_encrypted_comes_back() -> None:
    cipher = Cipher([NEW])
    sealed = cipher.encrypt(b"secret", b"t.c:1")

    assert b"secret" not in sealed
    assert cipher.decrypt(sealed, b"t.c:1") == b"secret"


def test_equal_values_do_not_look_alike() -> None:
    cipher = Cipher([NEW])

    assert cipher.encrypt(b"x", b"t.c:1") != cipher.encrypt(b"x", b"t.c:1")


def test_a_value_belongs_to_its_place() -> None:
    cipher = Cipher([NEW])

    with pytest.raises(ValueError, match="not what was encrypted"):
        cipher.decrypt(cipher.encrypt(b"x", b"t.c:1"), b"t.c:2")


def test_after_rotation_old_values_are_still_read_and_new_ones_use_the_new_key() -> None:
    sealed = Cipher([OLD]).encrypt(b"x", b"t")

    assert Cipher([NEW, OLD]).decrypt(sealed, b"t") == b"x"
    assert Cipher([NEW]).decrypt(Cipher([NEW, OLD]).encrypt(b"y", b"t"), b"t") == b"y"


def test_a_missing_key_is_named_by_its_id() -> None:
    with pytest.raises(ValueError, match="2025"):
        Cipher([NEW]).decrypt(Cipher([OLD]).encrypt(b"x", b"t"), b"t")


@pytest.mark.parametrize("keys", [[], ["nokey"], ["a:short"], ["a:!!!"], [":" + NEW.partition(":")[2]]])
def test_a_malformed_key_is_refused_without_showing_it(keys: list[str]) -> None:
    with pytest.raises(ValueError, match=r"32 bytes|at least one key") as raised:
        Cipher(keys)

    assert "short" not in str(raised.value)
