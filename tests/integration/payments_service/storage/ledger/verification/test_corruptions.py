"""Sound books verify, and each invariant fires on a corruption that only the database's owner can make."""

import asyncio
from collections.abc import Iterator

import pytest

from payments_service.application.sealing.keys import SealKeys, new_seal_key
from payments_service.config import Settings
from payments_service.domain.ids import Prefix, format_id
from payments_service.storage.ledger.verification import digests, ranges
from tests.integration.databases import Databases
from tests.integration.payments_service.storage.ledger.verification.books import (
    KEYS,
    PUBLIC,
    corrupted,
    found,
    keep_books,
)

FIRST = "(SELECT id FROM ledger_transactions WHERE reference = 'caller/first')"
OF_FIRST = f"WHERE transaction_id = {FIRST} AND side = 1"
MORE = "UPDATE ledger_entries SET posted_debits = posted_debits + 1"
AN_HOUR_AGO = "now() - interval '1 hour'"
HELD = "(SELECT id FROM ledger_transactions WHERE reference = 'caller/held')"
ACCOUNT = "(SELECT id FROM ledger_accounts WHERE code = 'caller:a')"
PAYMENT = """
INSERT INTO payments (id, owner_id, reference, currency, amount_minor, amount_captured_minor, amount_refunded_minor,
    charge_model, state, stripe_status, description, metadata, livemode, create_time, update_time, intent_id, charge_id,
    balance_transaction_id, event_ids)
VALUES (gen_random_uuid(), 'ann', 'order', 'usd', 100, 100, {refunded}, 'PLATFORM', 'SUCCEEDED', '', '', '{{}}', false,
    now(), now(), '', '', '', '[]')
"""
REFUND = """
INSERT INTO refunds (id, payment_id, owner_id, reference, currency, amount_minor, state, stripe_status, reason,
    absorb_by, reverse_transfer, refund_platform_fee, failure_reason, metadata, livemode, create_time, update_time,
    stripe_refund_id, balance_transaction_id, transfer_reversal_id)
SELECT gen_random_uuid(), id, '{owner}', '', '{currency}', {amount}, 'SUCCEEDED', '', '', '', false, false, '', '{{}}',
    false, now(), now(), '', '', '' FROM payments
"""
EVENT = """
INSERT INTO stripe_events (id, stripe_account, livemode, event_id, type, category, api_version, object_type, object_id,
    related_ids, endpoint, secret_index, request_id, state, receive_time, next_attempt_time, last_error)
VALUES (gen_random_uuid(), '', false, 'evt_1', 'charge.succeeded', '', '', '', '', '{{}}', 'PLATFORM', 0, '', '{state}',
    {time}, {time}, '{error}')
"""


@pytest.fixture(scope="module")
def books(databases: Databases, settings: Settings) -> Iterator[str]:
    """URL of the books, which no test leaves changed."""
    name = databases.take()
    url = databases._postgres.address.url(name)
    asyncio.run(keep_books(url, settings))
    yield url
    databases.give_back(name)


SOUND_EVENTS = (
    EVENT.format(state="DEAD", time=AN_HOUR_AGO, error="a bug"),
    EVENT.format(state="REFUSED", time=AN_HOUR_AGO, error="").replace("evt_1", "evt_2"),
    EVENT.format(state="PENDING", time="now()", error="").replace("evt_1", "evt_3"),
    # Replayed a moment ago.
    EVENT.format(state="PENDING", time=AN_HOUR_AGO, error="").replace("evt_1", "evt_4"),
    "UPDATE stripe_events SET next_attempt_time = now() WHERE event_id = 'evt_4'",
)


async def test_sound_books_are_found_sound_in_stretches_of_any_length(
    books: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with corrupted(books, *SOUND_EVENTS) as connection:
        assert await found(connection) == []
        monkeypatch.setattr(ranges, "STRETCH", 2)
        monkeypatch.setattr(digests, "STRETCH", 2)
        assert await found(connection) == []


CORRUPTIONS = {
    "an amount": (
        "I1 postings",
        f"UPDATE ledger_entries SET amount_minor = 999 {OF_FIRST}",
    ),
    "a side": ("I1 postings", f"UPDATE ledger_entries SET side = 2 {OF_FIRST}"),
    "a currency": ("I1 postings", "UPDATE ledger_accounts SET currency = 'eur' WHERE code = 'caller:a'"),
    "a transaction without entries": (
        "I1 postings",
        (
            "INSERT INTO ledger_transactions SELECT gen_random_uuid(), 'forged', 'post', NULL, record_time, "
            "record_time, NULL, '', '{}', '', '', '' FROM ledger_transactions LIMIT 1"
        ),
    ),
    "an entry that is gone": ("I2 entries", f"DELETE FROM ledger_entries WHERE account_id = {ACCOUNT} AND version = 2"),
    "the last entry": (
        "I2 accounts",
        (
            f"DELETE FROM ledger_entries WHERE account_id = {ACCOUNT} AND version = (SELECT max(version) FROM "
            f"ledger_entries WHERE account_id = {ACCOUNT})"
        ),
    ),
    "running totals": (
        "I2 entries",
        f"UPDATE ledger_entries SET posted_debits = posted_debits + 1 WHERE account_id = {ACCOUNT} AND version = 2",
    ),
    "an account's totals": ("I2 accounts", "UPDATE ledger_accounts SET posted_debits = 1 WHERE code = 'caller:a'"),
    "an account's version": ("I2 accounts", "UPDATE ledger_accounts SET version = 99 WHERE code = 'caller:a'"),
    "an account that is gone": ("I2 entries", "DELETE FROM ledger_accounts WHERE code = 'caller:a'"),
    "an entry's time": (
        "I2 entries",
        (
            f"UPDATE ledger_entries SET record_time = record_time - interval '1 day' WHERE account_id = {ACCOUNT} "
            "AND version = 2"
        ),
    ),
    "an orphan": ("I2 entries", f"DELETE FROM ledger_transactions WHERE id = {FIRST}"),
    "a refund of too much": (
        "I5 refunds",
        PAYMENT.format(refunded=0),
        REFUND.format(owner="ann", currency="usd", amount=101),
    ),
    "refunded more than captured": ("I5 refunds", PAYMENT.format(refunded=101)),
    "a floor": ("I6 floors", "UPDATE ledger_accounts SET floor_minor = 1000000 WHERE code = 'caller:c'"),
    "a capture of no hold": (
        "I7 links",
        f"UPDATE ledger_transactions SET target_id = {FIRST} WHERE reference = 'caller/captured'",
    ),
    "a post with a target": ("I7 links", f"UPDATE ledger_transactions SET target_id = {HELD} WHERE id = {FIRST}"),
    "a capture of more than was held": (
        "I7 remainders",
        f"UPDATE ledger_entries SET amount_minor = 100 WHERE transaction_id = {HELD}",
    ),
    "a void that left something": (
        "I7 remainders",
        (
            "UPDATE ledger_entries SET amount_minor = 1 WHERE transaction_id = "
            "(SELECT id FROM ledger_transactions WHERE reference = 'caller/voided')"
        ),
    ),
    "an effective time": (
        "I7 effective times",
        "UPDATE ledger_transactions SET effective_time = record_time WHERE reference = 'caller/late'",
    ),
    "a shifted entry that is gone": (
        "I7 effective times",
        "DELETE FROM ledger_shifted_entries WHERE amount_minor = 300",
    ),
    "shifted sums": ("I7 effective sums", "UPDATE ledger_shifted_entries SET shifted_debits = shifted_debits + 1"),
    "totals of a day": (
        "I7 effective totals",
        "UPDATE ledger_effective_totals SET debits = debits + 1 WHERE width = 1",
    ),
    "a bucket that is gone": ("I7 effective sums", "DELETE FROM ledger_effective_totals WHERE width = 2"),
    "an event that nobody has applied": ("I8 inbox", EVENT.format(state="PENDING", time=AN_HOUR_AGO, error="")),
    "an event that an outage keeps waiting": (
        "I8 inbox",
        EVENT.format(state="PENDING", time=AN_HOUR_AGO, error="Stripe did not answer"),
        "UPDATE stripe_events SET next_attempt_time = now()",
    ),
    "an event in no state": ("I8 inbox", EVENT.format(state="LOST", time="now()", error="")),
    "an event done at no time": ("I8 inbox", EVENT.format(state="DONE", time="now()", error="")),
    "a hold past its time": ("I9 overdue", f"UPDATE ledger_hold_expiries SET expire_time = {AN_HOUR_AGO}"),
    "a transaction that is put in": (
        "I11 numbered",
        (
            "INSERT INTO ledger_transactions SELECT gen_random_uuid(), 'forged', 'post', NULL, record_time, "
            "record_time, NULL, '', '{}', '', '', '' FROM ledger_transactions LIMIT 1"
        ),
    ),
    "a digest": (
        "I11 digests",
        "UPDATE ledger_transactions SET digest = sha256(digest) WHERE reference = 'caller/unnumbered'",
    ),
    "a description that is not the digest's": (
        "I11 digests",
        "UPDATE ledger_transactions SET description = 'x' WHERE reference = 'caller/reversed'",
    ),
    "a number that is gone": ("I11 numbers", "DELETE FROM ledger_sequence WHERE number = 2"),
    "a refund of another owner": (
        "I12 refunds",
        PAYMENT.format(refunded=0),
        REFUND.format(owner="bob", currency="usd", amount=1),
    ),
    "a refund in another currency": (
        "I12 refunds",
        PAYMENT.format(refunded=0),
        REFUND.format(owner="ann", currency="eur", amount=1),
    ),
    "a Stripe transaction that Stripe does not know": (
        "I3 ledger transactions",
        f"UPDATE ledger_transactions SET reference = 'stripe:txn_1' WHERE id = {FIRST}",
    ),
    "a paid charge that is nowhere": (
        "I4 payments",
        PAYMENT.format(refunded=0),
        "UPDATE payments SET charge_id = 'ch_1', update_time = now() - interval '1 day'",
    ),
    "money that waits for ever": (
        "I10 charges",
        (
            "INSERT INTO provisional_charges (charge_id, payment_id, currency, amount_minor, ledger_transaction_id, "
            "state, record_time) "
            "VALUES ('ch_1', gen_random_uuid(), 'usd', 1, gen_random_uuid(), 'STANDING', now() - interval '1 day')"
        ),
    ),
}


@pytest.mark.parametrize("what", CORRUPTIONS)
async def test_a_corruption_is_found_by_the_check_that_is_about_it(books: str, what: str) -> None:
    check, *statements = CORRUPTIONS[what]
    async with corrupted(books, *statements) as connection:
        findings = await found(connection, checks=[check])
    assert {finding.check for finding in findings} == {check}
    assert all(finding.message for finding in findings)


SEALED = {
    "reference": "UPDATE ledger_transactions SET reference = 'caller/other' WHERE reference = 'caller/first'",
    "description": "UPDATE ledger_transactions SET description = 'x' WHERE reference = 'caller/first'",
    "metadata": """UPDATE ledger_transactions SET metadata = '{"k": "w"}' WHERE reference = 'caller/first'""",
    "actor": "UPDATE ledger_transactions SET actor = 'thief' WHERE reference = 'caller/first'",
    "internal": "UPDATE ledger_transactions SET request_id = 's' WHERE reference = 'caller/first'",
    "header": "UPDATE ledger_transactions SET effective_time = now() WHERE reference = 'caller/first'",
    "entries": f"{MORE} {OF_FIRST}",
}


@pytest.mark.parametrize("family", SEALED)
async def test_a_change_of_a_sealed_row_names_the_transaction_and_what_of_it(books: str, family: str) -> None:
    async with corrupted(books, SEALED[family]) as connection:
        [finding] = await found(connection, checks=["I11 seals"])
        sealed = await connection.exec_driver_sql("SELECT transaction_id FROM ledger_sequence WHERE number = 1")
        assert finding.subject == format_id(Prefix.LEDGER_TRANSACTION, sealed.scalar_one())
    assert finding.message == f"is not what was put under seal 1: {family}"


SWAP = "UPDATE ledger_sequence SET number = {to} WHERE number = {number}"
CHAIN = {
    "a row that is gone": ([f"DELETE FROM ledger_transactions WHERE id = {FIRST}"], ["no longer in the books"]),
    "an entry that is put in": (
        [
            (
                f"INSERT INTO ledger_entries SELECT account_id, 1000, {FIRST}, 1, 0, 0, 0, 0, record_time, 7, 1, 1 "
                "FROM ledger_entries LIMIT 1"
            )
        ],
        ["is not what was put under seal 1: entries"],
    ),
    "two rows swapped": (
        [SWAP.format(number=1, to=-1), SWAP.format(number=2, to=1), SWAP.format(number=-1, to=2)],
        ["is not what was put under seal 1", "is not what was put under seal 1"],
    ),
    "a number that is gone": (["DELETE FROM ledger_sequence WHERE number = 2"], ["no transaction has it"]),
    "a salt": (["UPDATE ledger_sequence SET salt = gen_random_uuid() WHERE number = 1"], ["under seal 1"]),
    "a root": (
        ["UPDATE ledger_seals SET root = sha256(root) WHERE number = 2"],
        ["the head of seal 2 is not the hash", "do not make its root"],
    ),
    "a signature": (
        ["UPDATE ledger_seals SET signature = sha512(signature) WHERE number = 2"],
        ["the signature of seal 2 is not by its key"],
    ),
    "leaves": (
        ["UPDATE ledger_seals SET leaves = set_byte(leaves, 5, get_byte(leaves, 5) # 1) WHERE number = 2"],
        ["do not make its root", "is not what was put under seal 2: number or salt"],
    ),
    "a seal that is gone": (
        ["DELETE FROM ledger_seals WHERE number = 2"],
        ["it does not follow seal 1", "it does not stand on the head of seal 1"],
    ),
    "a time": (["UPDATE ledger_seals SET seal_time = now() WHERE number = 1"], ["the head of seal 1 is not the hash"]),
}


@pytest.mark.parametrize("what", CHAIN)
async def test_a_change_of_the_chain_or_of_the_numbers_is_found(books: str, what: str) -> None:
    statements, says = CHAIN[what]
    async with corrupted(books, *statements) as connection:
        findings = await found(connection, checks=["I11 seals"])
    assert len(findings) == len(says), findings
    for finding, words in zip(findings, says, strict=True):
        assert words in finding.message


async def test_seals_need_the_key_that_signed_them(books: str) -> None:
    async with corrupted(books) as connection:
        assert await found(connection, SealKeys([], [PUBLIC]), ["I11 seals"]) == []
        unknown = await found(connection, SealKeys([]), ["I11 seals"])
        wrong = await found(connection, SealKeys([new_seal_key("books")[0]]), ["I11 seals"])
    assert [finding.message.partition(":")[0] for finding in unknown] == [
        f"seal {number} is signed by the key 'books', which is not known here" for number in (1, 2, 3, 4)
    ]
    assert all("is not by its key" in finding.message for finding in wrong)
    assert len(wrong) == len(unknown) == 4
    assert KEYS.signing_id == "books"
