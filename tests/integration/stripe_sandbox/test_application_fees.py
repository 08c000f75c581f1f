"""Application fees by themselves: looked up, listed, given back without a refund to the customer."""

import httpx

from tests.integration.stripe_sandbox.harness import figures, transactions, types_of_events

INTENTS = "/v1/payment_intents"
FEES = "/v1/application_fees"


async def test_fees_are_listed_by_the_charge_that_they_were_taken_of(
    raw: httpx.AsyncClient, marketplace: dict[str, str]
) -> None:
    for amount in ("100", "200"):
        await raw.post(INTENTS, data={**marketplace, "application_fee_amount": amount})
    newest, oldest = (await raw.get(FEES)).json()["data"]
    assert (newest["amount"], oldest["amount"]) == (200, 100)
    found = (await raw.get(FEES, params={"charge": oldest["charge"]})).json()["data"]
    assert found == [oldest]
    assert (await raw.get(f"{FEES}/{newest['id']}")).json() == newest
    assert (await raw.get(f"{FEES}/fee_none")).status_code == 404


async def test_a_fee_is_given_back_in_parts(raw: httpx.AsyncClient, marketplace: dict[str, str], creator: str) -> None:
    await raw.post(INTENTS, data=marketplace)
    (fee,) = (await raw.get(FEES)).json()["data"]
    path = f"{FEES}/{fee['id']}/refunds"
    part = (await raw.post(path, data={"amount": "300", "metadata[why]": "nice"})).json()
    assert (part["object"], part["fee"], part["metadata"]) == ("fee_refund", fee["id"], {"why": "nice"})
    too_much = await raw.post(path, data={"amount": "701"})
    assert too_much.json()["error"]["code"] == "amount_too_large"
    rest = (await raw.post(path)).json()
    assert rest["amount"] == 700
    assert "already been fully refunded" in (await raw.post(path)).json()["error"]["message"]
    assert (await figures(raw))[3:] == [
        ("application_fee_refund", -300, 0, -300, "fr"),
        ("application_fee_refund", -700, 0, -700, "fr"),
    ]
    assert (await figures(raw, creator))[1:] == [
        ("application_fee_refund", 300, 0, 300, "fr"),
        ("application_fee_refund", 700, 0, 700, "fr"),
    ]
    assert len({one["available_on"] for one in [*await transactions(raw), *await transactions(raw, creator)]}) == 1
    shown = (await raw.get(f"{FEES}/{fee['id']}")).json()
    assert (shown["amount_refunded"], shown["refunded"]) == (1_000, True)
    assert [one["id"] for one in shown["refunds"]["data"]] == [rest["id"], part["id"]]
    assert [one["id"] for one in (await raw.get(path)).json()["data"]] == [rest["id"], part["id"]]


async def test_a_changed_fee_refund_is_told(raw: httpx.AsyncClient, marketplace: dict[str, str]) -> None:
    await raw.post(INTENTS, data=marketplace)
    (fee,) = (await raw.get(FEES)).json()["data"]
    refund = (await raw.post(f"{FEES}/{fee['id']}/refunds", data={"amount": "1"})).json()
    path = f"{FEES}/{fee['id']}/refunds/{refund['id']}"
    changed = (await raw.post(path, data={"metadata[k]": "v"})).json()
    assert (await raw.get(path)).json() == changed == {**refund, "metadata": {"k": "v"}}
    assert (await types_of_events(raw))[-2:] == ["application_fee.refunded", "application_fee.refund.updated"]
    assert (await raw.get(f"{FEES}/fee_other/refunds/{refund['id']}")).status_code == 404
