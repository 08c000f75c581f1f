"""Accounts and requests to decide about, and the checks that every decision must pass."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from uuid import UUID

from payments_service.domain.errors import Reason
from payments_service.domain.ledger.account import Account, AccountKind, Side
from payments_service.domain.ledger.books import Target
from payments_service.domain.ledger.decide import decide
from payments_service.domain.ledger.outcome import Decision, Outcome, Posted, Refused
from payments_service.domain.ledger.transaction import Effect, Posting, PostRequest, Transaction
from payments_service.domain.money import Money

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
_numbers = count(1)


def new_uuid() -> UUID:
    """A different id each time."""
    return UUID(int=next(_numbers))


def account(code: str, kind: AccountKind = AccountKind.LIABILITY, **fields: object) -> Account:
    """An account in usd unless `fields` says otherwise."""
    return replace(Account(new_uuid(), code, "usd", kind), **fields)  # type: ignore[arg-type]  # passed through


def posting(debit: str, credit: str, amount: int, currency: str = "usd") -> Posting:
    """A posting between accounts by code."""
    return Posting(debit, credit, Money(amount, currency))


def request(*postings: Posting, **fields: object) -> PostRequest:
    """A request with an id and a reference of its own unless `fields` says otherwise."""
    number = new_uuid()
    given = {"transaction_id": number, "reference": f"fact:{number.int}", "postings": postings, **fields}
    return PostRequest(**given)  # type: ignore[arg-type]  # passed through


def run(
    accounts: Iterable[Account],
    *requests: PostRequest,
    existing: Iterable[Transaction] = (),
    targets: Mapping[UUID, Target] | None = None,
    now: datetime = NOW,
) -> Decision:
    """Decide, and check what must be true of every decision."""
    before = {one.code: one for one in accounts}
    known = {transaction.reference: transaction for transaction in existing}
    decision = decide(before, known, targets or {}, requests, now)
    check_books(before.values(), decision)
    return decision


def reason(outcome: Outcome) -> Reason | None:
    """Why a request was refused; None when it was not."""
    return outcome.error.reason if isinstance(outcome, Refused) else None


def check_books(accounts: Iterable[Account], decision: Decision) -> None:
    """Every transaction balances, versions have no gap, totals are the fold of the entries."""
    by_id = {one.id: one for one in accounts}
    folded = dict(by_id)
    sums: dict[tuple[UUID, int, str, Effect], int] = defaultdict(int)
    for entry in decision.entries:
        one = folded[entry.account_id]
        posted = {Effect.POSTED: 1, Effect.HELD: 0, Effect.CAPTURED: 1, Effect.RELEASED: 0}[entry.effect]
        pending = {Effect.POSTED: 0, Effect.HELD: 1, Effect.CAPTURED: -1, Effect.RELEASED: -1}[entry.effect]
        side = "debits" if entry.side is Side.DEBIT else "credits"
        changed = {
            f"posted_{side}": getattr(one, f"posted_{side}") + posted * entry.amount_minor,
            f"pending_{side}": getattr(one, f"pending_{side}") + pending * entry.amount_minor,
        }
        one = replace(one, version=one.version + 1, last_record_time=entry.record_time, **changed)
        assert entry.version == one.version
        assert (entry.posted_debits, entry.posted_credits) == (one.posted_debits, one.posted_credits)
        assert (entry.pending_debits, entry.pending_credits) == (one.pending_debits, one.pending_credits)
        assert min(one.pending_debits, one.pending_credits, entry.amount_minor - 1) >= 0
        folded[entry.account_id] = one
        sign = 1 if entry.side is Side.DEBIT else -1
        sums[entry.transaction_id, entry.posting_index, one.currency, entry.effect] += sign * entry.amount_minor
    assert set(sums.values()) <= {0}
    assert {one.id: one for one in decision.accounts} == {
        id_: one for id_, one in folded.items() if one.version != by_id[id_].version
    }
    posted_outcomes = [outcome for outcome in decision.outcomes if isinstance(outcome, Posted)]
    assert [outcome.transaction for outcome in posted_outcomes] == list(decision.transactions)
    assert [entry for outcome in posted_outcomes for entry in outcome.entries] == list(decision.entries)


def posted(decision: Decision) -> Sequence[bool]:
    """Which requests were posted."""
    return [isinstance(outcome, Posted) for outcome in decision.outcomes]
