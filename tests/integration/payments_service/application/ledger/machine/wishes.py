"""What the machine wishes for, before it is known what there is: small numbers, made into requests when they are asked.

Most wishes are sound and meet floors, holds and frozen sides; some break each rule there is.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from payments_api.v1 import ledger_pb2
from payments_api.v1 import ledger_service_pb2 as pb

from tests.integration.payments_service.application.ledger.machine.messages import timestamp
from tests.integration.payments_service.application.ledger.machine.model import CAPTURE, HOLD, POST, Fact, Model
from tests.integration.payments_service.application.ledger.teller import posting

USD = ("caller:rich", "caller:poor", "caller:credit", "caller:till")
EUR = ("caller:euro:1", "caller:euro:2")
WRONG = ("caller:nobody", "stripe:usd", "fx:usd", "la_00000000000000000000000000", "")
NO_TRANSACTION = "lt_00000000000000000000000000"
METHODS = {
    "post_pending": "PostPendingTransaction",
    "void_pending": "VoidPendingTransaction",
    "reverse": "ReverseTransaction",
}
DAY = timedelta(days=1)
LIABILITY, ASSET, REVENUE = (
    ledger_pb2.LEDGER_ACCOUNT_KIND_LIABILITY,
    ledger_pb2.LEDGER_ACCOUNT_KIND_ASSET,
    ledger_pb2.LEDGER_ACCOUNT_KIND_REVENUE,
)

Pair = tuple[str, str]


def mostly(usual: st.SearchStrategy[Any], *rare: Any) -> st.SearchStrategy[Any]:
    """Nearly always the usual, and now and then one of the others."""
    return st.integers(0, 15).flatmap(lambda number: st.sampled_from(rare) if number == 15 else usual)


def pairs(codes: tuple[str, ...]) -> st.SearchStrategy[Pair]:
    return st.tuples(st.integers(0, len(codes) - 1), st.integers(1, len(codes) - 1)).map(
        lambda two: (codes[two[0]], codes[(two[0] + two[1]) % len(codes)])
    )


USUAL_PAIRS = st.one_of(pairs(USD), pairs(USD), pairs(USD), pairs(EUR))
PAIRS = st.integers(0, 24).flatmap(lambda number: pairs((*USD, *EUR, *WRONG)) if number == 24 else USUAL_PAIRS)
AMOUNTS = st.integers(0, 39).flatmap(
    lambda number: st.sampled_from([0, -1, 10**12, 10**12 + 1]) if number == 39 else st.integers(1, 60)
)
TIMES = mostly(st.none(), *(timedelta(minutes=minutes) for minutes in (-9_000, -1_500, -4, 0, 4, 1_500)))
EXPIRIES = st.sampled_from([None, None, DAY, 2 * DAY, timedelta(seconds=1)])
SHARES = mostly(
    st.sampled_from([None, None, (1, 0), (2, 0), (2, 0), (3, 0), (3, 1)]), (1, 1), (10**6, 0), (1, -(10**4)), (0, 7)
)
"""What to divide what is left by, and what to add; by 0: another number of parts than there are postings."""
METADATA = st.sampled_from([{}, {}, {"order": "1"}, {"order": "2", "shop": "x"}])
CONDITIONS = mostly(st.none(), ("version", 0), ("version", 1), ("least", 0), ("least", 1), ("stranger", 0))


@dataclass(frozen=True)
class NewWish:
    """A transaction with postings of its own."""

    lines: list[tuple[Pair, int]]
    pending: bool
    expires: timedelta | None
    effective: timedelta | None
    metadata: dict[str, str]
    condition: tuple[str, int] | None
    named: bool
    by_id: bool


@dataclass(frozen=True)
class TargetWish:
    """Something done to a transaction: the newest of those that it is meant for, or another."""

    action: str
    pick: int
    stray: bool
    inside: bool
    by_reference: bool
    share: tuple[int, int] | None
    effective: timedelta | None
    at_original: bool
    condition: tuple[str, int] | None
    named: bool


LINES = st.one_of(
    st.tuples(PAIRS, AMOUNTS).map(lambda one: [one]),
    st.lists(st.tuples(PAIRS, AMOUNTS), min_size=1, max_size=3),
)
PENDING = st.booleans()


def new_wishes(pending: st.SearchStrategy[bool] = PENDING) -> st.SearchStrategy[NewWish]:
    return st.builds(
        NewWish,
        lines=LINES,
        pending=pending,
        expires=EXPIRIES,
        effective=TIMES,
        metadata=METADATA,
        condition=CONDITIONS,
        named=st.booleans(),
        by_id=mostly(st.just(False), True),
    )


def target_wishes(*actions: str) -> st.SearchStrategy[TargetWish]:
    return st.builds(
        TargetWish,
        action=st.sampled_from(actions),
        pick=st.integers(0, 4),
        stray=mostly(st.just(False), True),
        inside=st.booleans(),
        by_reference=st.booleans(),
        share=SHARES,
        effective=TIMES,
        at_original=mostly(st.just(False), True),
        condition=CONDITIONS,
        named=st.booleans(),
    )


ITEMS = st.lists(
    st.tuples(
        st.one_of(new_wishes(), new_wishes(), target_wishes(*METHODS)),
        st.sampled_from(["", "", "", "g", "g", "h"]),
        st.sampled_from(["", "", "", "", "same", "other"]),
    ),
    min_size=1,
    max_size=6,
)
"""What to do, in which group, and whether it repeats an item before it."""

ACTS = st.lists(target_wishes("post_pending", "post_pending", "reverse", "void_pending"), min_size=1, max_size=4)
CODES = mostly(st.sampled_from(USD), *EUR, "caller:nobody")
FEW = st.integers(0, 4)
DRY_RUNS = st.sampled_from([False, False, False, False, True])
SHIFTS = st.sampled_from([timedelta(0), timedelta(microseconds=-1), -DAY, DAY, timedelta(minutes=-4), -7 * DAY])


@dataclass
class Requests:
    """Makes wishes into messages, with names that nothing had before."""

    model: Model
    number: int = 0
    kept: list[tuple[str, Any]] = field(default_factory=list)
    """Named transactions that were asked for, with what they did."""

    def name(self) -> str:
        self.number += 1
        return f"fact-{self.number}"

    def new(self, wish: NewWish) -> ledger_pb2.NewTransaction:
        lines = [
            posting(self._account(debit, wish), self._account(credit, wish), amount, self._currency(debit, credit))
            for (debit, credit), amount in wish.lines
        ]
        # Now and then an expiry where nothing is pending.
        expires = wish.expires if wish.pending or wish.condition == ("least", 1) else None
        return ledger_pb2.NewTransaction(
            reference=self.name() if wish.named else "",
            postings=lines,
            pending=wish.pending,
            expire_time=timestamp(self.model.now + expires) if expires else None,
            effective_time=self._time(wish.effective),
            description="rent" if wish.named else "",
            metadata=wish.metadata,
            conditions=self._conditions(wish.condition, wish.lines[0][0][0]),
        )

    def targeted(self, wish: TargetWish, before: list[Any]) -> ledger_pb2.TargetedTransaction:
        """What is to be done to a transaction of the books, or of the items before it in the same batch."""
        message = ledger_pb2.TargetedTransaction(
            reference=self.name() if wish.named else "",
            effective_time=self._time(wish.effective),
            at_original_time=wish.at_original and wish.action == "reverse",
        )
        inside = [one.post for one in before if one.WhichOneof("action") == "post" and one.post.reference]
        if wish.inside and inside:
            chosen = inside[-1 - wish.pick % len(inside)]
            message.target_reference = chosen.reference
            left = [line.amount.amount_minor for line in chosen.postings]
            condition = chosen.postings[0].debit_account
        else:
            target = self._target(wish)
            left = self.model.remaining(target) if target else [1]
            condition = target.lines[0].debit if target else USD[0]
            if target and wish.by_reference:
                message.target_reference = target.name
            else:
                message.target_transaction_id = target.id if target else NO_TRANSACTION
        if wish.share is not None and (wish.action != "void_pending" or wish.stray):
            divisor, more = wish.share
            parts = [amount // divisor + more for amount in left] if divisor else [more] * (len(left) + 1)
            message.part_minor.extend(parts)
        message.conditions.extend(self._conditions(wish.condition, condition))
        return message

    def items(self, wishes: list[tuple[Any, str, str]]) -> list[pb.BatchPostTransactionsItem]:
        """A batch; groups that the wishes tear apart are different ones, but for those called `h`."""
        made: list[pb.BatchPostTransactionsItem] = []
        run, last = 0, ""
        for wish, group, repeated in wishes:
            run += group != last
            last = group
            item = pb.BatchPostTransactionsItem()
            if repeated and made and made[-1].WhichOneof("action") == "post":
                item.CopyFrom(made[-1])
                item.post.description += "" if repeated == "same" else "!"
            elif isinstance(wish, NewWish):
                item.post.CopyFrom(self.new(wish))
            else:
                getattr(item, wish.action).CopyFrom(self.targeted(wish, made))
            item.atomic_group = group if group in {"", "h"} else f"{group}{run}"
            made.append(item)
        return made

    def _target(self, wish: TargetWish) -> Fact | None:
        meant = (POST, CAPTURE) if wish.action == "reverse" else (HOLD,)
        found = [fact for fact in self.model.facts if wish.stray or fact.kind in meant]
        return found[-1 - wish.pick % len(found)] if found else None

    def _account(self, code: str, wish: NewWish) -> str:
        account = self.model.accounts.get(code)
        return account.id if account and wish.by_id else code

    def _currency(self, debit: str, credit: str) -> str:
        return "eur" if debit in EUR and credit in EUR else "USD" if debit == USD[3] else "usd"

    def _time(self, shift: timedelta | None) -> Any:
        return None if shift is None else timestamp(self.model.now + shift)

    def _conditions(self, wish: tuple[str, int] | None, code: str) -> list[ledger_pb2.PostingCondition]:
        if wish is None:
            return []
        what, more = wish
        if what == "stranger" or code not in self.model.accounts:
            return [ledger_pb2.PostingCondition(account="caller:nobody", expected_version=0)]
        if what == "version":
            return [ledger_pb2.PostingCondition(account=code, expected_version=self.model.version(code) + more)]
        least = self.model.available(code) + (10 if more else -40)
        return [ledger_pb2.PostingCondition(account=code, available_min_minor=least)]
