"""Calls of LedgerService in a line each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import grpc
from payments_api.v1 import ledger_pb2, ledger_service_pb2_grpc
from payments_api.v1 import ledger_service_pb2 as pb
from sqlalchemy import text

from payments_service.bootstrap import Core
from payments_service.config import Settings
from payments_service.transport.development_token import DEVELOPMENT_SCOPES, mint_development_token
from tests.integration.payments_service.application.house import Failure, failure

_keys = count(1)


def posting(debit: str, credit: str, amount: int, currency: str = "usd") -> ledger_pb2.Posting:
    return ledger_pb2.Posting(
        debit_account=debit,
        credit_account=credit,
        amount={"amount_minor": amount, "currency_code": currency},
    )


def condition(account: str, **fields: int) -> ledger_pb2.PostingCondition:
    return ledger_pb2.PostingCondition(account=account, **fields)


@dataclass
class Teller:
    """A caller of the ledger."""

    settings: Settings
    core: Core
    channel: grpc.aio.Channel
    metadata: list[tuple[str, str]] = field(default_factory=list)
    address: str = ""

    def __post_init__(self) -> None:
        self.stub: Any = ledger_service_pb2_grpc.LedgerServiceStub(self.channel)
        self.metadata = self.metadata or self.as_caller()

    def as_caller(
        self, subject: str = "shop", owner_ids: Iterable[str] | None = None, scopes: Iterable[str] = DEVELOPMENT_SCOPES
    ) -> list[tuple[str, str]]:
        token = mint_development_token(self.settings, subject=subject, scopes=scopes, owner_ids=owner_ids)
        return [("authorization", f"Bearer {token}")]

    def other(self, subject: str, owner_ids: Iterable[str] | None = None) -> "Teller":
        """Another caller of the same server."""
        return Teller(self.settings, self.core, self.channel, self.as_caller(subject, owner_ids))

    def call(self, method: str, **fields: Any) -> Any:
        """Start a call; mutating ones get a key of their own unless `fields` has one."""
        request: Any = getattr(pb, f"{method}Request")
        if "idempotency_key" in request.DESCRIPTOR.fields_by_name:
            fields.setdefault("idempotency_key", f"key-{next(_keys)}")
        return getattr(self.stub, method)(request(**fields), metadata=self.metadata)

    async def fails(self, method: str, **fields: Any) -> Failure:
        return await failure(self.call(method, **fields))

    async def account(self, code: str, **fields: Any) -> ledger_pb2.LedgerAccount:
        """Create an account: a liability in usd unless told otherwise."""
        values = {"kind": "LEDGER_ACCOUNT_KIND_LIABILITY", "currency_code": "usd"} | fields
        found: ledger_pb2.LedgerAccount = (await self.call("CreateLedgerAccount", code=code, **values)).ledger_account
        return found

    async def accounts(self, *codes: str, **fields: Any) -> None:
        for code in codes:
            await self.account(code, **fields)

    async def post(
        self, debit: str, credit: str, amount: int, dry_run: bool = False, **fields: Any
    ) -> pb.PostTransactionResponse:
        """Post one posting in usd."""
        draft = ledger_pb2.NewTransaction(postings=[posting(debit, credit, amount)], **fields)
        reply: pb.PostTransactionResponse = await self.call("PostTransaction", transaction=draft, dry_run=dry_run)
        return reply

    async def refused(self, debit: str, credit: str, amount: int, **fields: Any) -> Failure:
        """The error of one posting in usd."""
        draft = ledger_pb2.NewTransaction(postings=[posting(debit, credit, amount)], **fields)
        return await self.fails("PostTransaction", transaction=draft)

    async def act(self, verb: str, target: str, *parts: int, **fields: Any) -> Any:
        """PostPending, VoidPending or Reverse a transaction by its id."""
        draft = ledger_pb2.TargetedTransaction(target_transaction_id=target, part_minor=parts, **fields)
        return await self.call(f"{verb}Transaction", transaction=draft)

    async def act_refused(self, verb: str, target: str, *parts: int, **fields: Any) -> Failure:
        draft = ledger_pb2.TargetedTransaction(target_transaction_id=target, part_minor=parts, **fields)
        return await self.fails(f"{verb}Transaction", transaction=draft)

    async def batch(self, *items: Mapping[str, Any], **fields: Any) -> list[Any]:
        """The outcomes of a batch."""
        return list((await self.call("BatchPostTransactions", items=items, **fields)).outcomes)

    async def balance(self, code: str, **fields: Any) -> ledger_pb2.Balance:
        found: ledger_pb2.Balance = (await self.call("GetBalance", code=code, **fields)).balance
        return found

    async def posted(self, *codes: str) -> list[int]:
        """The posted balances of accounts now."""
        reply = await self.call("BatchGetBalances", accounts=codes)
        return [balance.posted.amount_minor for balance in reply.balances]

    async def sql(self, statement: str, **values: object) -> list[Any]:
        """Rows of a statement, as the service's own role."""
        async with self.core.engine.begin() as connection:
            result = await connection.execute(text(statement), values)
            return list(result.all()) if result.returns_rows else []
