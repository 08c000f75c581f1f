"""Requests of LedgerService that post, each of them new."""

import random
import uuid

from payments_api.v1 import ledger_pb2, ledger_service_pb2, money_pb2

from bench.ledger.accounts import CURRENCY, code

POST = "payments_api.v1.LedgerService/PostTransaction"
POST_SCRIPT = "bench.ledger.posting:PostScript"
BATCH = "payments_api.v1.LedgerService/BatchPostTransactions"
BATCH_SCRIPT = "bench.ledger.posting:BatchScript"
_AMOUNT_MAX = 1_000


class _Transactions:
    """Transactions of one posting between two accounts at random, or from account 0 to another."""

    def __init__(self, accounts: int, *, hot: bool) -> None:
        self._accounts = accounts
        self._hot = hot

    def new(self) -> ledger_pb2.NewTransaction:
        """One that nobody has posted."""
        if self._hot:
            debit, credit = 0, random.randrange(1, self._accounts)  # noqa: S311 - no secret
        else:
            debit, credit = random.sample(range(self._accounts), 2)
        amount = money_pb2.Money(amount_minor=random.randint(1, _AMOUNT_MAX), currency_code=CURRENCY)  # noqa: S311 - no secret
        posting = ledger_pb2.Posting(debit_account=code(debit), credit_account=code(credit), amount=amount)
        return ledger_pb2.NewTransaction(reference=f"bench/{uuid.uuid4().hex}", postings=[posting])


class PostScript:
    """PostTransaction (`bench.load.script.Script`)."""

    def __init__(self, accounts: int, hot: bool) -> None:
        self._transactions = _Transactions(accounts, hot=hot)

    def next(self) -> bytes:
        """One transaction."""
        return ledger_service_pb2.PostTransactionRequest(
            idempotency_key=uuid.uuid4().hex, transaction=self._transactions.new()
        ).SerializeToString()

    def effects(self, reply: bytes) -> int:
        """1 when it was posted now."""
        posted = ledger_service_pb2.PostTransactionResponse.FromString(reply)
        return int(posted.transaction.id.startswith("lt_") and not posted.duplicate)


class BatchScript:
    """BatchPostTransactions (`bench.load.script.Script`)."""

    def __init__(self, accounts: int, hot: bool, size: int) -> None:
        self._transactions = _Transactions(accounts, hot=hot)
        self._size = size

    def next(self) -> bytes:
        """One batch, each transaction alone."""
        items = [ledger_service_pb2.BatchPostTransactionsItem(post=self._transactions.new()) for _ in range(self._size)]
        return ledger_service_pb2.BatchPostTransactionsRequest(
            idempotency_key=uuid.uuid4().hex, items=items
        ).SerializeToString()

    def effects(self, reply: bytes) -> int:
        """How many were posted now."""
        outcomes = ledger_service_pb2.BatchPostTransactionsResponse.FromString(reply).outcomes
        return sum(one.transaction.id.startswith("lt_") and not one.duplicate for one in outcomes)
