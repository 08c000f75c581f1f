"""What is posted: requests, their postings, and the transactions and entries they become."""

import hashlib
from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import NamedTuple
from uuid import UUID

import orjson

from payments_service.domain.ledger.account import AccountSpec, Side
from payments_service.domain.money import Money
from payments_service.domain.value_object import keyword_value_object, value_object

POSTINGS_MAX = 100
"""Postings of one transaction at most."""

AccountKey = AccountSpec | str
"""How a posting names an account: a spec makes it on first use, a code must exist already."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


SETTLING_INDEX_FIRST = 1_000
"""Postings from this index on are not those that were asked for: the ledger itself adds them, see `receivable`."""


class TransactionKind(StrEnum):
    """What a transaction does. All but POST and HOLD are linked to their target: a hold, or what they reverse."""

    POST = "post"
    HOLD = "hold"
    CAPTURE = "capture"
    VOID = "void"
    EXPIRE = "expire"
    REVERSE = "reverse"


class Effect(IntEnum):
    """What an entry does to its account's totals. The numbers are what entries store, and those of the API."""

    POSTED = 1
    HELD = 2
    CAPTURED = 3
    RELEASED = 4


EFFECTS = {
    TransactionKind.POST: Effect.POSTED,
    TransactionKind.HOLD: Effect.HELD,
    TransactionKind.CAPTURE: Effect.CAPTURED,
    TransactionKind.VOID: Effect.RELEASED,
    TransactionKind.EXPIRE: Effect.RELEASED,
    TransactionKind.REVERSE: Effect.POSTED,
}
"""The effect of the entries that a transaction is asked for, by its kind."""


def code_of(key: AccountKey) -> str:
    """The code of the account that `key` names."""
    return key if isinstance(key, str) else key.code


@value_object
class Posting:
    """One movement from the credited account to the debited one; both have the amount's currency.

    Attributes:
        debit: the account to debit.
        credit: the account to credit.
        amount: above zero.
    """

    debit: AccountKey
    credit: AccountKey
    amount: Money


@value_object
class Condition:
    """What must hold for an account, or the request is refused.

    Attributes:
        code: the account, which must be one that the request posts to.
        expected_version: its version just before the request, seeing what came earlier in the batch.
        available_min_minor: the least available balance after the request, like a floor for this once.
    """

    code: str
    expected_version: int | None = None
    available_min_minor: int | None = None


@keyword_value_object
class PostRequest:
    """One transaction that somebody wants posted.

    Attributes:
        transaction_id: UUIDv7 of the transaction, should it be posted.
        reference: the money fact; unique in the whole ledger.
        kind: what the transaction does.
        postings: 1 to 100 for POST and HOLD; none for the others, which take them from their target.
        effective_time: when it happened; None means when it is recorded.
        at_original_time: of a REVERSE: it happened when what it reverses did.
        expire_time: of a HOLD: from when on nothing can be captured any more.
        target_id: the hold's transaction for CAPTURE, VOID and EXPIRE; for REVERSE the POST or CAPTURE to be undone.
        target_reference: of a target that comes earlier in the same batch: its reference. Whichever request became the
            transaction of that name is meant then, `target_id` is only the last one that might.
        part_minor: of a CAPTURE or REVERSE: how much of each of the target's postings, in their order; None: all that
            is left.
        forced: it is a fact: floors, freezes and closed accounts do not refuse it, and an existing transaction with
            the same reference is simply done, whatever its content.
        atomic_group: requests with the same group stand next to each other and succeed or fail together.
        conditions: what must hold besides the rules.
        description: in words, for people.
        metadata: for machines; values are text.
        actor: who asked: a caller's subject or a worker's name.
        request_id: of the call that asked, for logs.
    """

    transaction_id: UUID
    reference: str
    kind: TransactionKind = TransactionKind.POST
    postings: tuple[Posting, ...] = ()
    effective_time: datetime | None = None
    expire_time: datetime | None = None
    at_original_time: bool = False
    target_id: UUID | None = None
    target_reference: str = ""
    part_minor: tuple[int, ...] | None = None
    forced: bool = False
    atomic_group: UUID | None = None
    conditions: tuple[Condition, ...] = ()
    description: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    actor: str = ""
    request_id: str = ""

    def digest(self) -> bytes:
        """SHA-256 over the content: two requests with one reference are the same fact if and only if these agree.

        Content is what the books record. Who asks, under which conditions and in which group is not part of it, so a
        retry may differ in these.
        """
        content: tuple[object, ...] = (
            self.kind.value,
            [(code_of(p.debit), code_of(p.credit), p.amount.amount_minor, p.amount.currency) for p in self.postings],
            _microseconds(self.effective_time),
            _microseconds(self.expire_time),
            self.target_id,
            self.part_minor,
            self.description,
            dict(self.metadata),
        )
        if self.at_original_time:
            content += ("at_original_time",)
        return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).digest()


@value_object
class Transaction:
    """A posted transaction without its entries. It never changes.

    Attributes:
        id: UUIDv7.
        reference: the money fact; unique.
        kind: what it does.
        target_id: the hold it acts on, or the transaction that it reverses.
        effective_time: when it happened.
        record_time: when it was written, by the database's clock; never before an earlier entry of its accounts.
        expire_time: of a hold: from when on nothing can be captured any more.
        description: in words.
        metadata: for machines.
        actor: who asked.
        request_id: of the call that asked.
        digest: of the content, see `PostRequest.digest`.
    """

    id: UUID
    reference: str
    kind: TransactionKind
    target_id: UUID | None
    effective_time: datetime
    record_time: datetime
    expire_time: datetime | None
    description: str
    metadata: Mapping[str, str]
    actor: str
    request_id: str
    digest: bytes


class Entry(NamedTuple):
    """One side of a posting as its account sees it, with the account's totals after it. It never changes.

    A tuple, because a batch makes thousands and storage wants them as columns.

    Attributes:
        account_id: the account.
        version: its position in the account's history, from 1, without gaps.
        transaction_id: the transaction.
        posting_index: which of the transaction's postings, from 0; for one with a target, which of the target's; from
            `SETTLING_INDEX_FIRST` on, postings that the ledger added.
        side: debit or credit.
        effect: posted, held, captured or released.
        amount_minor: above zero, in minor units of the account's currency.
        posted_debits: the account's total after this entry; the next three likewise.
        posted_credits: see above.
        pending_debits: see above.
        pending_credits: see above.
        record_time: that of the transaction.
    """

    account_id: UUID
    version: int
    transaction_id: UUID
    posting_index: int
    side: Side
    effect: Effect
    amount_minor: int
    posted_debits: int
    posted_credits: int
    pending_debits: int
    pending_credits: int
    record_time: datetime


def _microseconds(time: datetime | None) -> int | None:
    """Microseconds since 1970, so that one moment has one digest whatever its time zone."""
    if time is None:
        return None
    since = time - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
