"""payments_api.v1.LedgerService: the methods that post."""

from collections.abc import Iterator
from contextlib import contextmanager

from google.protobuf.message import Message
from payments_api.v1 import ledger_service_pb2 as pb

from payments_service.application.ledger.post import PostTransactions
from payments_service.domain.errors import PaymentsError
from payments_service.domain.ledger.transaction import TransactionKind
from payments_service.transport.call import Call
from payments_service.transport.convert.ledger_posting import below, item_draft, new_draft, targeted_draft
from payments_service.transport.idempotency import idempotent_request
from payments_service.transport.replay import replayable

_FIELD = "transaction"


class LedgerPostingHandlers:
    """Posting: see the service's own comments."""

    def __init__(self, post: PostTransactions) -> None:
        self._post = post

    async def post_transaction(self, request: pb.PostTransactionRequest, call: Call) -> Message:
        """Post a transaction, or hold money back for one."""
        with replayable(call), _in_transaction():
            completed = await self._post.one(
                call.principal,
                idempotent_request(request, call),
                new_draft(request.transaction),
                dry_run=request.dry_run,
            )
        if completed.replayed:
            call.mark_replayed()
        return pb.PostTransactionResponse.FromString(completed.reply)

    async def batch_post_transactions(self, request: pb.BatchPostTransactionsRequest, call: Call) -> Message:
        """Post a batch in order."""
        drafts = [item_draft(item) for item in request.items]
        with replayable(call):
            completed = await self._post.batch(
                call.principal, idempotent_request(request, call), drafts, dry_run=request.dry_run
            )
        if completed.replayed:
            call.mark_replayed()
        return pb.BatchPostTransactionsResponse.FromString(completed.reply)

    async def post_pending_transaction(self, request: pb.PostPendingTransactionRequest, call: Call) -> Message:
        """Post what a pending transaction has held back."""
        return pb.PostPendingTransactionResponse.FromString(await self._act(TransactionKind.CAPTURE, request, call))

    async def void_pending_transaction(self, request: pb.VoidPendingTransactionRequest, call: Call) -> Message:
        """Give back what is left of a pending transaction."""
        return pb.VoidPendingTransactionResponse.FromString(await self._act(TransactionKind.VOID, request, call))

    async def reverse_transaction(self, request: pb.ReverseTransactionRequest, call: Call) -> Message:
        """Move back what a transaction moved."""
        return pb.ReverseTransactionResponse.FromString(await self._act(TransactionKind.REVERSE, request, call))

    async def _act(
        self,
        kind: TransactionKind,
        request: pb.PostPendingTransactionRequest | pb.VoidPendingTransactionRequest | pb.ReverseTransactionRequest,
        call: Call,
    ) -> bytes:
        """Act on a transaction; gives the encoded reply."""
        with replayable(call), _in_transaction():
            completed = await self._post.one(
                call.principal,
                idempotent_request(request, call),
                targeted_draft(kind, request.transaction),
                dry_run=request.dry_run,
            )
        if completed.replayed:
            call.mark_replayed()
        return completed.reply


@contextmanager
def _in_transaction() -> Iterator[None]:
    """Name the fields of an error by their paths in the request."""
    try:
        yield
    except PaymentsError as error:
        raise below(_FIELD, error) from None
