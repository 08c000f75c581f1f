"""Many at once through the RPCs: the books stay true, nobody sees a deadlock, and what is affordable is granted."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from payments_api.v1 import ledger_pb2
from pydantic import SecretStr
from sqlalchemy import make_url

from payments_service.config import Settings
from payments_service.storage.url import database_url as sqlalchemy_url
from tests.e2e.programs import Program, clean_environment
from tests.integration.payments_service.application.ledger.bank import bank_settings, open_bank
from tests.integration.payments_service.application.ledger.crowd import ACCOUNTS, BANK, Crowd, trade
from tests.integration.payments_service.application.ledger.teller import Teller, posting
from tests.integration.payments_service.storage.ledger.harness import check_books
from tests.integration.payments_service.transport.harness import connected

TASKS = 64
CONNECTIONS = 8
FUNDS = 200


def serializable(url: str) -> str:
    """The URL of the same database, with sessions at that isolation level."""
    asked = make_url(url).update_query_dict({"options": "-c default_transaction_isolation=serializable"})
    return sqlalchemy_url(asked.render_as_string(hide_password=False)).render_as_string(hide_password=False)


def second_process(settings: Settings, folder: Path) -> Program:
    """Another server process on the same database, as a user starts it."""

    def secret(value: SecretStr | None) -> str:
        assert value is not None
        return value.get_secret_value()

    environment = clean_environment(
        PAYMENTS_DATABASE_URL=secret(settings.database_url),
        PAYMENTS_STRIPE_API_KEY=secret(settings.stripe_api_key),
        PAYMENTS_STRIPE_API_BASE=str(settings.stripe_api_base),
        PAYMENTS_ENCRYPTION_KEYS=",".join(key.get_secret_value() for key in settings.encryption_keys),
        PAYMENTS_AUTH_KEY=secret(settings.auth_key),
        PAYMENTS_GRPC_ADDRESS="127.0.0.1:0",
        PAYMENTS_METRICS_ADDRESS="",
    )
    return Program(["payments", "serve"], environment, folder / "second.log")


@pytest.fixture(params=["one server", "two processes", "serializable"])
async def crowd(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> AsyncIterator[Crowd]:
    """Callers over eight connections; the first of them to a server in the test's own process."""
    settings = bank_settings(serializable(database_url) if request.param == "serializable" else database_url)
    async with AsyncExitStack() as stack:
        teller = await stack.enter_async_context(open_bank(settings))
        addresses = [teller.address]
        if request.param == "two processes":
            program = second_process(settings, tmp_path)
            stack.callback(program.stop)
            addresses.append((await asyncio.to_thread(program.ready))["address"])
        channels = [
            await stack.enter_async_context(connected(addresses[number % len(addresses)]))
            for number in range(CONNECTIONS)
        ]
        yield Crowd([Teller(settings, teller.core, channel, address=teller.address) for channel in channels])


async def open_accounts(teller: Teller, funds: int, *codes: str) -> None:
    """Accounts that must not be overdrawn, with money in them, and the bank that it is from."""
    await teller.account(BANK)
    await teller.accounts(*codes, floor_minor=0)
    for code in codes:
        await teller.post(BANK, code, funds)


async def check(crowd: Crowd) -> None:
    """The books balance, the accounts are what their entries make of them, and nothing came of what was refused."""
    teller = crowd.tellers[0]
    await check_books(teller.core.engine)
    [(count,)] = await teller.sql("SELECT count(*)::int FROM ledger_transactions")
    assert count == len({one.id for one in crowd.granted}) == len(crowd.granted)
    for code in [row.code for row in await teller.sql("SELECT code FROM ledger_accounts")]:
        verified = await teller.call("VerifyLedgerAccount", code=code)
        assert (verified.consistent, list(verified.differences)) == (True, [])


async def test_a_crowd_leaves_true_books_and_sees_only_what_it_cannot_afford(crowd: Crowd) -> None:
    teller = crowd.tellers[0]
    await open_accounts(teller, FUNDS, *ACCOUNTS)
    crowd.granted += (await teller.call("ListTransactions")).transactions

    await crowd.run(TASKS, trade)

    assert crowd.refused.keys() <= {"INSUFFICIENT_FUNDS", "HOLD_EXHAUSTED"}
    assert crowd.refused["INSUFFICIENT_FUNDS"] > 0
    assert len(crowd.granted) > TASKS
    await check(crowd)
    for code, (posted, held) in crowd.moved().items():
        balance = await teller.balance(code)
        assert (balance.posted.amount_minor, balance.pending_out.amount_minor) == (posted, held)
        assert code == BANK or balance.available.amount_minor >= 0
    assert sum(posted for posted, _ in crowd.moved().values()) == 0


async def test_exactly_the_affordable_debits_are_granted(crowd: Crowd) -> None:
    teller = crowd.tellers[0]
    await open_accounts(teller, 44, "caller:purse")
    crowd.granted += (await teller.call("ListTransactions")).transactions
    line = posting("caller:purse", BANK, 3)

    async def spend(crowd: Crowd, teller: Teller, chance: random.Random) -> None:
        way = chance.choice(["post", "hold", "batch"])
        if way == "batch":
            await crowd.batch(teller, [line])
        else:
            draft = ledger_pb2.NewTransaction(postings=[line], pending=way == "hold")
            await crowd.one(teller, "PostTransaction", transaction=draft)

    await crowd.run(100, spend)

    assert crowd.refused == {"INSUFFICIENT_FUNDS": 86}
    assert (await teller.balance("caller:purse")).available.amount_minor == 2
    await check(crowd)


@pytest.mark.parametrize("crowd", ["two processes"], indirect=True)
async def test_a_key_that_many_use_at_once_posts_once_and_tells_all_of_them_the_same(crowd: Crowd) -> None:
    teller = crowd.tellers[0]
    await open_accounts(teller, 10, "caller:purse")
    draft = ledger_pb2.NewTransaction(postings=[posting("caller:purse", BANK, 6)])
    calls = [
        teller.call("PostTransaction", idempotency_key="once", transaction=draft)
        for teller in crowd.tellers
        for _ in range(4)
    ]
    replies = await asyncio.gather(*calls)
    assert len({reply.SerializeToString(deterministic=True) for reply in replies}) == 1
    marks = [dict(await call.trailing_metadata()).get("idempotent-replay") for call in calls]
    assert marks.count("true") == len(calls) - 1
    assert await teller.posted("caller:purse") == [4]
