"""What somebody does at Stripe with the official CLI, past the service: the ledger follows, and it is no caller's.

Money that no caller asked for is booked all the same, in suspense, where it is listed until somebody says what it is.
"""

from typing import Any

import grpc
import pytest
from payments_api.v1 import account_service_pb2, ledger_pb2, payment_pb2, payment_service_pb2, refund_service_pb2

from tests.contract.stripe_cli import StripeCli
from tests.e2e.caller import Caller, failure, new_payment
from tests.e2e.stack import Stack
from tests.e2e.waiting import until

pytestmark = pytest.mark.xdist_group("contract")

PAY = ("--payment-method", "pm_card_visa", "--return-url", "https://shop.example/back")
GROSS, NET = 2_500, 2_397


async def test_an_intent_that_is_created_and_confirmed_at_once_is_booked_and_nobodys(
    cli: StripeCli, caller: Caller, stack: Stack
) -> None:
    intent = await _create(cli, "--confirm", *PAY)
    assert (intent["status"], intent["amount_received"]) == ("succeeded", GROSS)
    await _until_booked(cli, caller, intent["latest_charge"], NET)
    listed = {line.code: line.credit.amount_minor for line in (await caller.books()).lines}
    assert listed["suspense:usd"] >= GROSS
    assert await _nobodys(caller, intent["id"])
    await _until_right(cli, caller, stack)


async def test_an_intent_that_is_confirmed_later_is_booked_once(cli: StripeCli, caller: Caller, stack: Stack) -> None:
    created = await _create(cli)
    assert created["status"] == "requires_payment_method"
    confirmed = await cli("payment_intents", "confirm", created["id"], *PAY)
    assert (confirmed["id"], confirmed["status"]) == (created["id"], "succeeded")
    await _until_booked(cli, caller, confirmed["latest_charge"], NET)

    assert (await cli("payment_intents", "retrieve", created["id"]))["status"] == "succeeded"
    newest = (await cli("payment_intents", "list", "--limit", "1"))["data"]
    assert [intent["id"] for intent in newest] == [created["id"]]
    assert await _nobodys(caller, created["id"])
    await _until_right(cli, caller, stack)


async def test_a_refund_leaves_suspense_the_way_the_charge_came(cli: StripeCli, caller: Caller, stack: Stack) -> None:
    intent = await _create(cli, "--confirm", *PAY)
    await _until_booked(cli, caller, intent["latest_charge"], NET)
    refund = await cli("refunds", "create", "--payment-intent", intent["id"], "--amount", "1000")
    assert (refund["status"], refund["amount"]) == ("succeeded", 1_000)
    await _until_booked(cli, caller, refund["id"], -1_000)
    assert await _nobodys(caller, intent["id"])
    await _until_right(cli, caller, stack)


async def test_a_decline_books_nothing(cli: StripeCli, caller: Caller, stack: Stack) -> None:
    await _until_right(cli, caller, stack)
    before = await cli("balance", "retrieve")
    declined = await _create(cli, "--confirm", "--payment-method", "pm_card_chargeDeclined", *PAY[2:])
    assert (declined["error"]["code"], declined["error"]["decline_code"]) == ("card_declined", "generic_decline")
    assert (await cli("balance_transactions", "list", "--source", declined["error"]["charge"]))["data"] == []
    assert await cli("balance", "retrieve") == before
    assert await _nobodys(caller, declined["error"]["payment_intent"]["id"])
    await _until_right(cli, caller, stack)


async def test_what_the_cli_does_to_a_callers_payment_is_the_callers(
    cli: StripeCli, caller: Caller, stack: Stack
) -> None:
    created = (await caller.create(new_payment())).payment
    await cli("payment_intents", "confirm", created.stripe_payment_intent_id, *PAY)

    async def paid() -> bool:
        return (await caller.payment(created.id)).state == payment_pb2.PAYMENT_STATE_SUCCEEDED

    await until(paid)
    assert (await caller.settled_fees(created.id)).net.amount_minor == NET
    refund = await cli("refunds", "create", "--payment-intent", created.stripe_payment_intent_id, "--amount", "500")

    async def listed() -> bool:
        request = refund_service_pb2.ListRefundsRequest(payment_id=created.id)
        found = (await caller.call(caller.refunds.ListRefunds, request)).refunds
        return [(one.stripe_refund_id, one.amount.amount_minor) for one in found] == [(refund["id"], 500)]

    await until(listed)
    assert (await caller.payment(created.id)).amount_refunded.amount_minor == 500
    assert await _suspense_of(caller, await _transaction(cli, refund["id"])) == []
    await _until_right(cli, caller, stack)


async def test_the_cli_manages_accounts_and_the_service_does_not_take_them_for_its_own(
    cli: StripeCli, caller: Caller
) -> None:
    account = await cli("accounts", "create", "--type", "express", "--country", "US", "--email", "cli@example.com")
    assert account["object"] == "account"
    assert account["id"] in [found["id"] for found in (await cli("accounts", "list"))["data"]]
    assert (await cli("get", f"/v1/accounts/{account['id']}"))["email"] == "cli@example.com"
    request = account_service_pb2.GetAccountRequest(stripe_account_id=account["id"])
    unknown = await failure(caller.call(caller.accounts.GetAccount, request))
    assert unknown.reason == "ACCOUNT_NOT_FOUND"


@pytest.mark.parametrize(
    "resource",
    [
        "application_fees",
        "balance_transactions",
        "charges",
        "customers",
        "events",
        "refunds",
        "transfers",
        "webhook_endpoints",
    ],
)
async def test_the_cli_lists(cli: StripeCli, resource: str) -> None:
    answer = await cli(resource, "list", "--limit", "1")
    assert (answer["object"], answer["url"]) == ("list", f"/v1/{resource}")


async def _create(cli: StripeCli, *options: str) -> dict[str, Any]:
    return await cli("payment_intents", "create", "--amount", str(GROSS), "--currency", "usd", *options)


async def _transaction(cli: StripeCli, source: str) -> str:
    """The balance transaction of a charge or refund; empty while Stripe has not made it."""
    found = (await cli("balance_transactions", "list", "--source", source))["data"]
    return found[0]["id"] if found else ""


async def _until_booked(cli: StripeCli, caller: Caller, source: str, net_minor: int) -> None:
    """Wait for the one ledger transaction of a charge or refund: the mirror by the net, suspense by the gross."""
    transaction = ""

    async def made() -> bool:
        nonlocal transaction
        transaction = await _transaction(cli, source)
        return bool(transaction)

    async def booked() -> bool:
        return bool(await _amounts(caller, "stripe:usd", transaction))

    await until(made)
    await until(booked)
    assert await _amounts(caller, "stripe:usd", transaction) == [net_minor]
    gross_minor = GROSS if net_minor == NET else net_minor
    assert sum(await _suspense_of(caller, transaction)) == -gross_minor


async def _suspense_of(caller: Caller, transaction: str) -> list[int]:
    return await _amounts(caller, "suspense:usd", transaction)


async def _amounts(caller: Caller, code: str, transaction: str) -> list[int]:
    """What a ledger account has of a balance transaction, debits positive."""
    return [
        entry.amount.amount_minor * (1 if entry.side == ledger_pb2.SIDE_DEBIT else -1)
        for entry in await caller.entries(code)
        if entry.reference == f"stripe:{transaction}"
    ]


async def _nobodys(caller: Caller, intent_id: str) -> bool:
    """Whether no payment of anybody stands for an intent."""
    request = payment_service_pb2.GetPaymentRequest(stripe_payment_intent_id=intent_id)
    unknown = await failure(caller.call(caller.payments.GetPayment, request))
    listed = await caller.call(caller.payments.ListPayments, payment_service_pb2.ListPaymentsRequest(page_size=1000))
    shown = [payment.stripe_payment_intent_id for payment in listed.payments]
    return unknown.code is grpc.StatusCode.NOT_FOUND and intent_id not in shown


async def _until_right(cli: StripeCli, caller: Caller, stack: Stack) -> None:
    """Wait until the mirror is what the CLI calls the balance, all webhooks are delivered, and the books balance."""

    async def agrees() -> bool:
        balance = await cli("balance", "retrieve")
        at_stripe = {line["currency"]: 0 for line in balance["available"]}
        for line in balance["available"] + balance["pending"]:
            at_stripe[line["currency"]] = at_stripe.get(line["currency"], 0) + line["amount"]
        mirrors = await caller.mirrors()
        ledger = {currency: mirrors[currency].ledger.amount_minor for currency in mirrors}
        return ledger == at_stripe and await stack.stripe.pending_deliveries() == 0

    await until(agrees)
    books = await caller.books()
    assert {total.difference.amount_minor for total in books.totals} <= {0}
    # What was booked before Stripe had booked it is all made good.
    unsettled = [line for line in books.lines if line.code == "stripe_unsettled:usd"]
    assert all(line.debit.amount_minor == line.credit.amount_minor for line in unsettled)
    codes = {line.code for line in books.lines} - {line.code for line in unsettled}
    assert codes <= {"stripe:usd", "suspense:usd", "expense:stripe_fee:usd", "revenue:sales:usd"}
