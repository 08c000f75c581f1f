"""Checking that a transaction is in the sealed books just as it was shown, without asking anybody."""

import hashlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from payments_api.v1 import ledger_pb2, seal_pb2

from payments_client import encoding
from payments_client.chain import check_seal
from payments_client.keys import PublicKeys
from payments_client.refusal import ProofError
from payments_client.tree import HASH_BYTES, root_from

ENCODING_VERSION = 1
_HEADER, _REFERENCE, _DESCRIPTION, _METADATA, _ACTOR, _INTERNAL, _ENTRY_FIRST = range(7)
_ADDED_FIRST = 1_000
_SIDES = (ledger_pb2.SIDE_DEBIT, ledger_pb2.SIDE_CREDIT)


@dataclass(frozen=True, slots=True)
class Verified:
    """What was proved.

    Attributes:
        transaction_number: the transaction's place in the books.
        seal: what covers it; its chain can be followed with `verify_seal_chain`.
        whole: whether all of the transaction was shown: False for callers who do not see other owners' entries.
    """

    transaction_number: int
    seal: seal_pb2.LedgerSeal
    whole: bool


def verify_seal_proof(
    transaction: ledger_pb2.LedgerTransaction, proof: seal_pb2.SealProof, public_keys: PublicKeys
) -> Verified:
    """Check a reply of LedgerService.GetSealProof, or a transaction that was shown otherwise against its proof.

    What changes later is not under the seal: `pending_state`, and `remaining` of postings.

    Args:
        transaction: as it was shown.
        proof: of that.
        public_keys: those that are trusted, by id. Take them from whoever runs the service, not from the same reply.

    Raises:
        ProofError: the sealed books do not hold this transaction, as far as this proof shows.
    """
    if proof.encoding_version != ENCODING_VERSION:
        raise ProofError(f"encoding {proof.encoding_version} is not known here: use a newer payments_client")
    parts = proof.parts
    if len(parts) <= _ENTRY_FIRST:
        raise ProofError("the proof has too few parts")
    shown = {
        _HEADER: encoding.header(transaction),
        _REFERENCE: encoding.text(transaction.reference),
        _DESCRIPTION: encoding.text(transaction.description),
        **_whole_parts(transaction, parts),
        **_entries(transaction, parts),
    }
    hashes = [_hash(index, part, shown.get(index)) for index, part in enumerate(parts)]
    seal, number = proof.seal, proof.transaction_number
    check_seal(seal, public_keys)
    first, last = seal.first_transaction_number, seal.last_transaction_number
    leaf = hashlib.sha256(
        b"".join((b"\x00payments.ledger.leaf.v1", struct.pack("!qI", number, len(hashes)), *hashes))
    ).digest()
    if root_from(leaf, number - first, last - first + 1, proof.audit_path) != seal.root:
        raise ProofError("the transaction is not what was sealed")
    return Verified(number, seal, whole=len(shown) == len(parts) - 1)


def _whole_parts(transaction: ledger_pb2.LedgerTransaction, parts: Sequence[seal_pb2.SealedPart]) -> dict[int, bytes]:
    """Metadata and actor, which are shown with the whole transaction or not at all."""
    given: dict[int, tuple[object, bytes]] = {
        _METADATA: (transaction.metadata, encoding.metadata(transaction.metadata)),
        _ACTOR: (transaction.actor, encoding.text(transaction.actor)),
    }
    shown = {}
    for index, (value, encoded) in given.items():
        if parts[index].WhichOneof("part") == "salt":
            shown[index] = encoded
        elif value:
            raise ProofError("the transaction shows metadata or an actor that the proof does not cover")
    return shown


def _entries(transaction: ledger_pb2.LedgerTransaction, parts: Sequence[seal_pb2.SealedPart]) -> dict[int, bytes]:
    """The entries that are shown, once they are found to be what the postings say."""
    shown = {
        index: part.entry
        for index, part in enumerate(parts)
        if index >= _ENTRY_FIRST and part.WhichOneof("part") == "salt"
    }
    by_posting: dict[int, dict[int, seal_pb2.SealedEntry]] = {}
    for sealed in shown.values():
        sides = by_posting.setdefault(sealed.posting_index, {})
        if sealed.side not in _SIDES or sealed.side in sides:
            raise ProofError("an entry has no side, or one that another has")
        sides[sealed.side] = sealed
    if len(by_posting) != len(transaction.postings):
        raise ProofError("the transaction does not show the postings that the proof is about")
    postings = dict(zip(sorted(by_posting), transaction.postings, strict=True))
    for index, posting in postings.items():
        _check_posting(index, posting, by_posting[index])
    return {
        index: encoding.entry(sealed, postings[sealed.posting_index], transaction) for index, sealed in shown.items()
    }


def _check_posting(index: int, posting: ledger_pb2.Posting, sides: Mapping[int, seal_pb2.SealedEntry]) -> None:
    codes = tuple(sides[side].code if side in sides else "" for side in _SIDES)
    if (posting.debit_account, posting.credit_account) != codes:
        raise ProofError("a posting shows other accounts than were sealed")
    if posting.added_by_ledger != (index >= _ADDED_FIRST):
        raise ProofError("a posting is said to be, or not to be, one that the ledger added")


def _hash(index: int, part: seal_pb2.SealedPart, encoded: bytes | None) -> bytes:
    """The hash of a part: computed where it is shown, as given where it is not."""
    which = part.WhichOneof("part")
    if part.HasField("entry") != (which == "salt" and index >= _ENTRY_FIRST):
        raise ProofError(f"part {index} shows an entry where there is none, or none where there is one")
    if which == "hash" and encoded is None and len(part.hash) == HASH_BYTES:
        return part.hash
    if which == "salt" and encoded is not None and len(part.salt) == HASH_BYTES:
        return hashlib.sha256(b"\x02" + part.salt + encoded).digest()
    raise ProofError(f"part {index} of the proof does not fit what the transaction shows")
