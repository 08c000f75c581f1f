"""Whatever is wrong with a transaction has its own reason, alone and in a batch, and harms nothing else."""

from collections.abc import AsyncIterator
from datetime import timedelta

import psycopg
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from payments_api.v1 import error_reason_pb2, ledger_pb2

from payments_service.domain.ids import new_id
from payments_service.domain.ledger import chart
from payments_service.domain.ledger.transaction import Posting, PostRequest
from payments_service.domain.money import Money
from tests.integration.payments_service.application.ledger.bank import bank_settings, open_bank
from tests.integration.payments_service.application.ledger.machine.clock import START, StandingClock
from tests.integration.payments_service.application.ledger.teller import Teller, posting
from tests.integration.payments_service.application.ledger.wrongs import (
    CLOSED,
    EURO,
    FROZEN,
    FULL,
    METHODS,
    NO_CREDIT,
    NO_DEBIT,
    POOR,
    WRONGS,
    A,
    B,
    Wrong,
)

RIGHT = ledger_pb2.NewTransaction(postings=[posting(A, B, 1)])


@pytest.fixture
async def teller(database_url: str) -> AsyncIterator[Teller]:
    """A teller of a bank with something of everything, where a hold has expired and nobody has noticed yet."""
    clock = StandingClock(database_url, bank_settings(database_url).database_role, START)
    async with open_bank(bank_settings(clock.url)) as teller:
        await _furnish(teller)
        with psycopg.connect(database_url) as owner:
            owner.execute("UPDATE ledger_accounts SET posted_debits = 9223372036854775800 WHERE code = %s", [FULL])
        clock.set(START + timedelta(days=2))
        yield teller
    clock.close()


async def _furnish(teller: Teller) -> None:
    """Accounts in every state, and transactions of every kind."""
    await teller.accounts(A, B, NO_DEBIT, NO_CREDIT, FROZEN, CLOSED, FULL)
    await teller.account(EURO, currency_code="eur")
    await teller.account(POOR, floor_minor=0)
    await teller.post(A, POOR, 15, reference="gift")
    await teller.post(POOR, A, 5)
    await teller.post(A, FROZEN, 5, reference="before the frost")
    await teller.call("FreezeLedgerAccount", code=NO_DEBIT, side="SIDE_DEBIT")
    await teller.call("FreezeLedgerAccount", code=NO_CREDIT, side="SIDE_CREDIT")
    await teller.call("FreezeLedgerAccount", code=FROZEN)
    await teller.call("CloseLedgerAccount", code=CLOSED)
    tomorrow = Timestamp()
    tomorrow.FromDatetime(START + timedelta(days=1))
    for name in ("hold", "captured", "voided"):
        await teller.post(A, B, 70, reference=name, pending=True)
    await teller.post(A, B, 70, reference="expired", pending=True, expire_time=tomorrow)
    for name in ("sale", "undone"):
        await teller.post(A, B, 70, reference=name)
    for method, target, name in (
        ("PostPendingTransaction", "captured", "capture"),
        ("VoidPendingTransaction", "voided", "void"),
        ("ReverseTransaction", "undone", "undo"),
    ):
        draft = ledger_pb2.TargetedTransaction(target_reference=target, reference=name)
        await teller.call(method, transaction=draft)
    fact = PostRequest(
        transaction_id=new_id(),
        reference="stripe:txn_1",
        postings=(Posting(chart.stripe_mirror("usd"), chart.revenue_sales("usd"), Money(5, "usd")),),
        forced=True,
    )
    await teller.core.transactions.run(lambda unit: unit.ledger.post([fact]))


def complaints(wrong: Wrong, reason: str, message: str, metadata: dict[str, str], fields: dict[str, str]) -> list[str]:
    """What is amiss with an error."""
    found = []
    if reason != wrong.reason:
        found.append(f"{reason} instead of {wrong.reason}: {message}")
    elif isinstance(wrong.named, tuple):
        key, value = wrong.named
        if metadata.get(key) != value:
            found.append(f"{key} is {metadata.get(key)!r}, not {value!r}: {message}")
    elif list(fields) != [wrong.named] * bool(wrong.named):
        found.append(f"{list(fields)} are named, not {wrong.named}")
    if wrong.advice not in message:
        found.append(f"nothing of {wrong.advice!r} in {message!r}")
    return [f"{wrong.what}: {one}" for one in found]


async def test_each_wrong_has_its_reason_and_names_what_is_wrong(teller: Teller) -> None:
    found: list[str] = []
    before = await _state(teller)
    for wrong in WRONGS:
        for dry_run in (False, True):
            failed = await teller.fails(METHODS[wrong.action], transaction=wrong.message, dry_run=dry_run)
            fields = {path.removeprefix("transaction."): text for path, text in failed.fields.items()}
            assert len(fields) == len(failed.fields)
            found += complaints(wrong, failed.reason, failed.message, failed.metadata, fields)
    assert found == []
    assert await _state(teller) == before


async def test_a_wrong_item_of_a_batch_has_the_same_reason_and_leaves_the_others_alone(teller: Teller) -> None:
    items = [item for wrong in WRONGS for item in ({wrong.action: wrong.message}, {"post": RIGHT})]
    before = (await teller.balance(B)).posted.amount_minor
    outcomes = await teller.batch(*items)
    found: list[str] = []
    for wrong, outcome in zip(WRONGS, outcomes[::2], strict=True):
        error = outcome.error
        reason = error_reason_pb2.ErrorReason.Name(error.reason).removeprefix("ERROR_REASON_")
        found += complaints(wrong, reason, error.message, dict(error.metadata), dict(error.field_violations))
    assert found == []
    assert [outcome.transaction.id == "" for outcome in outcomes[1::2]] == [False] * len(WRONGS)
    assert (await teller.balance(B)).posted.amount_minor == before + len(WRONGS)


@pytest.mark.parametrize("wrong_first", [True, False])
async def test_a_wrong_item_of_an_atomic_group_takes_its_group_along_and_no_other(
    teller: Teller, wrong_first: bool
) -> None:
    items = []
    for number, wrong in enumerate(WRONGS):
        group = [{wrong.action: wrong.message}, {"post": RIGHT}]
        items += [one | {"atomic_group": f"g{number}"} for one in (group if wrong_first else group[::-1])]
        items.append({"post": RIGHT})
    before = (await teller.balance(B)).posted.amount_minor
    outcomes = await teller.batch(*items)
    for number, wrong in enumerate(WRONGS):
        first, second, alone = outcomes[3 * number : 3 * number + 3]
        names = {error_reason_pb2.ErrorReason.Name(one.error.reason) for one in (first, second)}
        assert names == {f"ERROR_REASON_{wrong.reason}"}, wrong.what
        refused = second if wrong_first else first
        assert "posted together with" in refused.error.message, wrong.what
        assert alone.transaction.id, wrong.what
    assert (await teller.balance(B)).posted.amount_minor == before + len(WRONGS)


async def test_an_owners_batch_is_refused_what_is_not_hers_and_nothing_else(teller: Teller) -> None:
    await teller.accounts("caller:alice:1", "caller:alice:2", owner_id="alice")
    bobs = await teller.account("caller:bob:1", owner_id="bob")
    alice = teller.other("idp|alice", ["alice"])
    own = ledger_pb2.NewTransaction(postings=[posting("caller:alice:1", "caller:alice:2", 1)])
    outcomes = await alice.batch(
        {"post": own},
        *(
            {"post": ledger_pb2.NewTransaction(postings=[posting("caller:alice:1", other, 1)])}
            for other in ("caller:bob:1", bobs.id, A, "fx:usd")
        ),
        *(
            {action: ledger_pb2.TargetedTransaction(target_reference=name)}
            for action, name in (("post_pending", "hold"), ("void_pending", "hold"), ("reverse", "sale"))
        ),
        {"post": own},
    )
    reasons = [error_reason_pb2.ErrorReason.Name(one.error.reason).removeprefix("ERROR_REASON_") for one in outcomes]
    assert reasons == [
        "UNSPECIFIED",
        *["LEDGER_ACCOUNT_NOT_FOUND"] * 3,
        "LEDGER_ACCOUNT_RESERVED",
        *["LEDGER_TRANSACTION_NOT_FOUND"] * 3,
        "UNSPECIFIED",
    ]
    assert await teller.posted("caller:alice:2", "caller:bob:1") == [2, 0]


async def _state(teller: Teller) -> list[object]:
    """All that posting could have changed."""
    accounts = await teller.sql("SELECT * FROM ledger_accounts ORDER BY id")
    return [*accounts, *await teller.sql("SELECT count(*) FROM ledger_transactions")]
