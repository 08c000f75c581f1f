"""payments_api.v1.LedgerService: all of it, and the methods that read."""

from datetime import datetime
from uuid import UUID

from google.protobuf.message import Message
from payments_api.v1 import ledger_service_pb2 as pb

from payments_service.application.ledger.accounts import LedgerAccounts
from payments_service.application.ledger.names import AccountName
from payments_service.application.ledger.ports import TransactionFilter, TransactionPosition
from payments_service.application.ledger.post import PostTransactions
from payments_service.application.ledger.read import LedgerReader
from payments_service.application.ledger.transactions import LedgerTransactions
from payments_service.application.sealing.prove import SealProofs
from payments_service.domain.errors import invalid
from payments_service.domain.ids import Prefix, parse_id
from payments_service.transport.call import Call
from payments_service.transport.convert.basic import time_from_message
from payments_service.transport.convert.ledger import (
    balance_to_message,
    effective_balance_to_message,
    entry_to_message,
)
from payments_service.transport.convert.ledger_posting import KIND_FROM_MESSAGE, view_to_message
from payments_service.transport.handlers.ledger_accounts import LedgerAccountHandlers
from payments_service.transport.handlers.ledger_posting import LedgerPostingHandlers
from payments_service.transport.handlers.ledger_seals import LedgerSealHandlers
from payments_service.transport.page_token import decode_page_token, encode_page_token, page_size

VERSION_BYTES = 8


class LedgerHandlers(LedgerAccountHandlers, LedgerPostingHandlers, LedgerSealHandlers):
    """The ledger: see the service's own comments."""

    def __init__(
        self,
        reader: LedgerReader,
        accounts: LedgerAccounts,
        post: PostTransactions,
        transactions: LedgerTransactions,
        proofs: SealProofs,
    ) -> None:
        LedgerAccountHandlers.__init__(self, accounts)
        LedgerPostingHandlers.__init__(self, post)
        LedgerSealHandlers.__init__(self, proofs)
        self._reader = reader
        self._transactions = transactions

    async def get_balance(self, request: pb.GetBalanceRequest, call: Call) -> Message:
        """Get an account's balance, now, at a record time or at an effective time."""
        account = AccountName(request.ledger_account_id, request.code)
        effective_time = _time(request, "effective_time")
        if effective_time is not None:
            (effective,) = await self._reader.effective_balances(call.principal, [account], effective_time)
            return pb.GetBalanceResponse(balance=effective_balance_to_message(effective))
        balance = await self._reader.balance(call.principal, account, _time(request, "record_time"))
        return pb.GetBalanceResponse(balance=balance_to_message(balance))

    async def batch_get_balances(self, request: pb.BatchGetBalancesRequest, call: Call) -> Message:
        """Get the balances of many accounts."""
        accounts = [AccountName.of(text) for text in request.accounts]
        effective_time = _time(request, "effective_time")
        if effective_time is not None:
            found = await self._reader.effective_balances(call.principal, accounts, effective_time)
            return pb.BatchGetBalancesResponse(balances=[effective_balance_to_message(one) for one in found])
        balances = await self._reader.balances(call.principal, accounts, _time(request, "record_time"))
        return pb.BatchGetBalancesResponse(balances=[balance_to_message(one) for one in balances])

    async def list_entries(self, request: pb.ListEntriesRequest, call: Call) -> Message:
        """List an account's entries, newest first."""
        position = decode_page_token(request, request.page_token)
        size = page_size(request.page_size)
        before = int.from_bytes(position, "big") if position is not None else None
        account = AccountName(request.ledger_account_id, request.code)
        found = await self._reader.history(call.principal, account, before, size + 1)
        token = ""
        if len(found) > size:
            token = encode_page_token(request, found[size - 1].entry.version.to_bytes(VERSION_BYTES, "big"))
        return pb.ListEntriesResponse(entries=[entry_to_message(line) for line in found[:size]], next_page_token=token)

    async def get_transaction(self, request: pb.GetTransactionRequest, call: Call) -> Message:
        """Get a transaction with what is left of it."""
        view = await self._transactions.get(call.principal, request.transaction_id, request.reference)
        return pb.GetTransactionResponse(transaction=view_to_message(view))

    async def list_transactions(self, request: pb.ListTransactionsRequest, call: Call) -> Message:
        """List transactions, newest first."""
        position = decode_page_token(request, request.page_token)
        size = page_size(request.page_size)
        target_id = parse_id(Prefix.LEDGER_TRANSACTION, request.target_transaction_id)
        if request.target_transaction_id and target_id is None:
            raise invalid("target_transaction_id", "must be the id of a ledger transaction, `lt_…`")
        which = TransactionFilter(
            reference_prefix=request.reference_prefix,
            metadata=dict(request.metadata),
            kinds=frozenset(KIND_FROM_MESSAGE[kind] for kind in request.kinds if kind),
            target_id=target_id,
            effective_time_from=_time(request, "effective_time_from"),
            effective_time_before=_time(request, "effective_time_before"),
        )
        account = AccountName.of(request.account) if request.account else None
        found = await self._transactions.page(call.principal, which, account, _position(position), size + 1)
        token = encode_page_token(request, _position_bytes(found[size - 1][0])) if len(found) > size else ""
        messages = [view_to_message(view) for _, view in found[:size]]
        return pb.ListTransactionsResponse(transactions=messages, next_page_token=token)


def _position(raw: bytes | None) -> TransactionPosition | None:
    """A place in a list of transactions: a version has fewer bytes than an id."""
    if raw is None:
        return None
    return int.from_bytes(raw, "big") if len(raw) == VERSION_BYTES else UUID(bytes=raw)


def _position_bytes(position: TransactionPosition) -> bytes:
    return position.bytes if isinstance(position, UUID) else position.to_bytes(VERSION_BYTES, "big")


def _time(request: Message, field: str) -> datetime | None:
    """A time field of a request; None when it was left out."""
    return time_from_message(getattr(request, field), field) if request.HasField(field) else None
