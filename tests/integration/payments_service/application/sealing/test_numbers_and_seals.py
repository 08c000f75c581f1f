"""Ledger transactions get numbers after their commit and signed seals after that: none is passed over, none twice."""

import asyncio

import pytest

from payments_service.application.sealing import sealer as module
from payments_service.application.sealing.keys import SealKeys, new_seal_key
from payments_service.application.sealing.sealer import SealError
from payments_service.observability.metrics import REGISTRY
from payments_service.storage.ledger.repository import LedgerRepository
from tests.integration.payments_service.application.sealing.notary import KEY, PUBLIC, Notary
from tests.integration.payments_service.storage.ledger.harness import post, spec, transfer

SEALS = "SELECT number, first_number, last_number FROM ledger_seals ORDER BY number"


async def test_a_batch_is_numbered_in_the_order_in_which_it_was_decided(notary: Notary) -> None:
    requests = [transfer(spec("a"), spec("b"), amount) for amount in (5, 3, 9, 1)]
    await post(notary.engine, *requests)
    await notary.transfer(7, reference="later")
    assert await notary.number() == 5
    assert await notary.number() == 0
    found = notary.rows(
        "SELECT s.number, t.reference FROM ledger_sequence s JOIN ledger_transactions t ON t.id = s.transaction_id "
        "ORDER BY number"
    )
    assert found == list(enumerate([*(request.reference for request in requests), "later"], 1))
    assert notary.rows("SELECT count(*) FROM ledger_queue") == [(0,)]


async def test_a_commit_that_comes_late_is_numbered_and_sealed_once(notary: Notary) -> None:
    await notary.transfer(reference="first")
    async with notary.engine.begin() as late:
        await LedgerRepository(late).post([transfer(spec("late:a"), spec("late:b"), 1, reference="late")])
        await notary.transfer(reference="quick")
        assert [await notary.number(), await notary.seal()] == [2, 2]
    assert [await notary.number(), await notary.seal(), await notary.seal()] == [1, 1, 0]
    assert notary.rows(SEALS) == [(1, 1, 2), (2, 3, 3)]
    last = "SELECT reference FROM ledger_transactions JOIN ledger_sequence ON transaction_id = id ORDER BY number DESC"
    assert notary.rows(last)[0] == ("late",)


async def test_many_workers_number_and_seal_everything_exactly_once(
    notary: Notary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH_MAX", 7)
    await asyncio.gather(*(notary.transfer() for _ in range(30)))
    numbered = sum(await asyncio.gather(*(notary.number() for _ in range(4)))) + await notary.number()
    sealed = 0
    while some := sum(await asyncio.gather(*(notary.seal() for _ in range(4)))):
        sealed += some
    assert (numbered, sealed) == (30, 30)
    ranges = notary.rows(SEALS)
    covered = [number for _, first, last in ranges for number in range(first, last + 1)]
    assert covered == list(range(1, 31))
    assert all(last - first < 7 for _, first, last in ranges)


async def test_the_numbers_follow_the_history_of_every_account(notary: Notary) -> None:
    async def some(name: str) -> None:
        for _ in range(8):
            await post(notary.engine, transfer(spec("shared"), spec(name), 1))

    await asyncio.gather(*(some(f"own:{number}") for number in range(6)), notary.number())
    await notary.number()
    order = notary.rows(
        "SELECT e.version FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id "
        "JOIN ledger_sequence s USING (transaction_id) WHERE a.code = 'shared' ORDER BY s.number"
    )
    assert order == [(version,) for version in range(1, 49)]


async def test_each_seal_stands_on_the_one_before_it_and_is_signed(notary: Notary) -> None:
    for _ in range(2):
        await notary.transfer()
        await notary.number()
        await notary.seal()
    seals = await notary.transactions.run(lambda unit: unit.seals.page(0, 10))
    assert [seal.header.previous_head for seal in seals] == [bytes(32), seals[0].head]
    assert [SealKeys([], [PUBLIC]).fault(seal) for seal in seals] == [None, None]
    assert "not by its key" in str(SealKeys([], [new_seal_key("test")[1]]).fault(seals[0]))


async def test_keys_are_rotated(notary: Notary) -> None:
    new, _ = new_seal_key("next")
    for keys in (SealKeys([KEY]), SealKeys([new], [PUBLIC])):
        await notary.transfer()
        await notary.number()
        notary.keys = keys
        assert await notary.seal() == 1
    assert notary.rows("SELECT key_id FROM ledger_seals ORDER BY number") == [("test",), ("next",)]


async def test_without_a_key_nothing_is_sealed_and_it_can_be_seen(notary: Notary) -> None:
    notary.keys = SealKeys([])
    await notary.transfer()
    await notary.number()
    assert await notary.seal() == 0
    assert REGISTRY.get_sample_value("payments_seals_behind") == 1
    notary.keys = SealKeys([KEY])
    assert await notary.seal() == 1
    assert REGISTRY.get_sample_value("payments_seals_behind") == 0


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE ledger_seals SET root = sha256(root)", "the head of seal 1 is not the hash"),
        ("UPDATE ledger_seals SET signature = sha512(signature)", "the signature of seal 1 is not by its key"),
        ("UPDATE ledger_seals SET key_id = 'other', head = head", "the head of seal 1"),
        ("DELETE FROM ledger_transactions WHERE reference = 'second'", "has number 2 and is not in the books"),
        ("DELETE FROM ledger_sequence WHERE number = 2", "number 2 is missing"),
    ],
)
async def test_nothing_is_sealed_on_what_does_not_hold_and_posting_goes_on(
    notary: Notary, statement: str, says: str
) -> None:
    await notary.transfer()
    await notary.number()
    await notary.seal()
    await notary.transfer(reference="second")
    await notary.transfer(reference="third")
    await notary.number()
    notary.tamper(statement)
    with pytest.raises(SealError, match=says):
        await notary.seal()
    await notary.transfer(reference="fourth")
    assert await notary.number() == 1
    assert notary.rows("SELECT count(*) FROM ledger_seals") == [(1,)]
