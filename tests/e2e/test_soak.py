"""Many payments whose webhooks are dropped, doubled, shuffled, and some that cannot be applied: every cent is booked.

A short form by default; `make soak ARGS=2000` for the long one.
"""

import asyncio
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.e2e.caller import Caller, calling, new_payment
from tests.e2e.conftest import NewStack
from tests.e2e.programs import run
from tests.e2e.soak_figures import figures
from tests.e2e.stack import Stack
from tests.e2e.stripe import API_KEY
from tests.e2e.waiting import until

pytestmark = pytest.mark.xdist_group("e2e-soak")

PAYMENTS = int(os.environ.get("SOAK_PAYMENTS", "40"))
PATIENCE_SECONDS = 60 + PAYMENTS / 2
GRACE_SECONDS = "2" if PAYMENTS <= 100 else "10"
"""A short run does not wait for the poll; in a long one it leaves alone what is still being delivered."""
POISON_EVERY = 50
TAKERS = 16
RATE = float(os.environ.get("SOAK_RATE", "15"))
"""Payments a second: as many as there are, at their time. As fast as possible would measure the queues before us."""
DELIVERIES = "128"
"""Webhooks under way at once: Stripe does not hold back what is new until what is older has been answered."""
FAULTS: tuple[dict[str, object], ...] = (
    {"effect": "drop", "probability": 0.05},
    {"effect": "double", "probability": 0.1},
    {"effect": "shuffle", "probability": 0.1, "window": 8, "delay_ms": 300},
)


class Books:
    """The service's database, looked at from outside."""

    def __init__(self, stack: Stack) -> None:
        self._url = stack.database_url

    def rows(self, statement: str) -> list[Any]:
        with psycopg.connect(self._url) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def count(self, table_and_condition: str) -> int:
        return int(self.rows(f"SELECT count(*) FROM {table_and_condition}")[0][0])


def operator(stack: Stack, folder: Path) -> Callable[..., Any]:
    """`payments events …` with a token that may; gives what it prints."""
    token = run("payments", "token", "--scope", "admin.read", "--scope", "admin.write", folder=folder, **stack.admin)
    assert token.returncode == 0, token.stderr

    def events(*words: str) -> Any:
        where = ("--target", stack.target, "--ca-file", str(stack.ca_file), "--json")
        done = run("payments", "events", *words, *where, folder=folder, PAYMENTS_ADMIN_TOKEN=token.stdout.strip())
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return events


async def test_every_cent_is_booked_whatever_happens_to_the_webhooks(new_stack: NewStack, tmp_path: Path) -> None:
    stack = new_stack(
        PAYMENTS_EVENT_ATTEMPTS_MAX="3",
        PAYMENTS_EVENT_POLL_SECONDS="2",
        PAYMENTS_EVENT_POLL_GRACE_SECONDS=GRACE_SECONDS,
        PAYMENTS_SETTLEMENT_SWEEP_SECONDS="5",
    )
    stack.sandbox["SANDBOX_WEBHOOK_CONCURRENCY"] = DELIVERIES
    stack.start()
    books = Books(stack)
    # What a bug would do: payments that cannot be stored once they are paid.
    books.rows("ALTER TABLE payments ADD CONSTRAINT poison CHECK (description <> 'poison' OR state <> 'SUCCEEDED')")
    for fault in FAULTS:
        await stack.stripe.control("/faults", fault)
    async with calling(stack.target, stack.token, stack.ca_file) as caller:
        await _buy(stack, caller)
    poisoned = len(range(0, PAYMENTS, POISON_EVERY))

    async def all_booked() -> bool:
        return books.count("stripe_balance_transactions WHERE stripe_account = ''") == PAYMENTS

    async def only_poison_waits() -> bool:
        return (
            books.count("payments WHERE state = 'SUCCEEDED'") == PAYMENTS - poisoned
            and books.count("stripe_events WHERE state = 'PENDING'") == 0
            and books.count("stripe_events WHERE state = 'DEAD'") >= poisoned
        )

    await until(all_booked, PATIENCE_SECONDS)
    await until(only_poison_waits, PATIENCE_SECONDS)
    events = operator(stack, tmp_path)
    dead = events("list", "--state", "dead", "--limit", "1000")["stripe_events"]
    assert all('violates check constraint "poison"' in event["last_error"] for event in dead)
    assert events("show", dead[0]["id"])["stripe_event"]["stripe_event_id"] == dead[0]["stripe_event_id"]

    books.rows("ALTER TABLE payments DROP CONSTRAINT poison")
    assert {*events("replay", "--all-dead")["replayed_ids"]} >= {event["id"] for event in dead}

    async def all_paid() -> bool:
        return books.count("payments WHERE state = 'SUCCEEDED'") == PAYMENTS

    async def nothing_waits() -> bool:
        return books.count("stripe_events WHERE state <> 'DONE'") == 0

    await until(all_paid, PATIENCE_SECONDS)
    await until(nothing_waits, PATIENCE_SECONDS)
    await _the_books_are_stripes(stack, books)
    print("\n" + figures(books.rows, stack.program("gateway").output()))


async def _buy(stack: Stack, caller: Caller) -> None:
    """Payments that are paid at Stripe behind our back, so that nothing but events and settlement tells of it."""
    gate = asyncio.Semaphore(TAKERS)
    began = time.monotonic()

    async def one(number: int) -> None:
        await asyncio.sleep(began + number / RATE - time.monotonic())
        async with gate:
            description = "poison" if number % POISON_EVERY == 0 else "sound"
            made = await caller.create(new_payment(1_000 + number, description=description))
            path = f"/v1/payment_intents/{made.payment.stripe_payment_intent_id}/confirm"
            await stripe.post(path, data={"payment_method": "pm_card_visa", "return_url": "https://shop.example"})

    async with httpx.AsyncClient(base_url=stack.stripe.base, auth=(API_KEY, ""), timeout=20, trust_env=False) as stripe:
        await asyncio.gather(*(one(number) for number in range(PAYMENTS)))
    print(f"\n{PAYMENTS / (time.monotonic() - began):.1f} payments a second; {RATE:g} were asked for")


async def _the_books_are_stripes(stack: Stack, books: Books) -> None:
    """One ledger transaction a balance transaction, and the mirror is Stripe's balance to the cent."""
    at_stripe = {row["id"]: row["net"] for row in await stack.stripe.every("/v1/balance_transactions")}
    rows = books.rows("SELECT reference FROM ledger_transactions WHERE reference LIKE 'stripe:txn\\_%'")
    assert sorted(reference for (reference,) in rows) == sorted(f"stripe:{name}" for name in at_stripe)
    ((mirror,),) = books.rows("SELECT posted_debits - posted_credits FROM ledger_accounts WHERE code = 'stripe:usd'")
    assert {"usd": int(mirror)} == await stack.stripe.balance()
    assert sum(at_stripe.values()) == int(mirror)
