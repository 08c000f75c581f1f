"""The way from a leaf to the root of a Merkle tree (RFC 9162, section 2.1.3.2)."""

import hashlib
from collections.abc import Sequence

from payments_client.refusal import ProofError

HASH_BYTES = 32


def root_from(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root of the tree of `size` leaves in which this leaf is at `index`.

    Raises:
        ProofError: the path is not one of such a tree.
    """
    if not 0 <= index < size or any(len(one) != HASH_BYTES for one in path):
        raise ProofError("the transaction is not among those that the seal covers")
    place, last, found = index, size - 1, leaf
    for beside in path:
        if last == 0:
            raise ProofError("the audit path is too long")
        if place & 1 or place == last:
            found = _node(beside, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = _node(found, beside)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofError("the audit path is too short")
    return found


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
