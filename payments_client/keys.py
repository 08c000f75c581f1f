"""Public keys of seals, as whoever runs the service gives them out."""

import base64
import binascii
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from payments_client.refusal import ProofError

PublicKeys = Mapping[str, bytes]
"""Ed25519 public keys, 32 bytes each, by their ids."""

_SIGNED = b"payments.ledger.head.v1"
_KEY_BYTES = 32


def parse_public_keys(text: str) -> dict[str, bytes]:
    """The keys in `PAYMENTS_SEAL_PUBLIC_KEYS`: `id:base64`, with commas between them.

    Raises:
        ValueError: one of them is no key.
    """
    keys = {}
    for part in filter(None, map(str.strip, text.split(","))):
        name, _, encoded = part.partition(":")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            raw = b""
        if not name or len(raw) != _KEY_BYTES:
            raise ValueError(f"{part!r} is no public key: write id:base64 of {_KEY_BYTES} bytes")
        keys[name] = raw
    return keys


def check_signature(key_id: str, head: bytes, signature: bytes, keys: PublicKeys) -> None:
    """Refuse a head that the key of this id has not signed.

    Raises:
        ProofError: the key is not one of those that are trusted, or it did not sign this.
    """
    key = keys.get(key_id)
    if key is None:
        raise ProofError(f"the seal is signed by the key {key_id!r}, which is not one of those given")
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, _SIGNED + head)
    except InvalidSignature:
        raise ProofError(f"the signature of the seal is not by the key {key_id!r}") from None
