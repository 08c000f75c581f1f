"""The ledger in memory: every fact in one list, and every figure summed up from it anew.

Written to be read against the comments of the API, without a line of the service's rules. It knows accounts by code,
sides and kinds by the API's own numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from payments_api.v1 import ledger_pb2 as pb

POST, HOLD, CAPTURE, VOID, EXPIRE, REVERSE = (
    pb.LEDGER_TRANSACTION_KIND_POST,
    pb.LEDGER_TRANSACTION_KIND_HOLD,
    pb.LEDGER_TRANSACTION_KIND_CAPTURE,
    pb.LEDGER_TRANSACTION_KIND_VOID,
    pb.LEDGER_TRANSACTION_KIND_EXPIRE,
    pb.LEDGER_TRANSACTION_KIND_REVERSE,
)
DEBIT, CREDIT = pb.SIDE_DEBIT, pb.SIDE_CREDIT
DEBIT_NORMAL = (pb.LEDGER_ACCOUNT_KIND_ASSET, pb.LEDGER_ACCOUNT_KIND_EXPENSE)
TO_POSTED: dict[int, int] = {POST: 1, CAPTURE: 1, REVERSE: 1}
TO_PENDING: dict[int, int] = {HOLD: 1, CAPTURE: -1, VOID: -1, EXPIRE: -1}


@dataclass
class ModelAccount:
    """An account besides its entries; what only the service can choose was learnt from its replies."""

    code: str
    kind: int
    currency: str
    owner_id: str = ""
    floor: int | None = None
    frozen: frozenset[int] = frozenset()
    closed: bool = False
    metadata: dict[str, str] = field(default_factory=dict)
    id: str = ""
    etag: str = ""
    create_time: datetime | None = None
    update_time: datetime | None = None


@dataclass(frozen=True)
class Line:
    """One posting: its index in the transaction that asked for it first."""

    index: int
    debit: str
    credit: str
    amount: int
    currency: str


@dataclass(eq=False)
class Fact:
    """A transaction of the books."""

    kind: int
    lines: tuple[Line, ...]
    effective: datetime
    recorded: datetime
    reference: str = ""
    target: "Fact | None" = None
    expires: datetime | None = None
    description: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    actor: str = "shop"
    content: object = None
    """What a repeat under the same reference must agree with."""
    id: str = ""
    shown: Any = None
    """What the reply gave of it, and the balances after it."""

    @property
    def name(self) -> str:
        """The reference as replies give it: the id where the caller gave none."""
        return self.reference or self.id


@dataclass
class Model:
    """Everything there is."""

    now: datetime
    accounts: dict[str, ModelAccount] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    expiring: list[Fact] = field(default_factory=list)
    """Holds that the expiry worker has not seen yet."""

    def entries(self, code: str) -> Iterator[tuple[Fact, Line, int]]:
        """The entries of an account in order, with their sides."""
        for fact in self.facts:
            for line in fact.lines:
                if line.debit == code:
                    yield fact, line, DEBIT
                if line.credit == code:
                    yield fact, line, CREDIT

    def sign(self, code: str, side: int) -> int:
        """1 where a side makes an account grow."""
        return 1 if (side == DEBIT) == (self.accounts[code].kind in DEBIT_NORMAL) else -1

    def posted(self, code: str, *, recorded: datetime | None = None, effective: datetime | None = None) -> int:
        return sum(
            TO_POSTED.get(fact.kind, 0) * self.sign(code, side) * line.amount
            for fact, line, side in self.entries(code)
            if (recorded is None or fact.recorded <= recorded) and (effective is None or fact.effective <= effective)
        )

    def pending(self, code: str, sign: int, *, recorded: datetime | None = None) -> int:
        """What open holds may still add to an account (1) or take from it (-1)."""
        return sum(
            TO_PENDING.get(fact.kind, 0) * line.amount
            for fact, line, side in self.entries(code)
            if self.sign(code, side) == sign and (recorded is None or fact.recorded <= recorded)
        )

    def available(self, code: str) -> int:
        return self.posted(code) - self.pending(code, -1)

    def version(self, code: str, *, recorded: datetime | None = None) -> int:
        return sum(recorded is None or fact.recorded <= recorded for fact, *_ in self.entries(code))

    def remaining(self, target: Fact) -> list[int]:
        """What is left of each line of a transaction: to capture, to release or to reverse."""
        used = [line for fact in self.facts if fact.target is target for line in fact.lines]
        return [line.amount - sum(one.amount for one in used if one.index == line.index) for line in target.lines]

    def pending_state(self, hold: Fact) -> int:
        if hold.kind != HOLD:
            return pb.PENDING_STATE_UNSPECIFIED
        ends = {fact.kind for fact in self.facts if fact.target is hold}
        if VOID in ends:
            return pb.PENDING_STATE_VOIDED
        if EXPIRE in ends:
            return pb.PENDING_STATE_EXPIRED
        if not any(self.remaining(hold)):
            return pb.PENDING_STATE_CAPTURED
        return pb.PENDING_STATE_EXPIRED if self.is_past(hold) else pb.PENDING_STATE_OPEN

    def is_past(self, hold: Fact) -> bool:
        return hold.expires is not None and hold.expires <= self.now

    def called(self, reference: str) -> Fact | None:
        """The transaction that a caller, or the service, gave this reference."""
        return next((fact for fact in self.facts if reference and fact.name == reference), None)

    def account_named(self, text: str) -> ModelAccount | None:
        """The account with this code or id."""
        return next((one for one in self.accounts.values() if text in {one.code, one.id}), None)

    def expire(self) -> tuple[int, list[Fact]]:
        """What the expiry worker does: how many holds it deals with, and what it posts."""
        due = sorted((hold for hold in self.expiring if self.is_past(hold)), key=lambda hold: (hold.expires, hold.id))
        made = []
        for hold in due:
            self.expiring.remove(hold)
            lines = left_lines(hold, self.remaining(hold))
            if lines:
                made.append(Fact(EXPIRE, lines, self.now, self.now, f"expiry:{hold.id}", hold, actor="hold_expiry"))
                made[-1].description = "the hold has expired"
                self.facts.append(made[-1])
        return len(due), made


def left_lines(target: Fact, amounts: list[int], *, back: bool = False) -> tuple[Line, ...]:
    """Lines that act on those of a target, by these amounts; with debit and credit swapped to move them back."""
    return tuple(
        Line(
            line.index,
            line.credit if back else line.debit,
            line.debit if back else line.credit,
            amount,
            line.currency,
        )
        for line, amount in zip(target.lines, amounts, strict=True)
        if amount
    )
