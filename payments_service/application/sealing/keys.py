"""The keys that sign seals (Ed25519, RFC 8032): one that signs, and all that verify."""

import base64
import binascii
from collections.abc import Mapping, Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from payments_service.domain.seal.model import Seal, signed_bytes

KEY_BYTES = 32


class SealKeys:
    """Keys of seals by their ids.

    The first private key signs. The others, and public keys of those that are gone, verify what they have signed.
    """

    def __init__(self, private: Sequence[str], public: Sequence[str] = ()) -> None:
        """Take keys as `id:base64 of 32 bytes`.

        Raises:
            ValueError: a key is malformed, without showing it.
        """
        signing = [(name, Ed25519PrivateKey.from_private_bytes(raw)) for name, raw in map(_parsed, private)]
        self._signing = signing[0] if signing else None
        self._public: dict[str, Ed25519PublicKey] = {name: key.public_key() for name, key in signing}
        for name, raw in map(_parsed, public):
            self._public.setdefault(name, Ed25519PublicKey.from_public_bytes(raw))

    @property
    def signing_id(self) -> str | None:
        """Names the key that signs; None when there is none."""
        return self._signing[0] if self._signing else None

    @property
    def public(self) -> Mapping[str, bytes]:
        """The public keys, 32 bytes each, by id."""
        return {name: key.public_bytes_raw() for name, key in self._public.items()}

    def sign(self, head: bytes) -> bytes:
        """The signature of a head.

        Raises:
            ValueError: there is no key that signs.
        """
        if self._signing is None:
            raise ValueError("no key that signs: set PAYMENTS_SEAL_KEYS, for example from `payments key --seal`")
        return self._signing[1].sign(signed_bytes(head))

    def fault(self, seal: Seal) -> str | None:
        """What is wrong with a seal by itself; None: its head is that of its header, and a known key signed it."""
        header = seal.header
        if header.head() != seal.head:
            return f"the head of seal {header.number} is not the hash of what it says"
        key = self._public.get(header.key_id)
        if key is None:
            return (
                f"seal {header.number} is signed by the key {header.key_id!r}, which is not known here: keep it in "
                "PAYMENTS_SEAL_PUBLIC_KEYS"
            )
        try:
            key.verify(seal.signature, signed_bytes(seal.head))
        except InvalidSignature:
            return f"the signature of seal {header.number} is not by its key {header.key_id!r}"
        return None


def new_seal_key(name: str) -> tuple[str, str]:
    """A new key in the form that the settings take: the private one, and the public one."""
    key = Ed25519PrivateKey.generate()
    raw = key.private_bytes_raw(), key.public_key().public_bytes_raw()
    private, public = (f"{name}:{base64.b64encode(each).decode()}" for each in raw)
    return private, public


def _parsed(text: str) -> tuple[str, bytes]:
    name, _, encoded = text.partition(":")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raw = b""
    if not 1 <= len(name) <= 64 or len(raw) != KEY_BYTES:  # noqa: PLR2004 - room for a date and a word
        raise ValueError(f"a key must be id:base64 of {KEY_BYTES} bytes, for example from `payments key --seal`")
    return name, raw
