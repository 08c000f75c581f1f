"""Books in memory for what disputes and payouts post: a ledger that decides as the real one does."""

from collections.abc import Sequence
from uuid import UUID

from payments_service.domain.ids import new_id
from payments_service.domain.ledger.account import Account, AccountSpec
from payments_service.domain.ledger.books import Target
from payments_service.domain.ledger.chart import receivable_of
from payments_service.domain.ledger.decide import decide
from payments_service.domain.ledger.hold import HeldPosting, Hold
from payments_service.domain.ledger.outcome import Posted
from payments_service.domain.ledger.reversal import Original, OriginalPosting
from payments_service.domain.ledger.transaction import PostRequest, Transaction, TransactionKind, code_of
from payments_service.domain.ledger.views import Balance
from tests.unit.payments_service.domain.samples import NOON


class MemoryBooks:
    """Accounts made on first use, and what was posted; every request must be accepted, and every reference new."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._existing: dict[str, Transaction] = {}
        self._targets: dict[UUID, Target] = {}

    def post(self, requests: Sequence[PostRequest]) -> None:
        for request in requests:
            for posting in request.postings:
                for key in (posting.debit, posting.credit):
                    assert isinstance(key, AccountSpec)
                    for spec in filter(None, (key, receivable_of(key))):
                        self._accounts.setdefault(spec.code, _account(spec))
        decision = decide(self._accounts, self._existing, self._targets, requests, NOON)
        for outcome, request in zip(decision.outcomes, requests, strict=True):
            assert isinstance(outcome, Posted), outcome
            self._existing[request.reference] = outcome.transaction
            self._remember(request)
        self._accounts |= {account.code: account for account in decision.accounts}

    def _remember(self, request: PostRequest) -> None:
        moved = [
            (code_of(one.debit), code_of(one.credit), one.amount.currency, one.amount.amount_minor)
            for one in request.postings
        ]
        if request.kind is TransactionKind.HOLD:
            self._targets[request.transaction_id] = Hold(
                request.transaction_id, tuple(HeldPosting(*one) for one in moved), None
            )
        elif request.kind is TransactionKind.POST:
            postings = tuple(OriginalPosting(index, *one) for index, one in enumerate(moved))
            self._targets[request.transaction_id] = Original(request.transaction_id, request.kind, NOON, postings)

    @property
    def balances(self) -> dict[str, Balance]:
        return {code: Balance.of(account) for code, account in self._accounts.items()}

    @property
    def figures(self) -> dict[str, tuple[int, int]]:
        """Posted and available of every account that is not at zero."""
        shown = {
            code: (one.posted.amount_minor, one.available.amount_minor) for code, one in sorted(self.balances.items())
        }
        return {code: pair for code, pair in shown.items() if pair != (0, 0)}


def _account(spec: AccountSpec) -> Account:
    return Account(new_id(), spec.code, spec.currency, spec.kind, spec.owner_id, spec.floor_minor)
