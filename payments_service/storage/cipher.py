"""Encryption of what must not lie in the database in the clear: AES-256-GCM with the key's id in front.

The associated data ties a ciphertext to its row and column, so that it cannot be moved to another. The first key
encrypts, all of them decrypt, which is how keys are rotated (NIST SP 800-38D for the limits of a random nonce).
"""

import base64
import binascii
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12


class Cipher:
    """Encrypts and decrypts values of the database."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take keys as `id:base64 of 32 bytes`, the current one first.

        Raises:
            ValueError: a key is malformed, without showing it.
        """
        if not keys:
            raise ValueError("needs at least one key: id:base64 of 32 bytes, for example from `payments key`")
        self._keys: dict[bytes, AESGCM] = {}
        for position, text in enumerate(keys):
            name, _, encoded = text.partition(":")
            try:
                key = base64.b64decode(encoded, validate=True)
            except binascii.Error:
                key = b""
            if not 1 <= len(name.encode()) <= 255 or len(key) != KEY_BYTES:  # noqa: PLR2004 - the length has one byte
                raise ValueError(f"key {position + 1} must be id:base64 of {KEY_BYTES} bytes")
            self._keys[name.encode()] = AESGCM(key)
        self._current = next(iter(self._keys))

    def encrypt(self, value: bytes, where: bytes) -> bytes:
        """Encrypt for one place; `where` names column and row."""
        return self.encrypt_all([(value, where)])[0]

    def encrypt_all(self, values: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """Encrypt values, each for its place."""
        head = bytes([len(self._current)]) + self._current
        key, nonces = self._keys[self._current], os.urandom(NONCE_BYTES * len(values))
        sealed = []
        for number, (value, where) in enumerate(values):
            nonce = nonces[number * NONCE_BYTES : (number + 1) * NONCE_BYTES]
            sealed.append(head + nonce + key.encrypt(nonce, value, where))
        return sealed

    def decrypt(self, value: bytes, where: bytes) -> bytes:
        """Decrypt what was encrypted for this place.

        Raises:
            ValueError: the key is not there any more, or the value is not what was stored for this place.
        """
        end = 1 + value[0]
        key = self._keys.get(value[1:end])
        if key is None:
            raise ValueError(f"no key {value[1:end].decode(errors='replace')!r}: keep old keys until all is rotated")
        try:
            return key.decrypt(value[end : end + NONCE_BYTES], value[end + NONCE_BYTES :], where)
        except InvalidTag:
            raise ValueError("a stored value is not what was encrypted for its place") from None


def new_key(name: str) -> str:
    """A new random key in the form that the settings take."""
    return f"{name}:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}"
