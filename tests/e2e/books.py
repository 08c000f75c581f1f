"""Whether the books are right: the ledger against what Stripe says, asked directly."""

from collections import Counter

from payments_api.v1.ledger_pb2 import SIDE_DEBIT

from tests.e2e.caller import Caller
from tests.e2e.marketplace import Seller
from tests.e2e.stack import Stack
from tests.e2e.waiting import until

PLATFORM = Seller("", "")


async def booked_types(stack: Stack) -> Counter[str]:
    """How many balance transactions of each type the platform has."""
    return Counter(row["type"] for row in await stack.stripe.every("/v1/balance_transactions"))


async def until_the_books_are_right(caller: Caller, stack: Stack, seller: Seller, booked: Counter[str]) -> None:
    """Wait until Stripe has booked all that it will, and we too; check that it is booked once, and that it adds up.

    Args:
        caller: whom to ask.
        stack: the stack.
        seller: the only one there is.
        booked: the balance transactions of the platform, by type.
    """

    async def all_there() -> bool:
        return await booked_types(stack) >= booked

    async def all_booked() -> bool:
        return all([(await _mirrored(caller, book)).keys() >= (await _nets(stack, book)).keys() for book in books])

    books = (PLATFORM, seller)
    await until(all_there)
    await until(all_booked)
    assert await booked_types(stack) == booked
    for book in books:
        assert await _mirrored(caller, book) == await _nets(stack, book)
        balances = await caller.mirrors(book.id)
        assert {line.difference.amount_minor for line in balances.values()} == {0}
        ledger = {currency: line.ledger.amount_minor for currency, line in balances.items()}
        assert ledger == await stack.stripe.balance(book.stripe_account)

    trial = await caller.books()
    assert {total.difference.amount_minor for total in trial.totals} == {0}
    assert [line.code for line in trial.lines if "suspense" in line.code] == []


async def _nets(stack: Stack, seller: Seller) -> dict[str, int]:
    """The net of each of Stripe's balance transactions, by the reference that it is booked under."""
    rows = await stack.stripe.every("/v1/balance_transactions", seller.stripe_account)
    return {f"stripe:{row['id']}": row["net"] for row in rows}


async def _mirrored(caller: Caller, seller: Seller) -> dict[str, int]:
    """What the mirror has for each reference: all of its entries together, so twice is seen."""
    code = f"connected:{seller.id}:stripe:usd" if seller.id else "stripe:usd"
    sums: Counter[str] = Counter()
    for entry in await caller.entries(code):
        amount = entry.amount.amount_minor
        sums[entry.reference] += amount if entry.side == SIDE_DEBIT else -amount
    return dict(sums)
