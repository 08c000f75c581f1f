"""What is hashed of a transaction, version 1: its parts, each on its own and with a salt, and the leaf over them.

A caller may be shown a transaction in part. So a leaf is made of one hash for each part, and a proof gives for each
either its salt, if the caller sees the part and can hash it, or its hash. Without a salt nobody can find out a hidden
amount by trying. All numbers are big-endian; a text is its length in 32 bits and its UTF-8; what may be missing has a
byte in front: 0 or 1. docs/proof.md describes it for those who check it in another language; `payments_client` checks
it in Python and shares no code with this.
"""

import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from payments_service.domain.ledger.namespace import outside_reference
from payments_service.domain.ledger.outcome import AccountEntry
from payments_service.domain.ledger.transaction import Transaction
from payments_service.domain.seal.tree import leaf_hash

VERSION = 1

FAMILIES = ("header", "reference", "description", "metadata", "actor", "internal")
"""The parts that every transaction has, in order. Its entries follow, one part each."""

ENTRIES = "entries"
ENTRY_FIRST = len(FAMILIES)

_PART, _SALT = b"\x02", b"\x03"
_LEAF = b"payments.ledger.leaf.v1"
_COUNT, _LONG = struct.Struct("!I"), struct.Struct("!q")
_ENTRY = struct.Struct("!HBB")
_FIGURES = struct.Struct("!7q")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def encode_parts(transaction: Transaction, entries: Sequence[AccountEntry]) -> list[bytes]:
    """The canonical bytes of each part.

    Args:
        transaction: the transaction.
        entries: its entries with their accounts, by posting and then debit before credit.
    """
    outside = outside_reference(transaction.reference)
    space = transaction.reference.removesuffix(outside)
    return [
        b"".join(
            (
                transaction.id.bytes,
                _text(transaction.kind.value),
                _optional(transaction.target_id.bytes if transaction.target_id else None),
                _LONG.pack(_microseconds(transaction.effective_time)),
                _LONG.pack(_microseconds(transaction.record_time)),
                _optional(_LONG.pack(_microseconds(transaction.expire_time)) if transaction.expire_time else None),
            )
        ),
        _text(outside),
        _text(transaction.description),
        _metadata(transaction.metadata),
        _text(transaction.actor),
        _text(space) + _text(transaction.request_id) + _COUNT.pack(len(transaction.digest)) + transaction.digest,
        *(_entry(line) for line in entries),
    ]


def part_salt(salt: bytes, index: int) -> bytes:
    """The salt of one part, from that of its transaction: knowing one tells nothing of the others."""
    return hashlib.sha256(_SALT + salt + _COUNT.pack(index)).digest()


def part_hashes(parts: Sequence[bytes], salt: bytes) -> list[bytes]:
    """The hash of each part."""
    return [
        hashlib.sha256(b"".join((_PART, part_salt(salt, index), part))).digest() for index, part in enumerate(parts)
    ]


def leaf(number: int, hashes: Sequence[bytes]) -> bytes:
    """The leaf of a transaction: its number and the hashes of its parts."""
    return leaf_hash(b"".join((_LEAF, _LONG.pack(number), _COUNT.pack(len(hashes)), *hashes)))


def _entry(line: AccountEntry) -> bytes:
    account, entry = line
    return b"".join(
        (
            _ENTRY.pack(entry.posting_index, entry.side, entry.effect),
            account.id.bytes,
            _text(account.code),
            _text(account.currency),
            _FIGURES.pack(
                entry.amount_minor,
                entry.version,
                entry.posted_debits,
                entry.posted_credits,
                entry.pending_debits,
                entry.pending_credits,
                _microseconds(entry.record_time),
            ),
        )
    )


def _metadata(metadata: Mapping[str, str]) -> bytes:
    pairs = sorted((key.encode(), _value(value)) for key, value in metadata.items())
    return _COUNT.pack(len(pairs)) + b"".join(
        _COUNT.pack(len(key)) + key + _COUNT.pack(len(value)) + value for key, value in pairs
    )


def _value(value: object) -> bytes:
    """A value; one that is no text, which nobody here writes, must not pass for one."""
    return value.encode() if isinstance(value, str) else b"\0" + json.dumps(value, sort_keys=True).encode()


def _text(text: str) -> bytes:
    raw = text.encode()
    return _COUNT.pack(len(raw)) + raw


def _optional(raw: bytes | None) -> bytes:
    return b"\0" if raw is None else b"\1" + raw


def _microseconds(time: datetime) -> int:
    since = time - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def salt_of(value: UUID) -> bytes:
    """A transaction's salt as it is kept."""
    return value.bytes
