"""Expanding what lies between accounts: the way a reconciliation reads balance transactions."""

from typing import Any

import httpx
import pytest

from tests.integration.stripe_sandbox.harness import acting_for

INTENTS = "/v1/payment_intents"
TRANSACTIONS = "/v1/balance_transactions"
BOTH = {"reverse_transfer": "true", "refund_application_fee": "true"}


async def listed(raw: httpx.AsyncClient, path: str, expand: str, account: str | None = None) -> list[dict[str, Any]]:
    reply = await raw.get(path, params={"limit": "100", "expand[]": expand}, headers=acting_for(account))
    assert reply.status_code == 200, reply.text
    data: list[dict[str, Any]] = reply.json()["data"]
    return data


@pytest.fixture
async def refunded(raw: httpx.AsyncClient, marketplace: dict[str, str]) -> httpx.AsyncClient:
    """A destination charge that has been refunded in part; the refund of another part failed."""
    intent = (await raw.post(INTENTS, data=marketplace)).json()
    await raw.post("/v1/refunds", data={"payment_intent": intent["id"], "amount": "4000", **BOTH})
    lost = (await raw.post("/v1/refunds", data={"payment_intent": intent["id"], "amount": "100"})).json()
    await raw.post(f"/_sandbox/refunds/{lost['id']}/fail")
    (fee,) = (await raw.get("/v1/application_fees")).json()["data"]
    await raw.post(f"/v1/application_fees/{fee['id']}/refunds", data={"amount": "1"})
    return raw


async def test_every_balance_transaction_leads_to_its_source(refunded: httpx.AsyncClient, creator: str) -> None:
    platform = await listed(refunded, TRANSACTIONS, "data.source")
    assert {one["type"]: one["source"]["object"] for one in platform} == {
        "charge": "charge",
        "transfer": "transfer",
        "application_fee": "application_fee",
        "refund": "refund",
        "transfer_refund": "transfer_reversal",
        "application_fee_refund": "fee_refund",
        "refund_failure": "refund",
    }
    connected = await listed(refunded, TRANSACTIONS, "data.source", creator)
    assert {one["type"]: one["source"]["object"] for one in connected} == {
        "payment": "charge",
        "payment_refund": "refund",
        "application_fee_refund": "fee_refund",
    }
    for one in [*platform, *connected]:
        found = await refunded.get(
            TRANSACTIONS,
            params={"source": one["source"]["id"], "limit": "100"},
            headers=acting_for(creator if one in connected else None),
        )
        assert one["id"] in [other["id"] for other in found.json()["data"]]


async def test_the_connected_side_leads_back_to_the_customers_payment(
    refunded: httpx.AsyncClient, creator: str
) -> None:
    expand = "data.source.source_transfer.source_transaction"
    payment = (await listed(refunded, TRANSACTIONS, expand, creator))[-1]
    charge = payment["source"]["source_transfer"]["source_transaction"]
    assert charge["payment_intent"].startswith("pi_")
    refund = (await listed(refunded, TRANSACTIONS, "data.source.source_transfer_reversal.source_refund", creator))[1]
    assert refund["source"]["source_transfer_reversal"]["source_refund"]["charge"] == charge["id"]


@pytest.mark.parametrize(
    ("path", "expand", "way", "kind"),
    [
        ("/v1/transfers", "data.source_transaction.payment_intent", ["source_transaction", "payment_intent"], None),
        ("/v1/transfers", "data.destination", ["destination"], "account"),
        (
            "/v1/transfers",
            "data.destination_payment.balance_transaction",
            ["destination_payment", "balance_transaction"],
            None,
        ),
        ("/v1/transfers", "data.balance_transaction", ["balance_transaction"], None),
        ("/v1/application_fees", "data.account", ["account"], None),
        ("/v1/application_fees", "data.charge.source_transfer", ["charge", "source_transfer"], "transfer"),
        ("/v1/application_fees", "data.originating_transaction", ["originating_transaction"], "charge"),
        ("/v1/application_fees", "data.balance_transaction", ["balance_transaction"], None),
        ("/v1/charges", "data.transfer", ["transfer"], None),
        ("/v1/charges", "data.application_fee", ["application_fee"], None),
        ("/v1/charges", "data.transfer_data.destination", ["transfer_data", "destination"], "account"),
    ],
)
async def test_relations_expand_across_accounts(
    refunded: httpx.AsyncClient, path: str, expand: str, way: list[str], kind: str | None
) -> None:
    (shown,) = await listed(refunded, path, expand)
    for step in way:
        shown = shown[step]
    assert shown["object"] == (kind or way[-1])


async def test_a_refund_leads_to_the_reversal_and_its_other_side(refunded: httpx.AsyncClient) -> None:
    shown = await listed(refunded, "/v1/refunds", "data.transfer_reversal.destination_payment_refund")
    returned = shown[-1]["transfer_reversal"]["destination_payment_refund"]
    assert (returned["object"], returned["id"][:4]) == ("refund", "pyr_")
    (transfer,) = await listed(refunded, "/v1/transfers", "data.reversals.data.destination_payment_refund")
    assert transfer["reversals"]["data"][0]["destination_payment_refund"] == returned


async def test_what_is_no_relation_cannot_be_expanded(refunded: httpx.AsyncClient) -> None:
    for path, expand in (("/v1/transfers", "data.amount"), ("/v1/charges", "data.destination")):
        refused = await refunded.get(path, params={"expand[]": expand})
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "expand")
