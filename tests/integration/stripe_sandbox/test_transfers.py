"""Separate transfers: from a charge or from the balance, and back."""

import httpx
import pytest

from tests.integration.stripe_sandbox.harness import figures, open_account, transactions, types_of_events

INTENTS = "/v1/payment_intents"
TRANSFERS = "/v1/transfers"


async def test_a_transfer_takes_the_funds_of_a_charge(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str
) -> None:
    charge = (await raw.post(INTENTS, data=form)).json()["latest_charge"]
    order = {
        "amount": "8500",
        "currency": "usd",
        "destination": creator,
        "source_transaction": charge,
        "metadata[order]": "7",
        "description": "Half a song",
    }
    made = (await raw.post(TRANSFERS, data={**order, "expand[]": "source_transaction"})).json()
    assert (made["source_transaction"]["id"], made["amount"], made["metadata"]) == (charge, 8_500, {"order": "7"})
    assert made["transfer_group"] == made["source_transaction"]["transfer_group"] == f"group_{charge}"
    assert await figures(raw) == [
        ("charge", 10_000, 320, 9_680, "ch"),
        ("transfer", -8_500, 0, -8_500, "tr"),
    ]
    assert await figures(raw, creator) == [("payment", 8_500, 0, 8_500, "py")]
    assert len({one["available_on"] for one in [*await transactions(raw), *await transactions(raw, creator)]}) == 1


async def test_all_transfers_of_a_charge_together_take_at_most_its_amount(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str
) -> None:
    charge = (await raw.post(INTENTS, data=form)).json()["latest_charge"]
    order = {"currency": "usd", "destination": creator, "source_transaction": charge}
    first = (await raw.post(TRANSFERS, data={**order, "amount": "4000"})).json()
    refused = await raw.post(TRANSFERS, data={**order, "amount": "6001"})
    assert "must not exceed the source amount of 100.00 usd" in refused.json()["error"]["message"]
    assert "amounting to 40.00 usd" in refused.json()["error"]["message"]
    await raw.post(f"{TRANSFERS}/{first['id']}/reversals", data={"amount": "1000"})
    rest = (await raw.post(TRANSFERS, data=order)).json()
    assert rest["amount"] == 7_000
    assert (await raw.post(TRANSFERS, data=order)).status_code == 400


async def test_a_transfer_without_a_charge_needs_available_funds(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str
) -> None:
    order = {"amount": "5000", "currency": "usd", "destination": creator}
    await raw.post(INTENTS, data=form)
    refused = await raw.post(TRANSFERS, data=order)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "balance_insufficient")
    await raw.post(INTENTS, data={**form, "payment_method": "pm_card_bypassPending"})
    made = (await raw.post(TRANSFERS, data={**order, "transfer_group": "ORDER7"})).json()
    assert (made["source_transaction"], made["transfer_group"]) == (None, "ORDER7")
    balance = (await raw.get("/v1/balance", headers={"stripe-account": creator})).json()
    assert balance["available"][0]["amount"] == 5_000


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"destination": "acct_none"}, "resource_missing", "destination"),
        ({"currency": "xxx"}, None, "currency"),
        ({"currency": "eur"}, None, "currency"),
        ({"source_transaction": "ch_none"}, "resource_missing", "source_transaction"),
        ({"transfer_group": "another"}, None, "transfer_group"),
        ({"amount": "0"}, "parameter_invalid_integer", "amount"),
        ({"reversals": "1"}, "parameter_unknown", "reversals"),
    ],
)
async def test_a_transfer_that_makes_no_sense_is_refused(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str, change: dict[str, str], code: str | None, param: str
) -> None:
    charge = (await raw.post(INTENTS, data={**form, "transfer_group": "own"})).json()["latest_charge"]
    order = {"amount": "1", "currency": "usd", "destination": creator, "source_transaction": charge}
    reply = await raw.post(TRANSFERS, data={**order, **change})
    assert (reply.status_code, reply.json()["error"].get("code"), reply.json()["error"]["param"]) == (400, code, param)


async def test_a_transfer_needs_an_amount_a_captured_charge_and_an_able_receiver(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str
) -> None:
    missing = await raw.post(TRANSFERS, data={"currency": "usd", "destination": creator})
    assert missing.json()["error"]["param"] == "amount"
    held = (await raw.post(INTENTS, data={**form, "capture_method": "manual"})).json()["latest_charge"]
    early = {"currency": "usd", "destination": creator, "source_transaction": held}
    assert "not been captured" in (await raw.post(TRANSFERS, data=early)).json()["error"]["message"]
    await raw.post(f"/_sandbox/accounts/{creator}/restrict")
    paid = (await raw.post(INTENTS, data=form)).json()["latest_charge"]
    order = {"currency": "usd", "destination": creator, "source_transaction": paid}
    error = (await raw.post(TRANSFERS, data=order)).json()["error"]
    assert error["code"] == "insufficient_capabilities_for_transfer"


async def test_transfers_are_listed_by_receiver_and_group_and_can_be_described(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str
) -> None:
    other = await open_account(raw)
    made = []
    for destination, group in ((creator, "a"), (creator, "b"), (other, "b")):
        paid = await raw.post(INTENTS, data={**form, "transfer_group": group})
        order = {"currency": "usd", "destination": destination, "source_transaction": paid.json()["latest_charge"]}
        made.append((await raw.post(TRANSFERS, data=order)).json()["id"])

    async def listed(**query: str) -> list[str]:
        return [one["id"] for one in (await raw.get(TRANSFERS, params=query)).json()["data"]]

    assert await listed() == made[::-1]
    assert await listed(destination=creator) == [made[1], made[0]]
    assert await listed(transfer_group="b") == [made[2], made[1]]
    assert await listed(transfer_group="b", destination=other) == [made[2]]
    changed = await raw.post(f"{TRANSFERS}/{made[0]}", data={"metadata[k]": "v", "description": "d"})
    assert (changed.json()["metadata"], changed.json()["description"]) == ({"k": "v"}, "d")
    (told,) = (await raw.get("/v1/events", params={"type": "transfer.updated"})).json()["data"]
    assert told["data"]["previous_attributes"] == {"metadata": {}, "description": None}


async def test_a_reversal_takes_funds_back(raw: httpx.AsyncClient, form: dict[str, str], creator: str) -> None:
    charge = (await raw.post(INTENTS, data=form)).json()["latest_charge"]
    order = {"currency": "usd", "destination": creator, "source_transaction": charge}
    transfer = (await raw.post(TRANSFERS, data=order)).json()
    path = f"{TRANSFERS}/{transfer['id']}/reversals"
    part = (await raw.post(path, data={"amount": "4000", "description": "Too much", "metadata[a]": "b"})).json()
    assert (part["amount"], part["source_refund"], part["metadata"]) == (4_000, None, {"a": "b"})
    too_much = await raw.post(path, data={"amount": "6001"})
    assert too_much.json()["error"]["code"] == "amount_too_large"
    rest = (await raw.post(path)).json()
    assert rest["amount"] == 6_000
    assert "already fully reversed" in (await raw.post(path)).json()["error"]["message"]
    assert (await figures(raw))[2:] == [
        ("transfer_refund", 4_000, 0, 4_000, "trr"),
        ("transfer_refund", 6_000, 0, 6_000, "trr"),
    ]
    assert (await figures(raw, creator))[1:] == [
        ("payment_refund", -4_000, 0, -4_000, "pyr"),
        ("payment_refund", -6_000, 0, -6_000, "pyr"),
    ]
    assert [one["description"] for one in (await transactions(raw))[2:]] == ["Too much", None]
    listed = (await raw.get(path, params={"limit": "1"})).json()
    assert ([one["id"] for one in listed["data"]], listed["has_more"], listed["url"]) == ([rest["id"]], True, path)
    assert (await raw.get(f"{path}/{part['id']}")).json() == part
    changed = await raw.post(f"{path}/{part['id']}", data={"metadata[c]": "d"})
    assert changed.json()["metadata"] == {"a": "b", "c": "d"}
    assert (await raw.get(f"{TRANSFERS}/tr_other/reversals/{part['id']}")).status_code == 404
    assert (await types_of_events(raw))[-2:] == ["transfer.reversed", "transfer.reversed"]


async def test_what_the_receiver_no_longer_has_does_not_come_back(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str
) -> None:
    connected = {"stripe-account": creator}
    charge = (await raw.post(INTENTS, data=form)).json()["latest_charge"]
    order = {"amount": "100", "currency": "usd", "destination": creator, "source_transaction": charge}
    transfer = (await raw.post(TRANSFERS, data=order)).json()
    own = (await raw.post(INTENTS, data=form, headers=connected)).json()
    await raw.post("/v1/refunds", data={"payment_intent": own["id"]}, headers=connected)
    refused = await raw.post(f"{TRANSFERS}/{transfer['id']}/reversals")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "balance_insufficient")


async def test_a_reversal_can_take_the_fee_along(
    raw: httpx.AsyncClient, marketplace: dict[str, str], creator: str
) -> None:
    await raw.post(INTENTS, data=marketplace)
    (transfer,) = (await raw.get(TRANSFERS)).json()["data"]
    path = f"{TRANSFERS}/{transfer['id']}/reversals"
    await raw.post(path, data={"amount": "2500", "refund_application_fee": "true"})
    assert (await figures(raw))[3:] == [
        ("transfer_refund", 2_500, 0, 2_500, "trr"),
        ("application_fee_refund", -250, 0, -250, "fr"),
    ]
    assert (await figures(raw, creator))[1:] == [("payment_refund", -2_500, -250, -2_250, "pyr")]
    await raw.post(f"/v1/application_fees/{await _only_fee(raw)}/refunds")
    await raw.post(path, data={"refund_application_fee": "true"})
    assert (await figures(raw))[-1] == ("transfer_refund", 7_500, 0, 7_500, "trr")


async def test_a_transfer_without_a_fee_has_none_to_give_back(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str
) -> None:
    charge = (await raw.post(INTENTS, data=form)).json()["latest_charge"]
    order = {"currency": "usd", "destination": creator, "source_transaction": charge}
    transfer = (await raw.post(TRANSFERS, data=order)).json()
    refused = await raw.post(f"{TRANSFERS}/{transfer['id']}/reversals", data={"refund_application_fee": "true"})
    assert refused.json()["error"]["param"] == "refund_application_fee"


async def _only_fee(raw: httpx.AsyncClient) -> str:
    (fee,) = (await raw.get("/v1/application_fees")).json()["data"]
    return str(fee["id"])
