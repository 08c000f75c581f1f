"""Seals by themselves and in their chain."""

import hashlib
import struct
from collections.abc import Iterable

from payments_api.v1 import seal_pb2

from payments_client import encoding
from payments_client.keys import PublicKeys, check_signature
from payments_client.refusal import ProofError

_FIRST_PREVIOUS = bytes(32)
_HASH_BYTES = 32


def check_seal(seal: seal_pb2.LedgerSeal, keys: PublicKeys) -> None:
    """Refuse a seal whose head is not the hash of what it says, or is not signed.

    Raises:
        ProofError: see above.
    """
    if seal.head != _head(seal):
        raise ProofError(f"the head of seal {seal.number} is not the hash of what it says")
    check_signature(seal.key_id, seal.head, seal.signature, keys)


def verify_seal_chain(
    seals: Iterable[seal_pb2.LedgerSeal], public_keys: PublicKeys, after: seal_pb2.LedgerSeal | None = None
) -> seal_pb2.LedgerSeal | None:
    """Check that seals are signed and that each follows the one before it, so that nothing was taken out or put in.

    Keep the last seal that was checked: whoever rewrites the books before it cannot make a chain that goes through it.

    Args:
        seals: from LedgerService.ListSeals, in order.
        public_keys: those that are trusted, by id.
        after: the last seal that was checked before; None: begin at the first seal of the books.

    Returns:
        The last seal; `after` when there was none.

    Raises:
        ProofError: a seal is not signed, or does not follow.
    """
    last = after
    for seal in seals:
        check_seal(seal, public_keys)
        number, covered, head = (
            (last.number, last.last_transaction_number, last.head) if last else (0, 0, _FIRST_PREVIOUS)
        )
        if (seal.number, seal.first_transaction_number, seal.previous_head) != (number + 1, covered + 1, head):
            raise ProofError(f"seal {seal.number} does not follow seal {number}")
        last = seal
    return last


def _head(seal: seal_pb2.LedgerSeal) -> bytes:
    first, last = seal.first_transaction_number, seal.last_transaction_number
    if len(seal.root) != _HASH_BYTES or len(seal.previous_head) != _HASH_BYTES or not 1 <= first <= last:
        raise ProofError(f"seal {seal.number} is malformed")
    return hashlib.sha256(
        b"".join(
            (
                b"payments.ledger.seal.v1",
                struct.pack("!3q", seal.number, first, last),
                seal.root,
                seal.previous_head,
                encoding.time(seal.seal_time),
                encoding.text(seal.key_id),
            )
        )
    ).digest()
