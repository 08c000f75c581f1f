"""The ledger in a few lines: what must come of requests, computed anew from all that was posted.

Written to be looked through, not to be fast, and without a line of the service's rules.
"""

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

FLOORS = {"wallet:o:usd": 0, "creator:acn_1:payable:usd": 0, "till": 0, "credit": -30, "cash": None, "sales": None}
DEBTS = {"wallet:o:usd": "receivable:o:usd", "creator:acn_1:payable:usd": "receivable:acn_1:usd"}
DEBIT_NORMAL = {*DEBTS.values(), "cash", "till"}
ACCOUNTS = (*FLOORS, *DEBTS.values())

Line = tuple[str, str, int]
"""Debit, credit, amount."""


@dataclass
class Fact:
    """A transaction that was posted, and what has been used of its lines by others."""

    kind: str
    lines: list[Line]
    time: int
    used: list[int] = field(default_factory=list)
    released: bool = False


@dataclass
class Model:
    """Everything that was posted."""

    facts: dict[UUID, Fact] = field(default_factory=dict)
    moved: list[tuple[str, int, int]] = field(default_factory=list)
    """Account, amount on its normal side, and when it happened."""

    def posted(self, code: str, until: int | None = None) -> int:
        return sum(amount for which, amount, time in self.moved if which == code and (until is None or time <= until))

    def held(self, code: str) -> int:
        """What open holds may still take from an account."""
        takes = 1 if code in DEBIT_NORMAL else 0
        return sum(
            amount - used
            for fact in self.facts.values()
            if fact.kind == "hold" and not fact.released
            for (*pair, amount), used in zip(fact.lines, fact.used, strict=True)
            if pair[takes] == code
        )

    def available(self, code: str) -> int:
        return self.posted(code) - self.held(code)

    def post(self, new: UUID, lines: list[Line], kind: str, time: int, forced: bool) -> bool:
        """Post or hold lines; whether that is allowed."""
        before = self._before(lines)
        self.facts[new] = Fact(kind, lines, time, [0] * len(lines))
        if kind != "hold":
            self._move(lines, time)
        return self._keep(new, lines, before, time, forced)

    def capture(self, new: UUID, hold: UUID, parts: list[int], time: int) -> bool:
        target = self.facts.get(hold)
        if target is None or target.kind != "hold" or target.released or not self._has(target, parts):
            return False
        lines = [(debit, credit, part) for (debit, credit, _), part in zip(target.lines, parts, strict=True) if part]
        before = self._before(lines)
        target.used = [used + part for used, part in zip(target.used, parts, strict=True)]
        self.facts[new] = Fact("capture", lines, time, [0] * len(lines))
        self._move(lines, time)
        if self._keep(new, lines, before, time, forced=False):
            return True
        target.used = [used - part for used, part in zip(target.used, parts, strict=True)]
        return False

    def void(self, new: UUID, hold: UUID, time: int) -> bool:
        target = self.facts.get(hold)
        if target is None or target.kind != "hold" or target.released:
            return False
        if all(used == line[2] for used, line in zip(target.used, target.lines, strict=True)):
            return False
        target.released = True
        self.facts[new] = Fact("void", [], time)
        self._settle({code for *pair, _ in target.lines for code in pair}, time, forced=False)
        return True

    def reverse(self, new: UUID, what: UUID, parts: list[int], time: int, forced: bool) -> bool:
        target = self.facts.get(what)
        if target is None or target.kind not in ("post", "capture") or not self._has(target, parts):
            return False
        lines = [(credit, debit, part) for (debit, credit, _), part in zip(target.lines, parts, strict=True) if part]
        before = self._before(lines)
        self.facts[new] = Fact("reverse", lines, time)
        self._move(lines, time)
        if self._keep(new, lines, before, time, forced):
            target.used = [used + part for used, part in zip(target.used, parts, strict=True)]
            return True
        return False

    def _has(self, target: Fact, parts: list[int]) -> bool:
        left = [line[2] - used for line, used in zip(target.lines, target.used, strict=True)]
        return len(parts) == len(left) and any(parts) and all(p <= n for p, n in zip(parts, left, strict=True))

    def _before(self, lines: list[Line]) -> dict[str, int]:
        return {code: self.available(code) for *pair, _ in lines for code in pair}

    def _move(self, lines: list[Line], time: int) -> None:
        for debit, credit, amount in lines:
            self.moved.append((debit, amount if debit in DEBIT_NORMAL else -amount, time))
            self.moved.append((credit, -amount if credit in DEBIT_NORMAL else amount, time))

    def _keep(self, new: UUID, lines: list[Line], before: dict[str, int], time: int, forced: bool) -> bool:
        """Keep what was just done, or take it back when it is not allowed."""
        for code, was in before.items():
            now, floor = self.available(code), FLOORS.get(code)
            owes = code in DEBTS and self.posted(DEBTS[code]) > 0
            if not forced and now < was and (owes or (floor is not None and now < floor)):
                count = 0 if self.facts[new].kind == "hold" else 2 * len(lines)
                del self.facts[new], self.moved[len(self.moved) - count :]
                return False
        self._settle(set(before), time, forced)
        return True

    def _settle(self, codes: set[str], time: int, forced: bool) -> None:
        for code in codes & DEBTS.keys():
            spare, debt = self.available(code), DEBTS[code]
            owed = self.posted(debt)
            amount = -spare if spare < 0 and forced else -min(spare, owed) if spare > 0 and owed > 0 else 0
            self.moved += [(code, amount, time), (debt, amount, time)] if amount else []

    def balances(self, until: int | None = None) -> dict[str, int]:
        """Posted balances that are not zero."""
        found = Counter({code: self.posted(code, until) for code in ACCOUNTS})
        return {code: amount for code, amount in found.items() if amount}
