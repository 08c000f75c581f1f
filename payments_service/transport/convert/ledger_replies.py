"""Replies of LedgerService's mutating methods, by method."""

from collections.abc import Callable, Mapping

from google.protobuf.message import Message
from payments_api.v1 import ledger_service_pb2 as pb

from payments_service.application.ledger.post import BatchResult
from payments_service.application.ledger.posting import PostResult
from payments_service.domain.ledger.views import LedgerAccount
from payments_service.transport.convert.ledger_account import account_to_message
from payments_service.transport.convert.ledger_posting import fill_outcome, fill_posted

_SERVICE = "payments_api.v1.LedgerService"

AccountReply = (
    type[pb.CreateLedgerAccountResponse]
    | type[pb.UpdateLedgerAccountResponse]
    | type[pb.FreezeLedgerAccountResponse]
    | type[pb.UnfreezeLedgerAccountResponse]
    | type[pb.CloseLedgerAccountResponse]
)
PostReply = (
    type[pb.PostTransactionResponse]
    | type[pb.PostPendingTransactionResponse]
    | type[pb.VoidPendingTransactionResponse]
    | type[pb.ReverseTransactionResponse]
)


def _account(reply: AccountReply) -> Callable[[object], Message]:
    def encode(result: object) -> Message:
        if not isinstance(result, LedgerAccount):
            raise TypeError(f"not a ledger account: {type(result).__name__}")
        return reply(ledger_account=account_to_message(result))

    return encode


def _posted(reply: PostReply) -> Callable[[object], Message]:
    def encode(result: object) -> Message:
        if not isinstance(result, PostResult):
            raise TypeError(f"not a posted transaction: {type(result).__name__}")
        message = reply()
        fill_posted(message, result)
        return message

    return encode


def _batch(result: object) -> Message:
    if not isinstance(result, BatchResult):
        raise TypeError(f"not the outcomes of a batch: {type(result).__name__}")
    message = pb.BatchPostTransactionsResponse()
    for outcome in result.outcomes:
        fill_outcome(message.outcomes.add(), outcome)
    return message


LEDGER_ENCODERS: Mapping[str, Callable[[object], Message]] = {
    f"{_SERVICE}/CreateLedgerAccount": _account(pb.CreateLedgerAccountResponse),
    f"{_SERVICE}/UpdateLedgerAccount": _account(pb.UpdateLedgerAccountResponse),
    f"{_SERVICE}/FreezeLedgerAccount": _account(pb.FreezeLedgerAccountResponse),
    f"{_SERVICE}/UnfreezeLedgerAccount": _account(pb.UnfreezeLedgerAccountResponse),
    f"{_SERVICE}/CloseLedgerAccount": _account(pb.CloseLedgerAccountResponse),
    f"{_SERVICE}/PostTransaction": _posted(pb.PostTransactionResponse),
    f"{_SERVICE}/PostPendingTransaction": _posted(pb.PostPendingTransactionResponse),
    f"{_SERVICE}/VoidPendingTransaction": _posted(pb.VoidPendingTransactionResponse),
    f"{_SERVICE}/ReverseTransaction": _posted(pb.ReverseTransactionResponse),
    f"{_SERVICE}/BatchPostTransactions": _batch,
}
"""By the full name of the method whose reply it is."""
