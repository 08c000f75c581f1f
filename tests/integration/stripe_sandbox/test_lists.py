"""Listing, filtering, expanding: through the client's own paging and on the wire."""

from typing import Any

import httpx
import pytest
import stripe
from stripe.params import PaymentIntentCreateParams

# stripe-python 16.1 hands httpx its body in a way that httpx deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


async def made(client: stripe.StripeClient, count: int) -> list[str]:
    return [(await client.v1.customers.create_async({"name": f"C{n}"})).id for n in range(count)]


async def test_the_client_pages_through_everything_newest_first(client: stripe.StripeClient) -> None:
    ids = await made(client, 25)
    first = await client.v1.customers.list_async({"limit": 7})
    assert first.has_more
    assert [one.id async for one in first.auto_paging_iter()] == ids[::-1]


async def test_pages_go_backwards_too(client: stripe.StripeClient) -> None:
    ids = await made(client, 6)
    page = await client.v1.customers.list_async({"limit": 2, "ending_before": ids[1]})
    assert ([one.id for one in page.data], page.has_more) == ([ids[3], ids[2]], True)


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"starting_after": "cus_none"}, "starting_after"),
        ({"starting_after": "cus_a", "ending_before": "cus_b"}, "ending_before"),
        ({"created[since]": "1"}, "created[since]"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_wrong_cursors_and_filters_are_refused(raw: httpx.AsyncClient, query: dict[str, str], param: str) -> None:
    reply = await raw.get("/v1/customers", params=query)
    assert (reply.status_code, reply.json()["error"]["param"]) == (400, param)


async def test_created_filters(client: stripe.StripeClient, raw: httpx.AsyncClient) -> None:
    (early,) = await made(client, 1)
    await raw.post("/_sandbox/clock/advance", json={"seconds": 100})
    (late,) = await made(client, 1)
    border = (await client.v1.customers.retrieve_async(late)).created
    newer = await client.v1.customers.list_async({"created": {"gte": border}})
    older = await client.v1.customers.list_async({"created": {"lt": border}})
    assert ([one.id for one in newer.data], [one.id for one in older.data]) == ([late], [early])


async def test_balance_transactions_are_filtered_and_show_their_source(
    client: stripe.StripeClient, purchase: PaymentIntentCreateParams
) -> None:
    usd = await client.v1.payment_intents.create_async(purchase)
    eur = await client.v1.payment_intents.create_async({**purchase, "currency": "eur"})
    await client.v1.refunds.create_async({"payment_intent": usd.id})
    page = await client.v1.balance_transactions.list_async({"expand": ["data.source", "data.source.payment_intent"]})
    assert [one.type for one in page.data] == ["refund", "charge", "charge"]
    source: Any = page.data[2].source
    assert (source.object, source.payment_intent.id) == ("charge", usd.id)
    in_eur = await client.v1.balance_transactions.list_async({"currency": "eur", "type": "charge"})
    assert [one.source for one in in_eur.data] == [eur.latest_charge]
    assert (await client.v1.balance_transactions.list_async({"type": "payout"})).data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such payout: 'po_none'"):
        await client.v1.balance_transactions.list_async({"payout": "po_none"})


async def test_events_are_listed_by_type_and_by_delivery(
    client: stripe.StripeClient, purchase: PaymentIntentCreateParams
) -> None:
    await client.v1.payment_intents.create_async(purchase)
    everything = await client.v1.events.list_async({})
    assert [one.type for one in everything.data] == [
        "payment_intent.succeeded",
        "charge.succeeded",
        "payment_intent.created",
    ]
    assert everything.data[0].api_version == "2026-10-28.endive"
    assert everything.data[0].request.id.startswith("req_")  # type: ignore[union-attr]  # it has one
    one = await client.v1.events.list_async({"type": "charge.succeeded"})
    group = await client.v1.events.list_async({"type": "payment_intent.*"})
    several = await client.v1.events.list_async({"types": ["charge.succeeded", "payment_intent.created"]})
    assert ([len(page.data) for page in (one, group, several)]) == [1, 2, 2]
    assert (await client.v1.events.list_async({"delivery_success": False})).data == []
    same = await client.v1.events.retrieve_async(everything.data[0].id)
    assert same.data.object["id"] == everything.data[0].data.object["id"]


async def test_payments_are_found_by_what_their_metadata_says(
    client: stripe.StripeClient, purchase: PaymentIntentCreateParams
) -> None:
    ids = [
        (await client.v1.payment_intents.create_async({**purchase, "metadata": {"operation": f"op-{n}"}})).id
        for n in range(3)
    ]
    query = "metadata['operation']:'op-1' AND status:'succeeded'"
    found = await client.v1.payment_intents.search_async({"query": query})
    assert [one.id for one in found.data] == [ids[1]]
    page = await client.v1.payment_intents.search_async({"query": "amount>=10000 currency:'usd'", "limit": 2})
    assert [one.id async for one in page.auto_paging_iter()] == ids[::-1]
    with pytest.raises(stripe.InvalidRequestError, match="unsupported search field"):
        await client.v1.payment_intents.search_async({"query": "colour:'red'"})


async def test_an_expansion_does_not_stick_to_the_object(
    client: stripe.StripeClient, purchase: PaymentIntentCreateParams
) -> None:
    intent = await client.v1.payment_intents.create_async({**purchase, "expand": ["latest_charge"]})
    again = await client.v1.payment_intents.retrieve_async(intent.id)
    assert isinstance(again.latest_charge, str)
