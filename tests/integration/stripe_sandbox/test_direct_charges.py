"""Payments on the connected account itself, of which the platform takes a fee."""

import httpx

from tests.integration.stripe_sandbox.harness import figures, transactions

INTENTS = "/v1/payment_intents"


async def test_the_account_pays_both_fees_and_the_platform_gets_its_own(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str
) -> None:
    connected = {"stripe-account": creator}
    paid = await raw.post(
        INTENTS, data={**form, "application_fee_amount": "1000", "expand[]": "latest_charge"}, headers=connected
    )
    assert paid.json()["application"] == "ca_1SandboxPlatform"
    assert await figures(raw, creator) == [("charge", 10_000, 1_320, 8_680, "ch")]
    assert await figures(raw) == [("application_fee", 1_000, 0, 1_000, "fee")]
    (booked,) = await transactions(raw, creator)
    assert [(line["type"], line["amount"]) for line in booked["fee_details"]] == [
        ("stripe_fee", 320),
        ("application_fee", 1_000),
    ]
    (fee,) = (await raw.get("/v1/application_fees", params={"expand[]": "data.charge"})).json()["data"]
    charge = paid.json()["latest_charge"]
    assert (fee["account"], fee["charge"]["id"], fee["originating_transaction"]) == (creator, charge["id"], None)
    assert (charge["application_fee"], charge["application_fee_amount"]) == (fee["id"], 1_000)
    assert fee["fee_source"] == {"charge": charge["id"], "type": "charge"}


async def test_a_refund_can_give_the_fee_back(raw: httpx.AsyncClient, form: dict[str, str], creator: str) -> None:
    connected = {"stripe-account": creator}
    intent = (await raw.post(INTENTS, data={**form, "application_fee_amount": "1000"}, headers=connected)).json()
    refund = {"payment_intent": intent["id"]}
    kept = await raw.post("/v1/refunds", data={**refund, "amount": "4000"}, headers=connected)
    assert kept.json()["status"] == "succeeded"
    await raw.post("/v1/refunds", data={**refund, "refund_application_fee": "true"}, headers=connected)
    assert (await figures(raw, creator))[1:] == [
        ("refund", -4_000, 0, -4_000, "re"),
        ("refund", -6_000, -600, -5_400, "re"),
    ]
    assert (await figures(raw))[1:] == [("application_fee_refund", -600, 0, -600, "fr")]


async def test_a_whole_direct_charge_is_refunded_with_its_fee(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str
) -> None:
    connected = {"stripe-account": creator}
    intent = (await raw.post(INTENTS, data={**form, "application_fee_amount": "1000"}, headers=connected)).json()
    await raw.post(
        "/v1/refunds", data={"payment_intent": intent["id"], "refund_application_fee": "true"}, headers=connected
    )
    assert (await figures(raw, creator))[1:] == [("refund", -10_000, -1_000, -9_000, "re")]
    assert (await figures(raw))[1:] == [("application_fee_refund", -1_000, 0, -1_000, "fr")]


async def test_a_capture_settles_the_fee(raw: httpx.AsyncClient, form: dict[str, str], creator: str) -> None:
    connected = {"stripe-account": creator}
    manual = {**form, "capture_method": "manual", "application_fee_amount": "1000"}
    intent = (await raw.post(INTENTS, data=manual, headers=connected)).json()
    capture = {"amount_to_capture": "6000", "application_fee_amount": "500"}
    await raw.post(f"{INTENTS}/{intent['id']}/capture", data=capture, headers=connected)
    assert await figures(raw, creator) == [("charge", 6_000, 704, 5_296, "ch")]
    assert await figures(raw) == [("application_fee", 500, 0, 500, "fee")]


async def test_an_account_without_verification_cannot_charge(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str
) -> None:
    await raw.post(f"/_sandbox/accounts/{creator}/restrict")
    refused = await raw.post(INTENTS, data=form, headers={"stripe-account": creator})
    assert refused.status_code == 400
    assert "cannot currently make charges" in refused.json()["error"]["message"]


async def test_a_connected_account_has_no_accounts_to_send_to(
    raw: httpx.AsyncClient, marketplace: dict[str, str], creator: str
) -> None:
    refused = await raw.post(INTENTS, data=marketplace, headers={"stripe-account": creator})
    assert refused.json()["error"]["code"] == "resource_missing"
