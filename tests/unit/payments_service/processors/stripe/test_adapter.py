"""Looking things up at Stripe: in lists, page by page, by what their metadata says."""

from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from payments_service.application.operations.model import Answered
from payments_service.application.stripe import BalanceAtStripe
from payments_service.processors.stripe import parse, requests
from payments_service.processors.stripe.adapter import StripeAdapter
from payments_service.processors.stripe.client import StripeClient
from tests.unit.payments_service.domain.samples import NOON, a_refund
from tests.unit.payments_service.processors.stripe.fake_client import FakeClient, Json
from tests.unit.payments_service.processors.stripe.payloads import ACCOUNT, INTENT, REFUND, TRANSACTION, TRANSFER

PAGE = 3


def adapter(client: FakeClient) -> StripeAdapter:
    return StripeAdapter(cast("StripeClient", client), PAGE)


def named(body: Json, name: str, **metadata: str) -> Json:
    """A copy under another id and with this metadata alone."""
    return {**body, "id": name, "metadata": metadata}


async def test_an_intent_is_found_by_its_operation_and_payment_on_whatever_page() -> None:
    ours = named(INTENT, "pi_5", payments_operation_id="op_1", payments_payment_id="pay_1")
    others = [
        named(INTENT, "pi_1"),
        named(INTENT, "pi_2", payments_operation_id="op_1"),
        named(INTENT, "pi_3", payments_payment_id="pay_1"),
        named(INTENT, "pi_4", payments_operation_id="op_1", payments_payment_id="pay_2"),
    ]
    client = FakeClient(lists={"/v1/payment_intents": [*others, ours]})

    assert await adapter(client).find_intent("op_1", "pay_1", NOON) == ours
    path, params, account = client.reads[0]
    assert (path, account) == ("/v1/payment_intents", "")
    assert params["expand"] == ["data.latest_charge"]
    assert [params.get("starting_after") for _, params, _ in client.reads] == [None, "pi_3"]


async def test_what_nobody_created_is_not_found() -> None:
    client = FakeClient(lists={"/v1/payment_intents": [named(INTENT, f"pi_{n}") for n in range(2 * PAGE)]})

    assert await adapter(client).find_intent("op_1", "pay_1", NOON) is None
    assert len(client.reads) == 2


async def test_what_was_created_a_little_before_our_clock_is_looked_at_too() -> None:
    client = FakeClient(lists={"/v1/payment_intents": [], "/v1/accounts": []})
    one = adapter(client)

    await one.find_intent("op_1", "pay_1", NOON)
    await one.find_account("op_1", "acn_1", NOON)

    since = {"gte": int((NOON - timedelta(minutes=10)).timestamp())}
    assert [params["created"] for _, params, _ in client.reads] == [since, since]


async def test_a_refund_is_found_among_those_of_its_intent() -> None:
    ours = named(REFUND, "re_2", payments_operation_id="op_1")
    client = FakeClient(lists={"/v1/refunds": [named(REFUND, "re_1", payments_operation_id="op_2"), ours]})

    assert await adapter(client).find_refund("op_1", "pi_1Sale") == ours
    assert client.reads == [("/v1/refunds", {"limit": PAGE, "payment_intent": "pi_1Sale"}, "")]


async def test_an_account_is_found_by_its_operation_and_our_id() -> None:
    ours = named(ACCOUNT, "acct_2", payments_operation_id="op_1", payments_account_id="acn_1")
    client = FakeClient(lists={"/v1/accounts": [named(ACCOUNT, "acct_1", payments_operation_id="op_1"), ours]})

    assert await adapter(client).find_account("op_1", "acn_1", NOON) == ours


async def test_metadata_that_is_null_is_nobodys() -> None:
    client = FakeClient(lists={"/v1/refunds": [{**REFUND, "metadata": None}]})

    assert await adapter(client).find_refund("op_1", "pi_1") is None


async def test_all_refunds_of_an_intent_come_oldest_first() -> None:
    newest_first = [{**REFUND, "id": f"re_{number}"} for number in (4, 3, 2, 1, 0)]
    client = FakeClient(lists={"/v1/refunds": newest_first})

    found = await adapter(client).refunds_of("pi_1Sale")

    assert [refund.id for refund in found] == ["re_0", "re_1", "re_2", "re_3", "re_4"]
    assert found[0] == parse.refund(newest_first[-1])
    assert len(client.reads) == 2


async def test_an_intent_without_refunds_has_none() -> None:
    assert await adapter(FakeClient(lists={"/v1/refunds": []})).refunds_of("pi_1") == []
    assert await adapter(FakeClient()).refunds_of("pi_1") == []


async def test_where_a_transfer_went() -> None:
    client = FakeClient({"/v1/transfers/tr_1Share": TRANSFER})

    assert await adapter(client).transfer_destination("tr_1Share") == "acct_1Seller"
    assert await adapter(client).transfer_destination("tr_none") == ""


async def test_objects_are_fetched_with_what_we_read_of_them() -> None:
    client = FakeClient(
        {
            "/v1/payment_intents/pi_1Sale": INTENT,
            "/v1/refunds/re_1Sale": REFUND,
            "/v1/accounts/acct_1Seller": ACCOUNT,
        }
    )
    one = adapter(client)

    assert await one.fetch_intent("pi_1Sale") == INTENT
    assert await one.fetch_refund("re_1Sale") == REFUND
    assert await one.fetch_account("acct_1Seller") == ACCOUNT
    assert await one.fetch_account("acct_none") is None
    assert client.reads[0][1] == {"expand": ["latest_charge"]}
    assert one.intent(INTENT) == parse.intent(INTENT)
    assert one.refund(REFUND) == parse.refund(REFUND)
    assert one.account(ACCOUNT) == parse.account(ACCOUNT)


async def test_a_balance_is_one_line_a_currency_of_whichever_account() -> None:
    balance: dict[str, Any] = {
        "object": "balance",
        "available": [{"currency": "usd", "amount": 5}, {"currency": "eur", "amount": -7}],
        "pending": [{"currency": "usd", "amount": 100}, {"currency": "jpy", "amount": 1}],
    }
    client = FakeClient({"/v1/balance": balance})

    assert await adapter(client).balance("acct_1") == [
        BalanceAtStripe("eur", -7, 0),
        BalanceAtStripe("jpy", 0, 1),
        BalanceAtStripe("usd", 5, 100),
    ]
    assert client.reads == [("/v1/balance", {}, "acct_1")]


@pytest.mark.parametrize(
    ("since", "after", "added"),
    [
        (None, "", {}),
        (NOON, "", {"created": {"gte": int(NOON.timestamp())}}),
        (NOON, "txn_0", {"created": {"gte": int(NOON.timestamp())}, "starting_after": "txn_0"}),
    ],
)
async def test_a_page_of_balance_transactions_is_that_of_the_account_asked_for(
    since: datetime | None, after: str, added: dict[str, object]
) -> None:
    rows = [{**TRANSACTION, "id": f"txn_{number}"} for number in range(5)]
    client = FakeClient(lists={"/v1/balance_transactions": rows})

    page, more = await adapter(client).balance_transactions("acct_1", since=since, after=after)

    assert client.reads == [
        ("/v1/balance_transactions", {"limit": PAGE, "expand": ["data.source"], **added}, "acct_1"),
    ]
    first = 1 if after else 0
    assert [row.id for row in page] == [f"txn_{number}" for number in range(first, first + PAGE)]
    assert {row.stripe_account for row in page} == {"acct_1"}
    assert more


async def test_a_write_goes_out_as_it_is_with_its_key() -> None:
    client = FakeClient()
    call = requests.create_refund(a_refund(), "pi_1", "op_1")

    assert await adapter(client).send(call, "key_1") == Answered({"id": "x_1"})
    assert client.sent == [(call, "key_1")]
