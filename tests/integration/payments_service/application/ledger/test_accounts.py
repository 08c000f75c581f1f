"""Accounts of callers: made under their own names, changed, frozen, closed, and listed."""

from typing import Any

import pytest
from payments_api.v1 import ledger_pb2

from tests.integration.payments_service.application.ledger.teller import Teller

LIABILITY = "LEDGER_ACCOUNT_KIND_LIABILITY"


async def test_an_account_is_what_was_asked_for_and_found_by_both_names(teller: Teller) -> None:
    made = await teller.account(
        "caller:escrow:1", currency_code="EUR", owner_id="alice", floor_minor=-50, metadata={"order": "1"}
    )
    assert (made.code, made.currency_code, made.owner_id) == ("caller:escrow:1", "eur", "alice")
    assert (made.kind, made.state) == (
        ledger_pb2.LEDGER_ACCOUNT_KIND_LIABILITY,
        ledger_pb2.LEDGER_ACCOUNT_STATE_OPEN,
    )
    assert (made.floor.amount_minor, made.floor.currency_code, dict(made.metadata)) == (-50, "eur", {"order": "1"})
    assert made.balance.posted.amount_minor == 0
    assert made.create_time == made.update_time
    for name in ({"code": made.code}, {"ledger_account_id": made.id}):
        assert (await teller.call("GetLedgerAccount", **name)).ledger_account == made


async def test_a_floor_that_was_not_given_is_none(teller: Teller) -> None:
    assert not (await teller.account("caller:a")).HasField("floor")
    assert (await teller.account("caller:b", floor_minor=0)).HasField("floor")


async def test_a_repeat_gets_the_same_account_and_another_one_cannot_have_its_code(teller: Teller) -> None:
    fields = {"code": "caller:a", "kind": LIABILITY, "currency_code": "usd"}
    first = await teller.call("CreateLedgerAccount", idempotency_key="k", **fields)
    assert await teller.call("CreateLedgerAccount", idempotency_key="k", **fields) == first
    failed = await teller.fails("CreateLedgerAccount", **fields)
    assert (failed.code, failed.reason) == ("ALREADY_EXISTS", "LEDGER_ACCOUNT_ALREADY_EXISTS")
    assert failed.metadata["ledger_account_id"] == first.ledger_account.id


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"code": "stripe:usd"}, "LEDGER_ACCOUNT_RESERVED"),
        ({"code": "wallet:alice:usd"}, "LEDGER_ACCOUNT_RESERVED"),
        ({"code": "caller:"}, "REQUEST_INVALID"),
        ({"code": "caller::a"}, "REQUEST_INVALID"),
        ({"code": "caller:a b"}, "REQUEST_INVALID"),
        ({"code": "caller:a\0"}, "REQUEST_INVALID"),
        ({"code": "caller:" + "a" * 249}, "REQUEST_INVALID"),
        ({"currency_code": "xxx"}, "CURRENCY_UNSUPPORTED"),
        ({"kind": 0}, "REQUEST_INVALID"),
        ({"floor_minor": 1}, "REQUEST_INVALID"),
        ({"metadata": {"k": "\0"}}, "REQUEST_INVALID"),
        ({"owner_id": "\0"}, "REQUEST_INVALID"),
    ],
)
async def test_what_cannot_be_an_account_is_refused(teller: Teller, fields: dict[str, Any], reason: str) -> None:
    values = {"code": "caller:a", "kind": LIABILITY, "currency_code": "usd"} | fields
    assert (await teller.fails("CreateLedgerAccount", **values)).reason == reason


async def test_an_update_changes_what_its_mask_names(teller: Teller) -> None:
    made = await teller.account("caller:a", floor_minor=0, metadata={"a": "1"})
    floor = {"amount_minor": -20, "currency_code": "USD"}
    changed = (
        await teller.call(
            "UpdateLedgerAccount", code="caller:a", update_mask={"paths": ["floor"]}, floor=floor, etag=made.etag
        )
    ).ledger_account
    assert (changed.floor.amount_minor, dict(changed.metadata)) == (-20, {"a": "1"})
    assert changed.etag != made.etag
    assert changed.update_time.ToNanoseconds() > made.update_time.ToNanoseconds()

    stale = await teller.fails(
        "UpdateLedgerAccount", code="caller:a", update_mask={"paths": ["metadata"]}, etag=made.etag
    )
    assert (stale.code, stale.reason, stale.metadata["etag"]) == ("ABORTED", "ETAG_MISMATCH", changed.etag)
    cleared = await teller.call("UpdateLedgerAccount", code="caller:a", update_mask={"paths": ["floor", "metadata"]})
    assert not cleared.ledger_account.HasField("floor")
    assert dict(cleared.ledger_account.metadata) == {}
    wrong = await teller.fails("UpdateLedgerAccount", code="caller:a", update_mask={"paths": ["kind"]})
    assert wrong.reason == "REQUEST_INVALID"


async def test_a_floor_above_what_there_is_or_in_another_currency_is_refused(teller: Teller) -> None:
    await teller.account("caller:a")
    for floor, reason in (
        ({"amount_minor": 1, "currency_code": "usd"}, "INSUFFICIENT_FUNDS"),
        ({"amount_minor": 0, "currency_code": "eur"}, "CURRENCY_MISMATCH"),
    ):
        failed = await teller.fails(
            "UpdateLedgerAccount", code="caller:a", update_mask={"paths": ["floor"]}, floor=floor
        )
        assert failed.reason == reason


async def test_sides_are_frozen_and_opened_one_by_one(teller: Teller) -> None:
    await teller.accounts("caller:a", "caller:b")

    async def state(verb: str, **fields: Any) -> str:
        found = (await teller.call(f"{verb}LedgerAccount", code="caller:a", **fields)).ledger_account
        return ledger_pb2.LedgerAccountState.Name(found.state).removeprefix("LEDGER_ACCOUNT_STATE_")

    assert await state("Freeze", side="SIDE_DEBIT") == "DEBIT_FROZEN"
    assert (await teller.refused("caller:a", "caller:b", 1)).reason == "ACCOUNT_FROZEN"
    assert (await teller.post("caller:b", "caller:a", 1)).transaction.id
    assert await state("Freeze", side="SIDE_CREDIT") == "FROZEN"
    assert await state("Unfreeze", side="SIDE_DEBIT") == "CREDIT_FROZEN"
    assert (await teller.refused("caller:b", "caller:a", 1)).reason == "ACCOUNT_FROZEN"
    assert await state("Freeze") == "FROZEN"
    assert await state("Unfreeze") == "OPEN"


async def test_freezing_what_is_frozen_changes_nothing(teller: Teller) -> None:
    await teller.account("caller:a")
    first = (await teller.call("FreezeLedgerAccount", code="caller:a")).ledger_account
    assert (await teller.call("FreezeLedgerAccount", code="caller:a")).ledger_account == first


async def test_an_account_is_closed_only_at_zero_and_then_takes_nothing(teller: Teller) -> None:
    await teller.accounts("caller:a", "caller:b")
    await teller.post("caller:a", "caller:b", 5)
    failed = await teller.fails("CloseLedgerAccount", code="caller:a")
    assert (failed.reason, failed.metadata["posted_minor"]) == ("INVALID_STATE", "-5")
    await teller.post("caller:b", "caller:a", 5)
    hold = (await teller.post("caller:b", "caller:a", 5, pending=True)).transaction.id
    assert (await teller.fails("CloseLedgerAccount", code="caller:a")).reason == "INVALID_STATE"
    await teller.act("VoidPending", hold)

    closed = (await teller.call("CloseLedgerAccount", code="caller:a")).ledger_account
    assert closed.state == ledger_pb2.LEDGER_ACCOUNT_STATE_CLOSED
    assert (await teller.call("CloseLedgerAccount", code="caller:a")).ledger_account == closed
    assert (await teller.refused("caller:a", "caller:b", 1)).reason == "ACCOUNT_CLOSED"
    for method in ("FreezeLedgerAccount", "UnfreezeLedgerAccount"):
        assert (await teller.fails(method, code="caller:a")).reason == "ACCOUNT_CLOSED"
    update = await teller.fails("UpdateLedgerAccount", code="caller:a", update_mask={"paths": ["metadata"]})
    assert update.reason == "ACCOUNT_CLOSED"


async def test_the_chart_can_be_read_and_not_changed(teller: Teller) -> None:
    await teller.sql(
        "INSERT INTO ledger_accounts (id, code, currency, kind) VALUES (gen_random_uuid(), 'bank:usd', 'usd', 'asset')"
    )
    found = (await teller.call("GetLedgerAccount", code="bank:usd")).ledger_account
    for method, fields in (
        ("UpdateLedgerAccount", {"update_mask": {"paths": ["metadata"]}}),
        ("FreezeLedgerAccount", {}),
        ("UnfreezeLedgerAccount", {}),
        ("CloseLedgerAccount", {}),
    ):
        failed = await teller.fails(method, ledger_account_id=found.id, **fields)
        assert (failed.code, failed.reason) == ("PERMISSION_DENIED", "LEDGER_ACCOUNT_RESERVED")


async def test_accounts_are_listed_newest_first_by_page_and_by_filter(teller: Teller) -> None:
    made = [await teller.account(f"caller:p:{number}") for number in range(5)]
    euro = await teller.account("caller:q:1", currency_code="eur", kind="LEDGER_ACCOUNT_KIND_ASSET", owner_id="alice")
    await teller.call("FreezeLedgerAccount", code="caller:p:3")

    seen: list[str] = []
    token = ""
    while True:
        page = await teller.call("ListLedgerAccounts", code_prefix="caller:p:", page_size=2, page_token=token)
        seen += [account.id for account in page.ledger_accounts]
        token = page.next_page_token
        if not token:
            break
    assert seen == [account.id for account in made[::-1]]

    async def codes(**fields: Any) -> list[str]:
        return [account.code for account in (await teller.call("ListLedgerAccounts", **fields)).ledger_accounts]

    assert await codes(owner_id="alice") == [euro.code]
    assert await codes(currency_code="EUR") == [euro.code]
    assert await codes(kind="LEDGER_ACCOUNT_KIND_ASSET") == [euro.code]
    assert await codes(states=["LEDGER_ACCOUNT_STATE_FROZEN"]) == ["caller:p:3"]
    assert await codes(code_prefix="caller:p_") == []
    failed = await teller.fails("ListLedgerAccounts", page_token="!", code_prefix="caller:p:")
    assert failed.reason == "PAGE_TOKEN_INVALID"
