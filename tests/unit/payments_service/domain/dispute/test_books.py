"""What a dispute posts: by its fetched state and by what stands already, so that every order ends in the same books."""

import itertools
from dataclasses import replace

import pytest

from payments_service.domain.dispute.books import Bearer, accounts_to_read, book_dispute
from payments_service.domain.dispute.model import Dispute, DisputeState
from payments_service.domain.ids import Prefix, format_id, new_id
from payments_service.domain.ledger import chart
from payments_service.domain.ledger.transaction import Posting, PostRequest
from payments_service.domain.money import Money
from payments_service.domain.payment.model import ChargeModel, Split
from tests.unit.payments_service.domain.samples import a_captured_payment, a_dispute, an_account
from tests.unit.payments_service.domain.standing_books import MemoryBooks

ACCOUNT = an_account(owner_id="seller")
OTHER = an_account(owner_id="other")
ACN, OTHER_ACN = (format_id(Prefix.CONNECTED_ACCOUNT, account.id) for account in (ACCOUNT, OTHER))
SOLD = a_captured_payment(charge_model=ChargeModel.DESTINATION, connected_account_id=ACCOUNT.id)
SELLER = Bearer(SOLD, ACCOUNT)
PLATFORM = Bearer(a_captured_payment())
SPLIT = Bearer(
    a_captured_payment(
        charge_model=ChargeModel.SEPARATE,
        splits=(Split(ACCOUNT.id, Money(6_000, "usd")), Split(OTHER.id, Money(3_000, "usd"))),
        platform_fee=Money(1_000, "usd"),
    ),
    payees={ACCOUNT.id: ACCOUNT, OTHER.id: OTHER},
)
PAYABLE = f"creator:{ACN}:payable:usd"
RECEIVABLE = f"receivable:{ACN}:usd"
TAKEN = {"usd": 10_000}

LOOKS = {
    "inquiry": (DisputeState.WARNING_NEEDS_RESPONSE, {}),
    "open": (DisputeState.NEEDS_RESPONSE, TAKEN),
    "review": (DisputeState.UNDER_REVIEW, TAKEN),
    "lost": (DisputeState.LOST, TAKEN),
    "won": (DisputeState.WON, {}),
    "won, not yet given back": (DisputeState.WON, TAKEN),
    "prevented": (DisputeState.PREVENTED, {}),
    "unknown": (DisputeState.OTHER, TAKEN),
}


def books_with(payable: int) -> MemoryBooks:
    """Books in which the seller is owed something."""
    books = MemoryBooks()
    if payable:
        owed = Posting(chart.stripe_mirror("usd"), chart.creator_payable(ACN, "usd", "seller"), Money(payable, "usd"))
        books.post([PostRequest(transaction_id=new_id(), reference="owed", postings=(owed,), forced=True)])
    return books


def look(books: MemoryBooks, dispute: Dispute, name: str, bearer: Bearer = SELLER) -> Dispute:
    """The dispute as it is fetched once more, booked."""
    state, withheld = LOOKS[name]
    seen = replace(dispute, state=state, withheld_minor=withheld)
    known = {code: books.balances[code] for code in accounts_to_read(seen, bearer) if code in books.balances}
    after, requests = book_dispute(seen, bearer, known)
    books.post(requests)
    return after


def after_all(names: tuple[str, ...], payable: int, bearer: Bearer = SELLER) -> dict[str, tuple[int, int]]:
    books, dispute = books_with(payable), a_dispute()
    for name in names:
        for _ in range(2):
            dispute = look(books, dispute, name, bearer)
    return books.figures


@pytest.mark.parametrize("payable", [0, 4_000, 30_000])
@pytest.mark.parametrize("last", LOOKS)
def test_every_order_doubled_and_with_gaps_ends_in_what_the_last_look_says(last: str, payable: int) -> None:
    ways = [
        (*way, last)
        for length in range(3)
        for way in itertools.permutations([name for name in LOOKS if name != last], length)
    ]

    ends = {tuple(after_all(way, payable).items()) for way in ways}

    assert ends == {tuple(after_all((last,), payable).items())}


@pytest.mark.parametrize(
    ("payable", "figures"),
    [
        pytest.param(30_000, {PAYABLE: (20_000, 20_000)}, id="the seller has enough"),
        pytest.param(4_000, {RECEIVABLE: (6_000, 6_000)}, id="the seller owes the rest"),
        pytest.param(0, {RECEIVABLE: (10_000, 10_000)}, id="as after a destination charge: the seller owes all of it"),
    ],
)
def test_a_lost_dispute_is_the_sellers(payable: int, figures: dict[str, tuple[int, int]]) -> None:
    owed = {"stripe:usd": (payable, payable)} if payable else {}

    assert after_all(("open", "lost"), payable) == figures | owed | {"disputes_held:usd": (-10_000, -10_000)}


def test_a_lost_dispute_of_the_platforms_own_sale_is_the_platforms() -> None:
    assert after_all(("open", "lost"), 0, PLATFORM) == {
        "disputes_held:usd": (-10_000, -10_000),
        "expense:dispute_loss:usd": (10_000, 10_000),
    }


@pytest.mark.parametrize(("payable", "held"), [(30_000, 10_000), (4_000, 4_000)])
def test_while_it_is_open_the_disputed_part_is_set_aside_as_far_as_money_is_there(payable: int, held: int) -> None:
    assert after_all(("open", "review"), payable)[PAYABLE] == (payable, payable - held)


def test_nothing_is_set_aside_where_nothing_is_owed() -> None:
    assert after_all(("open",), 0) == {}


def test_what_comes_later_is_set_aside_with_the_next_news() -> None:
    books, dispute = books_with(0), a_dispute()
    dispute = look(books, dispute, "open")
    owed = Posting(chart.stripe_mirror("usd"), chart.creator_payable(ACN, "usd", "seller"), Money(900, "usd"))
    books.post([PostRequest(transaction_id=new_id(), reference="more", postings=(owed,), forced=True)])

    look(books, dispute, "review")

    assert books.figures[PAYABLE] == (900, 0)


def test_an_inquiry_posts_nothing() -> None:
    assert book_dispute(a_dispute(state=DisputeState.WARNING_UNDER_REVIEW), SELLER, {})[1] == []


def test_a_lost_dispute_that_turns_out_to_be_another_sellers_moves() -> None:
    books, dispute = books_with(0), a_dispute()
    dispute = look(books, dispute, "lost", PLATFORM)

    look(books, dispute, "lost", SELLER)

    assert books.figures == {"disputes_held:usd": (-10_000, -10_000), RECEIVABLE: (10_000, 10_000)}


def test_a_lost_dispute_of_which_a_part_comes_back_is_lost_for_the_rest() -> None:
    books = books_with(0)
    dispute = look(books, a_dispute(), "lost", PLATFORM)

    _, requests = book_dispute(replace(dispute, withheld_minor={"usd": 2_500}), PLATFORM, {})
    books.post(requests)

    assert books.figures["expense:dispute_loss:usd"] == (2_500, 2_500)


def test_a_lost_dispute_of_a_split_payment_is_everybodys_by_their_part() -> None:
    assert after_all(("open", "lost"), 0, SPLIT) == {
        "disputes_held:usd": (-10_000, -10_000),
        "expense:dispute_loss:usd": (1_000, 1_000),
        RECEIVABLE: (6_000, 6_000),
        f"receivable:{OTHER_ACN}:usd": (3_000, 3_000),
    }


def test_of_a_split_payment_each_part_is_set_aside_where_money_is() -> None:
    assert after_all(("open",), 30_000, SPLIT)[PAYABLE] == (30_000, 24_000)


def test_a_charge_that_is_none_of_ours_is_lost_by_the_platform() -> None:
    assert after_all(("lost",), 0, Bearer())["expense:dispute_loss:usd"] == (10_000, 10_000)
