"""Whatever is asked, in whatever order: the books balance, and no request takes more than there is."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from payments_service.domain.ledger.account import Account, AccountKind
from payments_service.domain.ledger.outcome import Refused
from payments_service.domain.ledger.transaction import PostRequest, TransactionKind
from tests.unit.payments_service.domain.ledger.examples import NOW, account, posting, run

CODES = ("a", "b", "c", "d")
HOLDS = [UUID(int=2_000_000 + number) for number in range(3)]
GROUPS = [UUID(int=1_000_000 + number) for number in range(20)]


def _accounts() -> list[Account]:
    kinds = (AccountKind.LIABILITY, AccountKind.ASSET, AccountKind.LIABILITY, AccountKind.EXPENSE)
    floors = (0, 0, -20, None)
    return [account(code, kind, floor_minor=floor) for code, kind, floor in zip(CODES, kinds, floors, strict=True)]


PAIRS = st.tuples(st.sampled_from(CODES), st.sampled_from(CODES), st.integers(-1, 40))


@st.composite
def _requests(draw: st.DrawFn) -> list[PostRequest]:
    """Requests of every kind, with references and holds that meet, some of them in groups."""
    requests = []
    group = 0
    for number in range(draw(st.integers(1, 14))):
        kind = draw(st.sampled_from(list(TransactionKind)))
        acts_on_hold = kind not in (TransactionKind.POST, TransactionKind.HOLD)
        group += draw(st.booleans())
        hold = draw(st.sampled_from(HOLDS))
        requests.append(
            PostRequest(
                transaction_id=hold if kind is TransactionKind.HOLD else UUID(int=3_000_000 + number),
                reference=f"fact:{draw(st.integers(0, 20))}",
                kind=kind,
                postings=() if acts_on_hold else tuple(posting(*draw(PAIRS)) for _ in range(draw(st.integers(1, 3)))),
                target_id=hold if acts_on_hold else None,
                part_minor=(draw(st.integers(0, 20)),) if kind is TransactionKind.CAPTURE else None,
                forced=draw(st.integers(0, 5)) == 0,
                atomic_group=GROUPS[group] if draw(st.booleans()) and group else None,
            )
        )
    return _without_split_groups(requests)


def _without_split_groups(requests: list[PostRequest]) -> list[PostRequest]:
    """A group that comes back after others is none."""
    seen: set[UUID] = set()
    result: list[PostRequest] = []
    for one in requests:
        before = result[-1].atomic_group if result else None
        split = one.atomic_group is not None and one.atomic_group in seen and before != one.atomic_group
        result.append(replace(one, atomic_group=None) if split else one)
        if one.atomic_group is not None:
            seen.add(one.atomic_group)
    return result


@given(_requests())
def test_books_balance_and_groups_stay_together(requests: list[PostRequest]) -> None:
    decision = run(_accounts(), *requests)
    for group in {one.atomic_group for one in requests if one.atomic_group}:
        outcomes = [o for one, o in zip(requests, decision.outcomes, strict=True) if one.atomic_group == group]
        assert len({isinstance(outcome, Refused) for outcome in outcomes}) == 1


@given(_requests())
def test_no_request_takes_an_account_below_its_floor(requests: list[PostRequest]) -> None:
    unforced = [replace(one, forced=False) for one in requests]
    for one in run(_accounts(), *unforced).accounts:
        assert one.floor_minor is None or one.available_minor >= one.floor_minor


@given(_requests())
def test_a_batch_does_what_its_requests_do_one_after_the_other(requests: list[PostRequest]) -> None:
    alone = [replace(one, atomic_group=None) for one in requests]
    together = run(_accounts(), *alone)
    refused = [isinstance(outcome, Refused) for outcome in together.outcomes]
    kept = [one for one, bad in zip(alone, refused, strict=True) if not bad]
    without_refused = run(_accounts(), *kept, now=NOW + timedelta(seconds=1))

    def figures(accounts: tuple[Account, ...]) -> list[tuple[object, ...]]:
        return [(a.code, a.version, a.posted_minor, a.available_minor) for a in accounts]

    assert figures(together.accounts) == figures(without_refused.accounts)
