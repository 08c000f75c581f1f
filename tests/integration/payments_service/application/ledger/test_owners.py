"""Tokens bound to owners: their own accounts and facts, and nothing of anybody else's."""

import pytest
from payments_api.v1 import ledger_pb2

from payments_service.domain.ids import new_id
from payments_service.domain.ledger import chart
from payments_service.domain.ledger.transaction import Posting, PostRequest
from payments_service.domain.money import Money
from tests.integration.payments_service.application.ledger.teller import Teller, posting

MINE, SHARED, THEIRS = "caller:alice:main", "caller:alice:side", "caller:bob:main"
NOT_FOUND = ("NOT_FOUND", "LEDGER_ACCOUNT_NOT_FOUND")


@pytest.fixture
async def alice(teller: Teller) -> Teller:
    """A token of alice's; she has two accounts, bob has one, and the platform has one."""
    await teller.accounts(MINE, SHARED, owner_id="alice")
    await teller.account(THEIRS, owner_id="bob")
    await teller.account("caller:platform")
    return teller.other("idp|alice", ["alice"])


async def test_she_makes_accounts_below_her_own_name_only(alice: Teller) -> None:
    made = await alice.account("caller:alice:new")
    assert made.owner_id == "alice"
    for code, reason in (
        ("caller:bob:new", "REQUEST_INVALID"),
        ("caller:new", "REQUEST_INVALID"),
        ("caller:alice:", "REQUEST_INVALID"),
        ("wallet:alice:usd", "LEDGER_ACCOUNT_RESERVED"),
    ):
        failed = await alice.fails(
            "CreateLedgerAccount", code=code, kind="LEDGER_ACCOUNT_KIND_ASSET", currency_code="usd"
        )
        assert failed.reason == reason
    failed = await alice.fails(
        "CreateLedgerAccount",
        code="caller:bob:x",
        kind="LEDGER_ACCOUNT_KIND_ASSET",
        currency_code="usd",
        owner_id="bob",
    )
    assert failed.reason == "SCOPE_MISSING"


async def test_other_accounts_do_not_exist_for_her(teller: Teller, alice: Teller) -> None:
    theirs = (await teller.call("GetLedgerAccount", code=THEIRS)).ledger_account
    for name in ({"code": THEIRS}, {"ledger_account_id": theirs.id}, {"code": "caller:platform"}):
        for method in ("GetLedgerAccount", "GetBalance", "ListEntries", "VerifyLedgerAccount", "CloseLedgerAccount"):
            failed = await alice.fails(method, **name)
            assert (failed.code, failed.reason) == NOT_FOUND, method
    assert (await alice.fails("BatchGetBalances", accounts=[MINE, THEIRS])).reason == "LEDGER_ACCOUNT_NOT_FOUND"
    assert (await alice.fails("ListTransactions", account=THEIRS)).reason == "LEDGER_ACCOUNT_NOT_FOUND"
    listed = (await alice.call("ListLedgerAccounts")).ledger_accounts
    assert [account.code for account in listed] == [SHARED, MINE]
    assert list((await alice.call("ListLedgerAccounts", owner_id="bob")).ledger_accounts) == []


async def test_she_posts_between_her_own_accounts_only(teller: Teller, alice: Teller) -> None:
    theirs = (await teller.call("GetLedgerAccount", code=THEIRS)).ledger_account
    await alice.post(MINE, SHARED, 5)
    for other in (THEIRS, theirs.id, "caller:platform", "caller:nobody"):
        failed = await alice.refused(MINE, other, 5)
        assert (failed.code, failed.reason) == NOT_FOUND
    for reserved in ("fx:usd", "stripe:usd", "wallet:alice:usd", "nonsense"):
        assert (await alice.refused(MINE, reserved, 5)).reason == "LEDGER_ACCOUNT_RESERVED"


async def test_her_references_are_her_own(teller: Teller, alice: Teller) -> None:
    hers = (await alice.post(MINE, SHARED, 5, reference="order-1")).transaction
    shops = (await teller.post(MINE, SHARED, 7, reference="order-1")).transaction
    mallory = teller.other("idp|mallory", ["alice"])
    other = (await mallory.post(MINE, SHARED, 9, reference="order-1")).transaction
    assert len({hers.id, shops.id, other.id}) == 3
    assert {one.reference for one in (hers, shops, other)} == {"order-1"}
    assert (await alice.call("GetTransaction", reference="order-1")).transaction.id == hers.id
    assert (await alice.post(MINE, SHARED, 5, reference="order-1")).duplicate
    listed = (await alice.call("ListTransactions", reference_prefix="order")).transactions
    assert [one.id for one in listed] == [hers.id]


async def test_of_what_others_take_part_in_she_sees_her_side(teller: Teller, alice: Teller) -> None:
    lines = [posting(MINE, THEIRS, 5), posting(THEIRS, "caller:platform", 1), posting(MINE, SHARED, 2)]
    draft = ledger_pb2.NewTransaction(postings=lines, metadata={"note": "x"}, description="swap", reference="swap")
    made = (await teller.call("PostTransaction", transaction=draft)).transaction
    seen = (await alice.call("GetTransaction", transaction_id=made.id)).transaction
    assert [(line.debit_account, line.credit_account) for line in seen.postings] == [(MINE, ""), (MINE, SHARED)]
    assert (dict(seen.metadata), seen.actor, seen.description) == ({}, "", "swap")
    assert list((await alice.call("ListTransactions")).transactions) == [seen]
    assert list((await alice.call("ListTransactions", account=MINE)).transactions) == [seen]

    own = (await teller.post(MINE, SHARED, 1, metadata={"note": "y"})).transaction
    assert (await alice.call("GetTransaction", transaction_id=own.id)).transaction == own


async def test_what_does_not_touch_her_accounts_does_not_exist_for_her(teller: Teller, alice: Teller) -> None:
    made = (await teller.post(THEIRS, "caller:platform", 5, reference="order-1", pending=True)).transaction
    assert (await alice.fails("GetTransaction", transaction_id=made.id)).reason == "LEDGER_TRANSACTION_NOT_FOUND"
    assert list((await alice.call("ListTransactions")).transactions) == []
    for verb in ("PostPending", "VoidPending"):
        assert (await alice.act_refused(verb, made.id)).reason == "LEDGER_TRANSACTION_NOT_FOUND"


async def test_she_undoes_only_what_is_all_hers(teller: Teller, alice: Teller) -> None:
    shared = (await teller.post(MINE, THEIRS, 5)).transaction.id
    own = (await teller.post(MINE, SHARED, 5)).transaction.id
    assert (await alice.act_refused("Reverse", shared)).reason == "LEDGER_TRANSACTION_NOT_FOUND"
    await alice.act("Reverse", own)
    assert await teller.posted(MINE, SHARED, THEIRS) == [-5, 0, 5]


async def test_nobody_undoes_a_fact_of_the_services_own(teller: Teller) -> None:
    fact = PostRequest(
        transaction_id=new_id(),
        reference="stripe:txn_1",
        postings=(Posting(chart.stripe_mirror("usd"), chart.revenue_sales("usd"), Money(5, "usd")),),
        forced=True,
    )
    await teller.core.transactions.run(lambda unit: unit.ledger.post([fact]))
    found = (await teller.call("GetTransaction", reference="stripe:txn_1")).transaction
    assert found.postings[0].debit_account == "stripe:usd"
    failed = await teller.act_refused("Reverse", found.id)
    assert (failed.code, failed.reason) == ("PERMISSION_DENIED", "REFERENCE_RESERVED")
    by_reference = ledger_pb2.TargetedTransaction(target_reference="stripe:txn_1")
    assert (await teller.fails("ReverseTransaction", transaction=by_reference)).reason == "REFERENCE_RESERVED"


async def test_a_token_of_nobody_has_nothing(alice: Teller) -> None:
    nobody = alice.other("idp|nobody", [])
    assert list((await nobody.call("ListLedgerAccounts")).ledger_accounts) == []
    assert list((await nobody.call("ListTransactions")).transactions) == []
    assert (await nobody.fails("GetBalance", code=MINE)).reason == "LEDGER_ACCOUNT_NOT_FOUND"
