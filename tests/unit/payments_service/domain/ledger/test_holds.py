"""Holds: what they keep back, and captures, voids and expiries of them."""

from datetime import timedelta

from payments_service.domain.errors import Reason
from payments_service.domain.ledger.account import AccountKind, AccountState
from payments_service.domain.ledger.hold import HeldPosting, Hold, HoldState
from payments_service.domain.ledger.outcome import Posted
from payments_service.domain.ledger.transaction import Effect, PostRequest, TransactionKind
from tests.unit.payments_service.domain.ledger.examples import (
    NOW,
    account,
    new_uuid,
    posted,
    posting,
    reason,
    request,
    run,
)


def hold_of(amount: int, **fields: object) -> PostRequest:
    return request(posting("wallet", "pending", amount), kind=TransactionKind.HOLD, **fields)


def on(hold: PostRequest, kind: TransactionKind, **fields: object) -> PostRequest:
    return request(kind=kind, target_id=hold.transaction_id, **fields)


def capture(hold: PostRequest, *amounts: int, **fields: object) -> PostRequest:
    return on(hold, TransactionKind.CAPTURE, part_minor=amounts or None, **fields)


WALLET = account("wallet", floor_minor=0, posted_credits=100, version=1)
PENDING = account("pending")


def test_a_hold_on_a_liability_counts_against_the_available_balance_at_once() -> None:
    decision = run([WALLET, PENDING], hold_of(70), hold_of(40), request(posting("wallet", "pending", 31)))
    assert posted(decision) == [True, False, False]
    wallet, pending = decision.accounts
    assert (wallet.posted_minor, wallet.available_minor, wallet.pending_out_minor) == (100, 30, 70)
    assert (pending.available_minor, pending.pending_in_minor) == (0, 70)


def test_a_hold_on_an_asset_keeps_back_what_it_will_credit() -> None:
    accounts = [account("wallet"), account("pending", AccountKind.ASSET, floor_minor=0, posted_debits=10, version=1)]
    assert posted(run(accounts, hold_of(8), hold_of(3))) == [True, False]


def test_a_hold_is_captured_in_parts_until_nothing_is_left() -> None:
    hold = hold_of(70)
    decision = run(
        [WALLET, PENDING], hold, capture(hold, 30), capture(hold, 41), capture(hold, 10), capture(hold), capture(hold)
    )
    assert posted(decision) == [True, True, False, True, True, False]
    assert reason(decision.outcomes[2]) is Reason.HOLD_EXHAUSTED
    assert reason(decision.outcomes[5]) is Reason.HOLD_EXHAUSTED
    wallet, pending = decision.accounts
    assert (wallet.posted_minor, wallet.available_minor, wallet.pending_out_minor) == (30, 30, 0)
    assert (pending.posted_minor, pending.pending_in_minor) == (70, 0)


def test_a_void_gives_back_what_is_left_and_closes_the_hold() -> None:
    hold = hold_of(70)
    decision = run([WALLET, PENDING], hold, capture(hold, 30), on(hold, TransactionKind.VOID), capture(hold, 1))
    assert posted(decision) == [True, True, True, False]
    assert reason(decision.outcomes[3]) is Reason.HOLD_EXHAUSTED
    void = decision.outcomes[2]
    assert isinstance(void, Posted)
    assert {(entry.effect, entry.amount_minor) for entry in void.entries} == {(Effect.RELEASED, 40)}
    assert decision.accounts[0].available_minor == 70


def test_a_hold_expires_by_the_clock_and_not_before() -> None:
    hold = hold_of(70, expire_time=NOW + timedelta(seconds=1))
    made = run([WALLET, PENDING], hold, on(hold, TransactionKind.EXPIRE))
    assert reason(made.outcomes[1]) is Reason.INVALID_STATE

    held = Hold(hold.transaction_id, (HeldPosting("wallet", "pending", "usd", 70),), hold.expire_time)
    later = run(
        made.accounts,
        capture(hold, 1),
        capture(hold, 2, forced=True),
        on(hold, TransactionKind.EXPIRE),
        on(hold, TransactionKind.VOID),
        targets={hold.transaction_id: held},
        now=NOW + timedelta(seconds=1),
    )
    assert [reason(outcome) for outcome in later.outcomes] == [Reason.HOLD_EXHAUSTED, None, None, Reason.HOLD_EXHAUSTED]
    assert later.accounts[0].available_minor == 98


def test_a_hold_that_would_have_expired_already_is_refused() -> None:
    (outcome,) = run([WALLET, PENDING], hold_of(1, expire_time=NOW)).outcomes
    assert reason(outcome) is Reason.REQUEST_INVALID


def test_a_hold_of_several_postings_is_captured_posting_by_posting() -> None:
    hold = request(posting("wallet", "pending", 10), posting("wallet", "fee", 5), kind=TransactionKind.HOLD)
    decision = run(
        [WALLET, PENDING, account("fee")],
        hold,
        capture(hold, 4, 0),
        capture(hold, 4),
        capture(hold, 7, 0),
        capture(hold, 0, 0),
        capture(hold, 6, 5),
    )
    assert [reason(outcome) for outcome in decision.outcomes] == [
        None,
        None,
        Reason.REQUEST_INVALID,
        Reason.HOLD_EXHAUSTED,
        Reason.AMOUNT_ZERO,
        None,
    ]
    assert [one.posted_minor for one in decision.accounts] == [85, 10, 5]


def test_a_frozen_account_takes_no_capture_but_every_release() -> None:
    hold = hold_of(10)
    held = {hold.transaction_id: Hold(hold.transaction_id, (HeldPosting("wallet", "pending", "usd", 10),))}
    (holding,) = [one for one in run([WALLET, PENDING], hold).accounts if one.code == "wallet"]
    for state, why in (
        (AccountState.FROZEN, Reason.ACCOUNT_FROZEN),
        (AccountState.CLOSED, Reason.ACCOUNT_CLOSED),
    ):
        wallet = account("wallet", state=state, posted_credits=100, pending_debits=10, version=holding.version)
        pending = account("pending", pending_credits=10, version=1)
        decision = run([wallet, pending], capture(hold, 1), on(hold, TransactionKind.VOID), targets=held)
        assert [reason(outcome) for outcome in decision.outcomes] == [why, None]


def test_a_hold_undone_with_its_group_is_gone() -> None:
    hold = hold_of(10, atomic_group=new_uuid())
    too_much = request(posting("wallet", "pending", 1_000), atomic_group=hold.atomic_group)
    decision = run([WALLET, PENDING], hold, too_much, capture(hold, 1))
    assert posted(decision) == [False, False, False]
    assert reason(decision.outcomes[2]) is Reason.LEDGER_TRANSACTION_NOT_FOUND


def test_a_capture_undone_with_its_group_leaves_the_hold_as_it_was() -> None:
    hold, group = hold_of(10), new_uuid()
    decision = run(
        [WALLET, PENDING],
        hold,
        capture(hold, 10, atomic_group=group),
        capture(hold, 1, atomic_group=group),
        capture(hold, 10),
    )
    assert posted(decision) == [True, False, False, True]


def test_acting_on_no_hold_is_refused() -> None:
    decision = run(
        [WALLET, PENDING],
        request(kind=TransactionKind.CAPTURE, target_id=new_uuid()),
        request(kind=TransactionKind.VOID),
        request(posting("wallet", "pending", 1), kind=TransactionKind.VOID, target_id=new_uuid()),
        request(kind=TransactionKind.VOID, target_id=new_uuid(), part_minor=(1,)),
        request(kind=TransactionKind.CAPTURE, target_id=new_uuid(), part_minor=(-1,)),
        request(kind=TransactionKind.CAPTURE, target_id=new_uuid(), part_minor=(2**63,)),
    )
    assert [reason(outcome) for outcome in decision.outcomes] == [
        Reason.LEDGER_TRANSACTION_NOT_FOUND,
        Reason.REQUEST_INVALID,
        Reason.REQUEST_INVALID,
        Reason.REQUEST_INVALID,
        Reason.AMOUNT_NEGATIVE,
        Reason.AMOUNT_TOO_LARGE,
    ]


def test_what_is_no_hold_cannot_be_captured_voided_or_expired() -> None:
    sale = request(posting("wallet", "pending", 10))
    kinds = (TransactionKind.CAPTURE, TransactionKind.VOID, TransactionKind.EXPIRE)
    decision = run([WALLET, PENDING], sale, *(on(sale, kind) for kind in kinds))
    assert [reason(outcome) for outcome in decision.outcomes] == [None] + [Reason.INVALID_STATE] * 3


def test_the_state_of_a_hold_follows_from_its_links_and_the_clock() -> None:
    def state(captured: int, released: int = 0, by: TransactionKind | None = None, after: int = 0) -> HoldState:
        held = HeldPosting("wallet", "pending", "usd", 10, captured, released)
        return Hold(new_uuid(), (held,), NOW + timedelta(seconds=5), by).state(NOW + timedelta(seconds=after))

    assert state(0) is HoldState.OPEN
    assert state(4) is HoldState.OPEN
    assert state(10) is HoldState.CAPTURED
    assert state(10, after=9) is HoldState.CAPTURED
    assert state(4, after=5) is HoldState.EXPIRED
    assert state(4, 6, TransactionKind.VOID) is HoldState.VOIDED
    assert state(4, 6, TransactionKind.EXPIRE, after=9) is HoldState.EXPIRED
