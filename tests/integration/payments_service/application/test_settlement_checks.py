"""The checks of what settlement keeps: quiet over sound books, and loud over each kind of corruption."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest
from payments_api.v1 import account_pb2, admin_service_pb2, admin_service_pb2_grpc, verification_pb2
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.settlement.mirrors import AccountComparison, CompareMirrors
from payments_service.application.verification.mirrors import NO_STRIPE, MirrorCheck
from payments_service.application.verification.model import by_invariant, chosen
from payments_service.application.verification.verify import Verify
from payments_service.storage.ledger.verification.catalogue import RANGES
from tests.integration.payments_service.application.house import PAY, House

TEN = {"amount": {"amount_minor": 10_000, "currency_code": "usd"}}


async def business(house: House) -> account_pb2.ConnectedAccount:
    """A sale, a seller's sale with a refund, and one that Stripe has not booked."""
    seller = await house.seller()
    await house.create("sale", **TEN, **PAY)
    sold = (await house.sell("sold", seller.id)).payment
    await house.record_all()
    await house.run("inbox")
    await house.refund("r", sold.id, amount={"amount_minor": 4_000, "currency_code": "usd"}, refund_platform_fee=True)
    await house.settle_all()
    return seller


INVARIANTS = ("I3", "I4", "I10")


async def named(connection: AsyncConnection, invariant: str) -> list[str]:
    """What breaks an invariant."""
    stretches = [await RANGES[name].look(connection, name, {}) for name in chosen(by_invariant([*RANGES]), [invariant])]
    return [finding.message for stretch in stretches for finding in stretch.findings]


async def found(house: House) -> dict[str, list[str]]:
    async with house.core.engine.connect() as connection:
        return {invariant: await named(connection, invariant) for invariant in INVARIANTS}


@asynccontextmanager
async def corrupted(house: House, *statements: str) -> AsyncIterator[None]:
    """The books with something done to them that only the database's owner can do."""
    assert house.settings.database_url is not None
    url = house.settings.database_url.get_secret_value().replace("postgresql+psycopg", "postgresql")
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        for statement in statements:
            assert (await connection.execute(statement.encode())).rowcount > 0, statement
        yield


TOO_MUCH = "UPDATE ledger_accounts SET posted_debits = posted_debits + 7 WHERE code = 'stripe:usd'"

UNSETTLED = """
    INSERT INTO ledger_accounts (id, code, currency, kind, posted_debits)
    SELECT id, 'stripe_unsettled:usd', 'usd', 'asset', 1 FROM payments ORDER BY id LIMIT 1
    ON CONFLICT (code) DO UPDATE SET posted_debits = ledger_accounts.posted_debits + 1
"""

PROVISIONAL = """
    INSERT INTO provisional_charges
    SELECT {}, id, '{}', 1, id, '{}', timestamptz '{}' FROM payments ORDER BY id LIMIT {}
    ON CONFLICT (charge_id) DO UPDATE SET state = excluded.state
"""
"""Charge, currency, state, time and number of provisional bookings that should not be there."""

# Without what was booked provisionally: for that, the charges that are renamed would be missing too.
ONE_CHARGE_TWICE = """
WITH gone AS (DELETE FROM provisional_charges)
UPDATE stripe_balance_transactions SET source_id = 'ch_1' WHERE type = 'charge'
"""
CORRUPTIONS = [
    ("I3", "UPDATE stripe_balance_transactions SET ledger_transaction_id = NULL WHERE type = 'refund'", 2),
    ("I3", "UPDATE stripe_balance_transactions SET ledger_transaction_id = payment_id WHERE type = 'refund'", 2),
    ("I3", "UPDATE ledger_transactions SET reference = 'stripe:txn_0' WHERE description = 'application_fee'", 2),
    ("I3", "UPDATE stripe_balance_transactions SET net_minor = 1, amount_minor = 1 WHERE type = 'transfer'", 1),
    ("I3", "UPDATE stripe_balance_transactions SET fee_minor = 1 WHERE type = 'transfer'", 1),
    ("I3", "UPDATE stripe_balance_transactions SET fee_minor = 321, amount_minor = 10001 WHERE type = 'charge'", 2),
    ("I3", "UPDATE stripe_balance_transactions SET currency = 'eur' WHERE type = 'transfer'", 1),
    ("I3", "UPDATE stripe_balance_transactions SET balance_type = 'issuing' WHERE type = 'transfer'", 1),
    ("I4", ONE_CHARGE_TWICE, 1),
    ("I4", "UPDATE payments SET charge_id = 'ch_0', update_time = now() - interval '2 hours'", 2),
    ("I4", PROVISIONAL.format("charge_id", "usd", "STANDING", "now", 2), 2),
    ("I4", PROVISIONAL.format("'ch_0'", "usd", "SETTLED", "now", 1), 1),
    ("I10", PROVISIONAL.format("'ch_0'", "eur", "STANDING", "yesterday", 1), 1),
    ("I10", UNSETTLED, 1),
]


async def test_each_check_is_quiet_over_sound_books_and_names_what_is_wrong(house: House) -> None:
    await business(house)
    verify = Verify(house.core.transactions, house.core.mirrors)
    results = await verify.run(await verify.names())
    assert [result for result in results if not result.agrees] == []
    assert {result.check.partition(" ")[0] for result in results} == {f"I{number}" for number in range(1, 14)}
    assert await found(house) == {name: [] for name in INVARIANTS}

    for invariant, statement, rows in CORRUPTIONS:
        async with house.core.engine.connect() as connection:
            # The service's role may not do this; the whole of it is taken back.
            await connection.exec_driver_sql("SET ROLE NONE")
            changed = await connection.exec_driver_sql(statement)
            assert changed.rowcount > 0, statement
            wrong = await named(connection, invariant)
            await connection.rollback()
        assert len(wrong) == rows, (statement, wrong)
    assert await found(house) == {name: [] for name in INVARIANTS}


async def compare(house: House) -> list[AccountComparison]:
    return [each async for each in CompareMirrors(house.core.transactions, house.core.stripe)()]


async def test_the_mirrors_are_compared_for_every_account_and_what_is_in_flight_is_named(house: House) -> None:
    seller = await business(house)
    quiet = await compare(house)
    assert [one.stripe_account for one in quiet] == ["", seller.stripe_account_id]
    assert all(one.agrees for one in quiet)
    assert [mirror.ledger for one in quiet for mirror in one.mirrors] == [9_680 + 280, 5_400]
    assert not any(mirror.in_flight for one in quiet for mirror in one.mirrors)

    await house.create("new", **TEN, payment_method="pm_card_bypassPending", confirm=True)
    await house.control("POST", "/clock/advance", {"seconds": 1})
    platform, _ = await compare(house)
    (mirror,) = platform.mirrors
    (newest, *_) = (await house.stripe("/v1/balance_transactions"))["data"]
    assert (platform.agrees, dict(mirror.in_flight)) == (True, {newest["id"]: 9_680})

    async with corrupted(house, TOO_MUCH):
        platform, other = await compare(house)
    assert not platform.agrees
    assert [mirror.unexplained for mirror in platform.mirrors] == [-7]
    assert other.agrees


async def test_a_list_that_does_not_stand_still_says_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await business(house)
    compared = CompareMirrors(house.core.transactions, house.core.stripe)
    heads = iter(range(1_000))

    async def another(_: CompareMirrors, __: str) -> str:
        return f"txn_{next(heads)}"

    monkeypatch.setattr(CompareMirrors, "_head", another)
    platform = await compared.compare(None)

    assert (platform.stood_still, platform.agrees, platform.mirrors) == (False, False, ())


async def verified(house: House, key: str) -> verification_pb2.Verification:
    """A verification by workers of what Stripe is asked for."""
    admin = house.as_caller("admin", scopes=["admin.read", "admin.write"])
    stub: Any = admin_service_pb2_grpc.AdminServiceStub(house.channel)
    request = admin_service_pb2.StartVerificationRequest(idempotency_key=key, checks=["I13"])
    started = await stub.StartVerification(request, metadata=admin)
    while await house.run("verification"):
        pass
    get = admin_service_pb2.GetVerificationRequest(id=started.verification.id)
    reply = await stub.GetVerification(get, metadata=admin)
    found: verification_pb2.Verification = reply.verification
    return found


async def test_a_verification_asks_stripe_and_never_calls_sound_what_it_could_not_compare(house: House) -> None:
    seller = await business(house)
    sound = await verified(house, "sound")
    (check,) = sound.checks
    assert (sound.ok, check.name, check.rows) == (True, "I13 mirrors", 2)

    async with corrupted(house, TOO_MUCH):
        wrong = await verified(house, "wrong")
    (finding,) = wrong.checks[0].findings
    assert (wrong.ok, finding.subject) == (False, "the platform")
    assert finding.message == "9960 usd at Stripe and 9967 in the books differ by -7"

    # A seller who has disconnected, the platform still wrong.
    async with corrupted(house, "UPDATE connected_accounts SET stripe_account = 'acct_gone'"):
        gone = await verified(house, "gone")
    assert [finding.subject for finding in gone.checks[0].findings] == ["the platform"]
    assert list(gone.checks[0].not_checked) == ["acct_gone: Stripe does not show it to this platform (any more)"]
    renamed = f"UPDATE connected_accounts SET stripe_account = '{seller.stripe_account_id}'"
    async with corrupted(house, TOO_MUCH.replace("+ 7", "- 14"), renamed):
        pass

    fault = {"effect": "error_before", "path": f"/v1/accounts/{seller.stripe_account_id}", "count": 9}
    await house.control("POST", "/faults", fault)
    silent = await verified(house, "silent")
    (check,) = silent.checks
    assert (silent.ok, check.done, check.rows, len(check.findings)) == (False, True, 1, 1)
    (why,) = check.not_checked
    assert why.startswith(f"{seller.stripe_account_id} and all accounts after it: Stripe did not answer")


async def test_without_a_stripe_nothing_is_compared_and_nothing_is_called_sound(house: House) -> None:
    (result,) = await Verify(house.core.transactions, MirrorCheck(house.core.transactions, None)).run(["I13 mirrors"])
    assert (result.agrees, result.done, result.rows, result.not_checked) == (False, True, 0, [NO_STRIPE])
