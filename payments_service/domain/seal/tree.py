"""Merkle trees as RFC 9162 (2.1) and RFC 6962 define them: leaves and nodes are hashed apart, any number of leaves."""

import hashlib
from collections.abc import Sequence

LEAF, NODE = b"\x00", b"\x01"
"""What a hash begins with: so no leaf can pass for a node."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(LEAF + data).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over the hashes of leaves, of which there is at least one.

    Level by level: neighbours are joined and one that is left over moves up as it is, which is the RFC's tree.
    """
    level = list(leaves)
    while len(level) > 1:
        level = _above(level)
    return level[0]


def audit_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes that lead from the leaf at `index` to the root, lowest first."""
    level, path = list(leaves), []
    while len(level) > 1:
        beside = index ^ 1
        if beside < len(level):
            path.append(level[beside])
        level, index = _above(level), index // 2
    return path


def _above(level: list[bytes]) -> list[bytes]:
    pairs = zip(level[::2], level[1::2], strict=False)
    joined = [hashlib.sha256(NODE + left + right).digest() for left, right in pairs]
    return joined + level[len(level) & ~1 :]
