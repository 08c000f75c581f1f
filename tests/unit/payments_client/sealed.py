"""A few transactions under a seal, as the service answers about them, without a server or a database."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

from payments_api.v1 import ledger_pb2, ledger_service_pb2, seal_pb2

from payments_service.application.caller import Principal
from payments_service.application.ledger.transactions import seen_by
from payments_service.application.sealing.keys import SealKeys, new_seal_key
from payments_service.application.sealing.prove import Proof, parts_for
from payments_service.domain.ledger.account import Account, AccountKind, Side
from payments_service.domain.ledger.outcome import AccountEntry
from payments_service.domain.ledger.transaction import Effect, Entry, Transaction, TransactionKind
from payments_service.domain.ledger.transaction_view import view_of
from payments_service.domain.seal.model import FIRST_PREVIOUS, Numbered, Seal, SealHeader, kept_leaf, leaf_hashes
from payments_service.domain.seal.tree import audit_path, root
from payments_service.transport.convert.seal import proof_to_message, seal_to_message

NOW = datetime(2026, 11, 20, 12, 0, 0, 123_456, tzinfo=UTC)
PRIVATE, PUBLIC = new_seal_key("one")
KEYS = SealKeys([PRIVATE])
TRUSTED = dict(KEYS.public)
_numbers = count(1)

ALICE = Account(UUID(int=1), "caller:alice:cash", "usd", AccountKind.LIABILITY, "alice")
BOB = Account(UUID(int=2), "caller:bob:cash", "usd", AccountKind.LIABILITY, "bob")


def numbered(number: int, *, debit: Account = ALICE, credit: Account = BOB, amount: int = 100) -> Numbered:
    """A transaction with two postings of which the ledger added one."""
    transaction_id = UUID(int=1_000 + number)
    entries: list[AccountEntry] = [
        (account, Entry(account.id, number, transaction_id, index, side, Effect.POSTED, amount, 7, 8, 9, 10, NOW))
        for index in (0, 1_000)
        for account, side in ((debit, Side.DEBIT), (credit, Side.CREDIT))
    ]
    transaction = Transaction(
        id=transaction_id,
        reference=f"caller/order-{number}",
        kind=TransactionKind.POST,
        target_id=UUID(int=5) if number % 2 else None,
        effective_time=NOW - timedelta(days=1),
        record_time=NOW,
        expire_time=NOW + timedelta(days=1) if number % 2 else None,
        description="dëscribed",
        metadata={"b": "2", "a": "1"},
        actor="shop",
        request_id="req",
        digest=b"d" * 32,
    )
    return Numbered(number, transaction_id, UUID(int=77 + number), transaction, entries)


@dataclass
class Sealed:
    """Transactions under one seal."""

    rows: list[Numbered]
    seal: Seal

    @classmethod
    def of(cls, size: int, after: Seal | None = None, keys: SealKeys = KEYS) -> "Sealed":
        first = after.header.last + 1 if after else 1
        rows = [numbered(number) for number in range(first, first + size)]
        header = SealHeader(
            number=after.header.number + 1 if after else 1,
            first=first,
            last=first + size - 1,
            root=root([kept_leaf(row)[:32] for row in rows]),
            previous_head=after.head if after else FIRST_PREVIOUS,
            seal_time=NOW,
            key_id=keys.signing_id or "",
        )
        return cls(rows, Seal(header, header.head(), keys.sign(header.head())))

    def reply(self, place: int, *owner_ids: str) -> ledger_service_pb2.GetSealProofResponse:
        """What GetSealProof answers to a backend, or to a token bound to owners."""
        principal = Principal("shop", frozenset(), owner_ids=frozenset(owner_ids) if owner_ids else None)
        row = self.rows[place]
        assert row.transaction is not None
        view = view_of(row.transaction, row.entries, (), NOW)
        shown = seen_by(principal, view)
        assert shown is not None
        leaves = leaf_hashes(b"".join(map(kept_leaf, self.rows)))
        parts = parts_for(principal, row, whole=shown is view)
        return proof_to_message(Proof(shown, row.number, parts, audit_path(leaves, place), self.seal))

    def shown(self, place: int, *owner_ids: str) -> tuple[ledger_pb2.LedgerTransaction, seal_pb2.SealProof]:
        reply = self.reply(place, *owner_ids)
        return reply.transaction, reply.proof

    @property
    def message(self) -> seal_pb2.LedgerSeal:
        return seal_to_message(self.seal)
