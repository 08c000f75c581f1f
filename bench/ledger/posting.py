"""Requests of LedgerService that post, each of them new.

A request is put together from the pieces of one that was encoded beforehand, and of a reply only those bytes are looked
at that tell a posting: encoding and decoding with stubs would take a tenth of the machine from what is measured on it.
What was posted is counted in the books afterwards.
"""

import os
import random
from collections.abc import Iterator

from payments_api.v1 import ledger_pb2, ledger_service_pb2, money_pb2

from bench.ledger.accounts import CURRENCY, code

POST = "payments_api.v1.LedgerService/PostTransaction"
POST_SCRIPT = "bench.ledger.posting:PostScript"
BATCH = "payments_api.v1.LedgerService/BatchPostTransactions"
BATCH_SCRIPT = "bench.ledger.posting:BatchScript"
_AMOUNT_MAX = 1_000
_KEY, _REFERENCE, _DEBIT, _CREDIT = "k" * 32, "r" * 32, "d" * 7, "c" * 7
_POSTED = b"\x1dlt_"
"""The id of a transaction, with its length in front: once in each thing that was posted, and nowhere else."""


class _Names:
    """Keys and references that nobody has used: a random beginning and a number."""

    def __init__(self) -> None:
        self._beginning = os.urandom(10).hex()
        self._numbers = iter(range(1 << 48))

    def next(self) -> bytes:
        """32 characters."""
        return f"{self._beginning}{next(self._numbers):012x}".encode()


class _Transactions:
    """Transactions of one posting between two accounts at random, or from account 0 to another."""

    def __init__(self, accounts: int, *, hot: bool) -> None:
        self._accounts = accounts
        self._hot = hot
        self._names = _Names()

    def values(self) -> Iterator[bytes]:
        """Reference, debited and credited account of one that nobody has posted."""
        yield self._names.next()
        debit = 0 if self._hot else int(random.random() * self._accounts)  # noqa: S311 - no secret
        credit = (debit + 1 + int(random.random() * (self._accounts - 1))) % self._accounts  # noqa: S311 - no secret
        yield b"%07d" % debit
        yield b"%07d" % credit


def _transaction() -> ledger_pb2.NewTransaction:
    """One with places for what differs from one to the next."""
    amount = money_pb2.Money(amount_minor=random.randint(1, _AMOUNT_MAX), currency_code=CURRENCY)  # noqa: S311 - no secret
    debit, credit = code(0).replace("0" * 7, _DEBIT), code(0).replace("0" * 7, _CREDIT)
    posting = ledger_pb2.Posting(debit_account=debit, credit_account=credit, amount=amount)
    return ledger_pb2.NewTransaction(reference=f"bench/{_REFERENCE}", postings=[posting])


def _pieces(encoded: bytes, *places: str) -> list[bytes]:
    """What stands before, between and behind the places, which come in this order and once each."""
    pieces = []
    for place in places:
        before, _, encoded = encoded.partition(place.encode())
        pieces.append(before)
    return [*pieces, encoded]


class PostScript:
    """PostTransaction (`bench.load.script.Script`)."""

    def __init__(self, accounts: int, hot: bool) -> None:
        self._transactions = _Transactions(accounts, hot=hot)
        self._keys = _Names()
        request = ledger_service_pb2.PostTransactionRequest(idempotency_key=_KEY, transaction=_transaction())
        self._pieces = _pieces(request.SerializeToString(deterministic=True), _KEY, _REFERENCE, _DEBIT, _CREDIT)

    def next(self) -> bytes:
        """One transaction."""
        first, second, third, fourth, last = self._pieces
        reference, debit, credit = self._transactions.values()
        return b"".join((first, self._keys.next(), second, reference, third, debit, fourth, credit, last))

    def effects(self, reply: bytes) -> int:
        """1 when it was posted."""
        return reply.count(_POSTED)


class BatchScript:
    """BatchPostTransactions (`bench.load.script.Script`)."""

    def __init__(self, accounts: int, hot: bool, size: int) -> None:
        self._transactions = _Transactions(accounts, hot=hot)
        self._keys = _Names()
        self._size = size
        # Requests of a key and of items, one behind the other, are one request with the key and all of the items.
        item = ledger_service_pb2.BatchPostTransactionsItem(post=_transaction())
        items = ledger_service_pb2.BatchPostTransactionsRequest(items=[item]).SerializeToString(deterministic=True)
        self._item = _pieces(items, _REFERENCE, _DEBIT, _CREDIT)

    def next(self) -> bytes:
        """One batch, each transaction alone."""
        key = self._keys.next().decode()
        parts = [ledger_service_pb2.BatchPostTransactionsRequest(idempotency_key=key).SerializeToString()]
        first, second, third, last = self._item
        for _ in range(self._size):
            reference, debit, credit = self._transactions.values()
            parts += (first, reference, second, debit, third, credit, last)
        return b"".join(parts)

    def effects(self, reply: bytes) -> int:
        """How many were posted."""
        return reply.count(_POSTED)
