"""The checks of the books, on a real database: quiet on what the seeding makes, and each fires on its corruption."""

import psycopg
import pytest

from bench.ledger.accounts import Ring, make_ring
from bench.ledger.books import check_ledger

RING = Ring(accounts=5, transactions=23, backdated_every=4)
CODE = "'caller:bench:0000002:usd'"
ENTRY = f"WHERE account_id = (SELECT id FROM ledger_accounts WHERE code = {CODE}) AND version = 2"

CORRUPTIONS = {
    "debits are not equal": f"UPDATE ledger_entries SET amount_minor = 2 {ENTRY}",
    "without entries": """
        INSERT INTO ledger_transactions
        SELECT uuidv7(), 'x', 'post', NULL, now(), now(), NULL, '', '{}', '', '', ''
    """,
    "without gaps": f"UPDATE ledger_entries SET version = 99 {ENTRY}",
    "not the sum of their entries": f"UPDATE ledger_accounts SET posted_debits = 7 WHERE code = {CODE}",
    "before the one that precedes them": f"UPDATE ledger_entries SET record_time = '2020-01-01 00:00Z' {ENTRY}",
    "do not follow from the one before": f"UPDATE ledger_entries SET posted_debits = posted_debits + 1 {ENTRY}",
}


@pytest.fixture
async def seeded(database_url: str) -> str:
    await make_ring(database_url, RING, lambda _: None)
    return database_url


async def test_seeded_books_are_right(seeded: str) -> None:
    books = await check_ledger(seeded, RING.transactions)
    assert books.problems == ()
    assert "46 entries of 5 accounts" in books.checked[0]


@pytest.mark.parametrize("said", CORRUPTIONS)
async def test_each_corruption_is_seen(seeded: str, said: str) -> None:
    async with await psycopg.AsyncConnection.connect(seeded) as connection:
        await connection.execute(CORRUPTIONS[said])
    books = await check_ledger(seeded, RING.transactions)
    assert any(said in problem for problem in books.problems), books


async def test_a_transaction_too_many_is_seen(seeded: str) -> None:
    books = await check_ledger(seeded, RING.transactions - 1)
    assert books.problems == ("23 transactions are there, and 22 were posted",)
