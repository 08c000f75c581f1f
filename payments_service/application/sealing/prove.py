"""Proofs that a transaction is under a seal as a caller sees it, and the seals themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from payments_service.application.caller import Principal
from payments_service.application.ledger.names import sees_owner
from payments_service.application.ledger.transactions import no_transaction, seen_by
from payments_service.application.ports import Transactions, UnitOfWork
from payments_service.application.sealing.keys import SealKeys
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.ids import Prefix, parse_id
from payments_service.domain.ledger.outcome import AccountEntry
from payments_service.domain.ledger.transaction_view import TransactionView
from payments_service.domain.seal.encoding import ENTRY_FIRST, FAMILIES, part_hashes, part_salt, salt_of
from payments_service.domain.seal.encoding import encode_parts as encode
from payments_service.domain.seal.model import LEAF_BYTES, Numbered, Seal, kept_leaf, leaf_hashes
from payments_service.domain.seal.tree import audit_path

RETRY_AFTER_MS = 2_000
"""A seal is made soon after a posting, unless the sealer stands."""

_ALWAYS_SEEN = frozenset({"header", "reference", "description"})
_SEEN_WITH_THE_WHOLE = frozenset({"metadata", "actor"})

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a proof: the salt of what the caller sees, with its entry if it is one, else the hash."""

    salt: bytes = b""
    hash: bytes = b""
    entry: AccountEntry | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """A transaction as a caller sees it, and the proof of that."""

    view: TransactionView
    number: int
    parts: Sequence[Part]
    path: Sequence[bytes]
    seal: Seal


class SealProofs:
    """GetSealProof and ListSeals."""

    def __init__(self, transactions: Transactions, keys: SealKeys) -> None:
        self._transactions = transactions
        self._keys = keys

    @property
    def public_keys(self) -> Mapping[str, bytes]:
        """The public keys that are known here, by id."""
        return self._keys.public

    async def seals(self, after: int, limit: int) -> list[Seal]:
        """Seals above a number, in order."""
        return await self._transactions.run(lambda unit: unit.seals.page(after, limit))

    async def prove(self, principal: Principal, transaction_id: str) -> Proof:
        """The proof of a transaction.

        Raises:
            PaymentsError: LEDGER_TRANSACTION_NOT_FOUND, NOT_SEALED_YET; INTERNAL when the books are not what was
                sealed.
        """
        parsed = parse_id(Prefix.LEDGER_TRANSACTION, transaction_id)

        async def read(unit: UnitOfWork) -> tuple[TransactionView, bool, Numbered | None, tuple[Seal, bytes] | None]:
            found = await unit.ledger_transactions.get([parsed] if parsed else [])
            views = await unit.ledger_transactions.views(found)
            shown = seen_by(principal, views[0]) if views else None
            if shown is None:
                raise no_transaction(transaction_id)
            numbered = await unit.seals.by_transaction(shown.transaction.id)
            covering = await unit.seals.covering(numbered.number) if numbered else None
            return shown, shown is views[0], numbered, covering

        view, whole, numbered, covering = await self._transactions.run(read)
        if numbered is None or covering is None:
            raise PaymentsError(
                Reason.NOT_SEALED_YET,
                f"ledger transaction {transaction_id!r} is not under a seal yet: ask again soon",
                metadata={"transaction_id": transaction_id},
                retry_after_ms=RETRY_AFTER_MS,
            )
        seal, leaves = covering
        place = numbered.number - seal.header.first
        kept = leaves[place * LEAF_BYTES : (place + 1) * LEAF_BYTES]
        if kept != kept_leaf(numbered):
            _log.error("seal.broken", transaction_id=transaction_id, seal=seal.header.number)
            raise PaymentsError(
                Reason.INTERNAL,
                f"ledger transaction {transaction_id!r} is not what was sealed: `payments verify` says what differs",
            )
        parts = parts_for(principal, numbered, whole=whole)
        return Proof(view, numbered.number, parts, audit_path(leaf_hashes(leaves), place), seal)


def parts_for(principal: Principal, row: Numbered, *, whole: bool) -> list[Part]:
    """The parts of a proof for a caller, who sees the whole transaction or only its owners' entries."""
    if row.transaction is None:
        raise ValueError("a sealed transaction is not in the books")
    salt = salt_of(row.salt)
    hashes = part_hashes(encode(row.transaction, row.entries), salt)
    seen = _ALWAYS_SEEN | (_SEEN_WITH_THE_WHOLE if whole else frozenset())
    parts = [
        Part(salt=part_salt(salt, index)) if family in seen else Part(hash=hashes[index])
        for index, family in enumerate(FAMILIES)
    ]
    for index, line in enumerate(row.entries, ENTRY_FIRST):
        sees = whole or sees_owner(principal, line[0].owner_id)
        parts.append(Part(salt=part_salt(salt, index), entry=line) if sees else Part(hash=hashes[index]))
    return parts
