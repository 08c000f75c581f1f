"""Seals: each covers a range of numbered transactions, and its head covers all seals before it."""

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from payments_service.domain.ledger.outcome import AccountEntry
from payments_service.domain.ledger.transaction import Transaction
from payments_service.domain.seal.encoding import (
    ENTRIES,
    ENTRY_FIRST,
    FAMILIES,
    encode_parts,
    leaf,
    part_hashes,
    salt_of,
)

HASH_BYTES = 32
FIRST_PREVIOUS = bytes(HASH_BYTES)
"""What stands for the head before the first seal's."""

HINT_BYTES = 4
LEAF_BYTES = HASH_BYTES + HINT_BYTES * (len(FAMILIES) + 1)
"""A leaf as it is kept: its hash, and a few bytes of the hash of each family of parts, which only say where to look
when the leaf differs."""

_SEAL = b"payments.ledger.seal.v1"
_SIGNED = b"payments.ledger.head.v1"
_RANGE = struct.Struct("!3q")
_TIME = struct.Struct("!q")
_COUNT = struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class Numbered:
    """A transaction with its number, its salt and its entries; without a transaction when the books have none."""

    number: int
    transaction_id: UUID
    salt: UUID
    transaction: Transaction | None
    entries: Sequence[AccountEntry]


@dataclass(frozen=True, slots=True)
class SealHeader:
    """What the head of a seal is over.

    Attributes:
        number: of the seal, from 1 without a gap.
        first: number of the first transaction that it covers.
        last: number of the last.
        root: over their leaves.
        previous_head: of the seal before it.
        seal_time: by the database's clock.
        key_id: names the key that signs it.
    """

    number: int
    first: int
    last: int
    root: bytes
    previous_head: bytes
    seal_time: datetime
    key_id: str

    def head(self) -> bytes:
        """The hash over all of it."""
        name = self.key_id.encode()
        microseconds = (self.seal_time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        return hashlib.sha256(
            b"".join(
                (
                    _SEAL,
                    _RANGE.pack(self.number, self.first, self.last),
                    self.root,
                    self.previous_head,
                    _TIME.pack(microseconds),
                    _COUNT.pack(len(name)),
                    name,
                )
            )
        ).digest()


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal as it is kept.

    Attributes:
        header: what it says.
        head: the hash of that.
        signature: Ed25519 over the head, see `signed_bytes`.
    """

    header: SealHeader
    head: bytes
    signature: bytes


def signed_bytes(head: bytes) -> bytes:
    """What is signed: a head, and that it is one."""
    return _SIGNED + head


def kept_leaf(row: Numbered) -> bytes:
    """The leaf of a numbered transaction with its hints.

    Raises:
        ValueError: the books have no such transaction.
    """
    if row.transaction is None:
        raise ValueError(f"transaction {row.transaction_id} has number {row.number} and is not in the books")
    hashes = part_hashes(encode_parts(row.transaction, row.entries), salt_of(row.salt))
    of_entries = hashlib.sha256(b"".join(hashes[ENTRY_FIRST:])).digest()
    hints = b"".join(one[:HINT_BYTES] for one in (*hashes[:ENTRY_FIRST], of_entries))
    return leaf(row.number, hashes) + hints


def leaf_hashes(leaves: bytes) -> list[bytes]:
    """The hashes of the leaves of a seal."""
    return [leaves[start : start + HASH_BYTES] for start in range(0, len(leaves), LEAF_BYTES)]


def differing_families(kept: bytes, computed: bytes) -> list[str]:
    """Which parts of a transaction are not as they were sealed; empty: its number or its salt."""
    return [family for place, family in enumerate((*FAMILIES, ENTRIES)) if _hint(kept, place) != _hint(computed, place)]


def _hint(kept: bytes, place: int) -> bytes:
    start = HASH_BYTES + place * HINT_BYTES
    return kept[start : start + HINT_BYTES]
