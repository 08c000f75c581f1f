"""What a payout posts: by its fetched state and by what stands already, so that every order ends in the same books."""

import itertools
from dataclasses import replace

import pytest

from payments_service.domain.ids import Prefix, format_id, new_id
from payments_service.domain.money import Money
from payments_service.domain.payout.books import book_payout
from payments_service.domain.payout.model import Payout, PayoutState
from tests.unit.payments_service.domain.samples import a_payout
from tests.unit.payments_service.domain.standing_books import MemoryBooks

SELLER = new_id()
SELLERS = f"connected:{format_id(Prefix.CONNECTED_ACCOUNT, SELLER)}"
ARRIVED = {"bank:usd": (5_000, 5_000), "payouts_in_transit:usd": (-5_000, -5_000)}


def after_all(payout: Payout, *states: PayoutState) -> dict[str, tuple[int, int]]:
    """The books after the payout was seen in these states, each twice."""
    books = MemoryBooks()
    for state in states:
        for _ in range(2):
            payout, requests = book_payout(replace(payout, state=state))
            books.post(requests)
    return books.figures


@pytest.mark.parametrize("last", PayoutState)
def test_every_order_doubled_and_with_gaps_ends_in_what_the_last_look_says(last: PayoutState) -> None:
    ways = [way for length in range(4) for way in itertools.permutations(PayoutState, length)]

    ends = {tuple(after_all(a_payout(), *way, last).items()) for way in ways}

    assert ends == {tuple((ARRIVED if last is PayoutState.PAID else {}).items())}


def test_a_connected_accounts_payout_arrives_in_its_own_book() -> None:
    payout = a_payout(stripe_account="acct_1", connected_account_id=SELLER, owner_id="seller")

    assert after_all(payout, PayoutState.PAID) == {
        f"{SELLERS}:bank:usd": (5_000, 5_000),
        f"{SELLERS}:in_transit:usd": (-5_000, -5_000),
    }


def test_a_payout_of_an_account_that_is_none_of_ours_posts_nothing() -> None:
    assert after_all(a_payout(stripe_account="acct_1"), PayoutState.PAID) == {}


def test_a_payout_that_reverses_another_leaves_the_bank() -> None:
    assert after_all(a_payout(-5_000), PayoutState.PAID) == {
        "bank:usd": (-5_000, -5_000),
        "payouts_in_transit:usd": (5_000, 5_000),
    }


def test_what_the_balance_gave_counts_and_not_what_the_bank_gets() -> None:
    payout = replace(a_payout(), amount=Money(4_600, "eur"))

    assert after_all(payout, PayoutState.PAID) == ARRIVED


def test_a_payout_whose_balance_transaction_comes_later_is_corrected() -> None:
    books = MemoryBooks()
    payout, requests = book_payout(a_payout(state=PayoutState.PAID, moved=Money(5_050, "usd")))
    books.post(requests)

    _, requests = book_payout(replace(payout, moved=Money(5_000, "usd")))
    books.post(requests)

    assert books.figures == ARRIVED
