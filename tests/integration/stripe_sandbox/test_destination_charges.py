"""Payments on the platform for a connected account: who gets what, to the cent, and how the objects are linked."""

from typing import Any

import httpx
import pytest

from tests.integration.stripe_sandbox.harness import Figure, figures, open_account, transactions, types_of_events

INTENTS = "/v1/payment_intents"

WITH_FEE: list[Figure] = [
    ("charge", 10_000, 320, 9_680, "ch"),
    ("transfer", -10_000, 0, -10_000, "tr"),
    ("application_fee", 1_000, 0, 1_000, "fee"),
]


@pytest.mark.parametrize(
    ("terms", "platform", "connected"),
    [
        ({"application_fee_amount": "1000"}, WITH_FEE, ("payment", 10_000, 1_000, 9_000, "py")),
        (
            {"transfer_data[amount]": "9000"},
            [("charge", 10_000, 320, 9_680, "ch"), ("transfer", -9_000, 0, -9_000, "tr")],
            ("payment", 9_000, 0, 9_000, "py"),
        ),
        (
            {},
            [("charge", 10_000, 320, 9_680, "ch"), ("transfer", -10_000, 0, -10_000, "tr")],
            ("payment", 10_000, 0, 10_000, "py"),
        ),
        (
            {"application_fee_amount": "0"},
            [("charge", 10_000, 320, 9_680, "ch"), ("transfer", -10_000, 0, -10_000, "tr")],
            ("payment", 10_000, 0, 10_000, "py"),
        ),
    ],
)
async def test_a_destination_charge_books_on_both_sides(
    raw: httpx.AsyncClient,
    form: dict[str, str],
    creator: str,
    terms: dict[str, str],
    platform: list[Figure],
    connected: Figure,
) -> None:
    paid = await raw.post(INTENTS, data={**form, "transfer_data[destination]": creator, **terms})
    assert paid.json()["status"] == "succeeded"
    assert await figures(raw) == platform
    assert await figures(raw, creator) == [connected]


@pytest.mark.parametrize(
    ("capture", "charge", "transfer", "fee"),
    [
        ({}, ("charge", 10_000, 320, 9_680, "ch"), 10_000, 1_000),
        ({"amount_to_capture": "6000"}, ("charge", 6_000, 204, 5_796, "ch"), 6_000, 1_000),
        (
            {"amount_to_capture": "6000", "application_fee_amount": "600"},
            ("charge", 6_000, 204, 5_796, "ch"),
            6_000,
            600,
        ),
        (
            {"amount_to_capture": "600", "application_fee_amount": "20000"},
            ("charge", 600, 47, 553, "ch"),
            600,
            600,
        ),
    ],
)
async def test_a_capture_decides_what_is_transferred_and_kept(
    raw: httpx.AsyncClient,
    marketplace: dict[str, str],
    creator: str,
    capture: dict[str, str],
    charge: Figure,
    transfer: int,
    fee: int,
) -> None:
    intent = (await raw.post(INTENTS, data={**marketplace, "capture_method": "manual"})).json()
    assert await figures(raw) == []
    captured = await raw.post(f"{INTENTS}/{intent['id']}/capture", data={**capture, "expand[]": "latest_charge"})
    assert captured.status_code == 200, captured.text
    assert captured.json()["latest_charge"]["application_fee_amount"] == fee
    assert await figures(raw) == [
        charge,
        ("transfer", -transfer, 0, -transfer, "tr"),
        ("application_fee", fee, 0, fee, "fee"),
    ]
    assert await figures(raw, creator) == [("payment", transfer, fee, transfer - fee, "py")]


async def test_the_amount_to_transfer_can_be_decided_at_the_capture(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str
) -> None:
    manual = {**form, "capture_method": "manual", "transfer_data[destination]": creator}
    for wanted, sent in (("5000", 5_000), ("9999", 6_000)):
        intent = (await raw.post(INTENTS, data=manual)).json()
        capture = {"amount_to_capture": "6000", "transfer_data[amount]": wanted}
        shown = (await raw.post(f"{INTENTS}/{intent['id']}/capture", data=capture)).json()
        assert shown["transfer_data"] == {"amount": int(wanted), "destination": creator}
        assert (await figures(raw, creator))[-1] == ("payment", sent, 0, sent, "py")


async def test_all_objects_of_a_destination_charge_name_each_other(
    raw: httpx.AsyncClient, marketplace: dict[str, str], creator: str
) -> None:
    intent = (await raw.post(INTENTS, data={**marketplace, "expand[]": "latest_charge"})).json()
    charge: dict[str, Any] = intent["latest_charge"]
    transfer = (await raw.get(f"/v1/transfers/{charge['transfer']}")).json()
    fee = (await raw.get(f"/v1/application_fees/{charge['application_fee']}")).json()
    connected = {"stripe-account": creator}
    payment = (await raw.get(f"/v1/charges/{transfer['destination_payment']}", headers=connected)).json()
    group = f"group_{intent['id']}"
    assert (intent["transfer_group"], charge["transfer_group"], transfer["transfer_group"]) == (group, group, group)
    assert intent["transfer_data"] == {"destination": creator}
    assert charge["transfer_data"] == {"amount": None, "destination": creator}
    assert (charge["destination"], charge["application_fee_amount"]) == (creator, 1_000)
    assert (transfer["destination"], transfer["source_transaction"]) == (creator, charge["id"])
    assert (payment["source_transfer"], payment["application_fee"]) == (transfer["id"], fee["id"])
    assert (payment["source"], payment["application"]) == (
        {"id": "acct_1SandboxPlatform", "object": "account"},
        "ca_1SandboxPlatform",
    )
    assert (fee["account"], fee["charge"], fee["originating_transaction"]) == (creator, payment["id"], charge["id"])
    booked = {one["source"]: one["id"] for one in await transactions(raw)}
    booked |= {one["source"]: one["id"] for one in await transactions(raw, creator)}
    assert booked == {one["id"]: one["balance_transaction"] for one in (charge, transfer, fee, payment)}
    (received,) = await transactions(raw, creator)
    assert [(line["type"], line["amount"], line["application"]) for line in received["fee_details"]] == [
        ("application_fee", 1_000, "ca_1SandboxPlatform")
    ]


async def test_an_asynchronous_capture_transfers_when_it_books(
    raw: httpx.AsyncClient, marketplace: dict[str, str], creator: str
) -> None:
    paid = await raw.post(
        INTENTS, data={**marketplace, "capture_method": "automatic_async", "expand[]": "latest_charge"}
    )
    charge = paid.json()["latest_charge"]
    assert (paid.json()["status"], charge["balance_transaction"], charge["application_fee"]) == (
        "succeeded",
        None,
        None,
    )
    await raw.post("/_sandbox/clock/advance", json={"seconds": 1})
    assert await figures(raw) == WITH_FEE
    assert await figures(raw, creator) == [("payment", 10_000, 1_000, 9_000, "py")]
    (told,) = (await raw.get("/v1/events", params={"type": "charge.updated"})).json()["data"]
    assert told["data"]["previous_attributes"] == {
        "application_fee": None,
        "balance_transaction": None,
        "transfer": None,
    }
    assert told["data"]["object"]["transfer"].startswith("tr_")


async def test_each_side_is_told_its_own_part(
    raw: httpx.AsyncClient, marketplace: dict[str, str], creator: str
) -> None:
    await raw.post(INTENTS, data=marketplace)
    assert await types_of_events(raw) == [
        "payment_intent.created",
        "transfer.created",
        "application_fee.created",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]
    assert await types_of_events(raw, creator) == [
        "capability.updated",
        "capability.updated",
        "account.updated",
        "payment.created",
    ]


async def test_funds_settle_together_on_both_sides(
    raw: httpx.AsyncClient, marketplace: dict[str, str], creator: str
) -> None:
    await raw.post(INTENTS, data=marketplace)
    booked = [*await transactions(raw), *await transactions(raw, creator)]
    assert len({one["available_on"] for one in booked}) == 1
    await raw.post("/_sandbox/clock/advance", json={"seconds": 3 * 86_400})
    for account, net in ((None, 680), (creator, 9_000)):
        headers = {} if account is None else {"stripe-account": account}
        balance = (await raw.get("/v1/balance", headers=headers)).json()
        assert (balance["available"][0]["amount"], balance["pending"][0]["amount"]) == (net, 0)
    assert (await types_of_events(raw, creator))[-1] == "balance.available"


async def test_terms_can_change_until_the_payment_is_confirmed(
    raw: httpx.AsyncClient, marketplace: dict[str, str], creator: str
) -> None:
    del marketplace["confirm"]
    intent = (await raw.post(INTENTS, data=marketplace)).json()
    path = f"{INTENTS}/{intent['id']}"
    changed = (await raw.post(path, data={"application_fee_amount": "700"})).json()
    assert changed["application_fee_amount"] == 700
    without = await raw.post(path, data={"application_fee_amount": "", "transfer_data[amount]": "9000"})
    assert without.json()["transfer_data"] == {"amount": 9_000, "destination": creator}
    assert without.json()["application_fee_amount"] is None
    await raw.post(f"{path}/confirm", data={"return_url": "https://example.com"})
    assert await figures(raw, creator) == [("payment", 9_000, 0, 9_000, "py")]
    late = await raw.post(path, data={"application_fee_amount": "1"})
    assert late.json()["error"]["code"] == "payment_intent_unexpected_state"


@pytest.mark.parametrize(
    ("change", "code", "param", "says"),
    [
        (
            {"transfer_data[destination]": "acct_none"},
            "resource_missing",
            "transfer_data[destination]",
            "No such destination: 'acct_none'",
        ),
        (
            {"transfer_data[destination]": "acct_1SandboxPlatform"},
            "resource_missing",
            "transfer_data[destination]",
            "No such destination",
        ),
        (
            {"transfer_data[amount]": "9000"},
            "parameters_exclusive",
            "application_fee_amount",
            "Received both",
        ),
        ({"application_fee_amount": "10001"}, "amount_too_large", "application_fee_amount", "10001"),
        ({"application_fee_amount": "-1"}, "parameter_invalid_integer", "application_fee_amount", "greater than"),
        ({"on_behalf_of": "acct_none"}, "resource_missing", "on_behalf_of", "No such account"),
    ],
)
async def test_terms_that_cannot_be_kept_are_refused(
    raw: httpx.AsyncClient, marketplace: dict[str, str], change: dict[str, str], code: str, param: str, says: str
) -> None:
    reply = await raw.post(INTENTS, data={**marketplace, **change})
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["param"]) == (400, code, param)
    assert says in error["message"]
    assert await transactions(raw) == []


async def test_a_transfer_of_more_than_the_payment_is_refused(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str
) -> None:
    terms = {"transfer_data[destination]": creator, "transfer_data[amount]": "10001"}
    error = (await raw.post(INTENTS, data={**form, **terms})).json()["error"]
    assert (error["code"], error["param"]) == ("amount_too_large", "transfer_data[amount]")


async def test_a_fee_needs_somebody_to_take_it_of(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    error = (await raw.post(INTENTS, data={**form, "application_fee_amount": "1"})).json()["error"]
    assert error["message"].startswith("Can only apply an application_fee_amount when")
    manual = (await raw.post(INTENTS, data={**form, "capture_method": "manual"})).json()
    late = await raw.post(f"{INTENTS}/{manual['id']}/capture", data={"application_fee_amount": "1"})
    assert late.json()["error"]["param"] == "application_fee_amount"
    nowhere = await raw.post(f"{INTENTS}/{manual['id']}/capture", data={"transfer_data[amount]": "1"})
    assert nowhere.json()["error"]["param"] == "transfer_data[amount]"


async def test_whoever_may_not_receive_gets_nothing(
    raw: httpx.AsyncClient, marketplace: dict[str, str], creator: str
) -> None:
    authorised = (await raw.post(INTENTS, data={**marketplace, "capture_method": "manual"})).json()
    await raw.post(f"/_sandbox/accounts/{creator}/restrict")
    for path, data in ((INTENTS, marketplace), (f"{INTENTS}/{authorised['id']}/capture", {})):
        reply = await raw.post(path, data=data)
        assert (reply.status_code, reply.json()["error"]["code"]) == (400, "insufficient_capabilities_for_transfer")
    assert await transactions(raw) == []


async def test_a_payment_on_behalf_of_an_account_says_so(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str
) -> None:
    path_of_charge = {"on_behalf_of": creator, "expand[]": "latest_charge.on_behalf_of"}
    intent = (await raw.post(INTENTS, data={**form, **path_of_charge})).json()
    assert intent["on_behalf_of"] == creator
    assert intent["latest_charge"]["on_behalf_of"]["id"] == creator
    assert await figures(raw) == [("charge", 10_000, 320, 9_680, "ch")]
    only_transfers = await open_account(raw, **{"capabilities[transfers][requested]": "true"})
    refused = await raw.post(INTENTS, data={**form, "on_behalf_of": only_transfers})
    assert "card_payments" in refused.json()["error"]["message"]


async def test_a_declined_destination_charge_moves_nothing(
    raw: httpx.AsyncClient, marketplace: dict[str, str], creator: str
) -> None:
    declined = await raw.post(INTENTS, data={**marketplace, "payment_method": "pm_card_chargeDeclined"})
    assert declined.status_code == 402
    assert await transactions(raw) == await transactions(raw, creator) == []
