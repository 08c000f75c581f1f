"""payments_api.v1.LedgerService: the methods that post."""

from payments_api.v1 import ledger_service_pb2 as pb

from payments_service.application.idempotency import Completed
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

    async def post_transaction(self, request: pb.PostTransactionRequest, call: Call) -> bytes:
        """Post a transaction, or hold money back for one."""
        with replayable(call), _in_transaction:
            completed = await self._post.one(
                call.principal,
                idempotent_request(request, call),
                new_draft(request.transaction),
                dry_run=request.dry_run,
            )
        return _encoded(completed, call)

    async def batch_post_transactions(self, request: pb.BatchPostTransactionsRequest, call: Call) -> bytes:
        """Post a batch in order."""
        drafts = [item_draft(item) for item in request.items]
        with replayable(call):
            completed = await self._post.batch(
                call.principal, idempotent_request(request, call), drafts, dry_run=request.dry_run
            )
        return _encoded(completed, call)

    async def post_pending_transaction(self, request: pb.PostPendingTransactionRequest, call: Call) -> bytes:
        """Post what a pending transaction has held back."""
        return await self._act(TransactionKind.CAPTURE, request, call)

    async def void_pending_transaction(self, request: pb.VoidPendingTransactionRequest, call: Call) -> bytes:
        """Give back what is left of a pending transaction."""
        return await self._act(TransactionKind.VOID, request, call)

    async def reverse_transaction(self, request: pb.ReverseTransactionRequest, call: Call) -> bytes:
        """Move back what a transaction moved."""
        return await self._act(TransactionKind.REVERSE, request, call)

    async def _act(
        self,
        kind: TransactionKind,
        request: pb.PostPendingTransactionRequest | pb.VoidPendingTransactionRequest | pb.ReverseTransactionRequest,
        call: Call,
    ) -> bytes:
        """Act on a transaction; gives the encoded reply."""
        with replayable(call), _in_transaction:
            completed = await self._post.one(
                call.principal,
                idempotent_request(request, call),
                targeted_draft(kind, request.transaction),
                dry_run=request.dry_run,
            )
        return _encoded(completed, call)


def _encoded(completed: Completed, call: Call) -> bytes:
    """The reply as it was stored: decoding it here would only have it encoded again."""
    if completed.replayed:
        call.mark_replayed()
    return completed.reply


class _InTransaction:
    """Names the fields of an error by their paths in the request."""

    def __enter__(self) -> None:
        """Nothing to begin."""

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, PaymentsError):
            raise below(_FIELD, error) from None


_in_transaction = _InTransaction()
