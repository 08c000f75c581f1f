"""Refunds of payments for connected accounts: the transfer and the fee that go back with them, to the cent."""

from collections.abc import AsyncIterator

import httpx
import pytest

from stripe_sandbox.app import create_app
from stripe_sandbox.settings import DEFAULT_API_KEY, SandboxSettings
from tests.integration.stripe_sandbox.harness import Figure, figures, open_account, transactions, types_of_events

INTENTS = "/v1/payment_intents"
BOTH = {"reverse_transfer": "true", "refund_application_fee": "true"}


@pytest.fixture
async def with_lines() -> AsyncIterator[httpx.AsyncClient]:
    """A sandbox that shows a fee that comes back as a line of its own."""
    app = create_app(SandboxSettings(log_level="error", seed=1, connected_fee_refund="line"))
    auth = (DEFAULT_API_KEY, "")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sandbox", auth=auth) as client:
        yield client


@pytest.mark.parametrize(
    ("refund", "platform", "connected"),
    [
        ({}, [("refund", -10_000, 0, -10_000, "re")], []),
        (
            {"reverse_transfer": "true"},
            [("refund", -10_000, 0, -10_000, "re"), ("transfer_refund", 10_000, 0, 10_000, "trr")],
            [("payment_refund", -10_000, 0, -10_000, "pyr")],
        ),
        (
            BOTH,
            [
                ("refund", -10_000, 0, -10_000, "re"),
                ("transfer_refund", 10_000, 0, 10_000, "trr"),
                ("application_fee_refund", -1_000, 0, -1_000, "fr"),
            ],
            [("payment_refund", -10_000, -1_000, -9_000, "pyr")],
        ),
        (
            {**BOTH, "amount": "4000"},
            [
                ("refund", -4_000, 0, -4_000, "re"),
                ("transfer_refund", 4_000, 0, 4_000, "trr"),
                ("application_fee_refund", -400, 0, -400, "fr"),
            ],
            [("payment_refund", -4_000, -400, -3_600, "pyr")],
        ),
    ],
)
async def test_a_refund_takes_back_what_it_is_asked_to(
    raw: httpx.AsyncClient,
    marketplace: dict[str, str],
    creator: str,
    refund: dict[str, str],
    platform: list[Figure],
    connected: list[Figure],
) -> None:
    intent = (await raw.post(INTENTS, data=marketplace)).json()
    made = await raw.post("/v1/refunds", data={"payment_intent": intent["id"], **refund})
    assert made.status_code == 200, made.text
    assert (await figures(raw))[3:] == platform
    assert (await figures(raw, creator))[1:] == connected


async def test_the_fee_can_come_back_as_a_line_of_its_own(with_lines: httpx.AsyncClient, form: dict[str, str]) -> None:
    creator = await open_account(with_lines)
    terms = {"transfer_data[destination]": creator, "application_fee_amount": "1000"}
    intent = (await with_lines.post(INTENTS, data={**form, **terms})).json()
    await with_lines.post("/v1/refunds", data={"payment_intent": intent["id"], "amount": "4000", **BOTH})
    assert (await figures(with_lines, creator))[1:] == [
        ("payment_refund", -4_000, 0, -4_000, "pyr"),
        ("application_fee_refund", 400, 0, 400, "fr"),
    ]
    direct = {"stripe-account": creator}
    own = (await with_lines.post(INTENTS, data={**form, "application_fee_amount": "1000"}, headers=direct)).json()
    refund = {"payment_intent": own["id"], "refund_application_fee": "true"}
    await with_lines.post("/v1/refunds", data=refund, headers=direct)
    assert (await figures(with_lines, creator))[4:] == [
        ("refund", -10_000, 0, -10_000, "re"),
        ("application_fee_refund", 1_000, 0, 1_000, "fr"),
    ]


async def test_partial_refunds_add_up_to_the_whole(
    raw: httpx.AsyncClient, marketplace: dict[str, str], creator: str
) -> None:
    marketplace["application_fee_amount"] = "333"
    intent = (await raw.post(INTENTS, data=marketplace)).json()
    for amount in ("3333", "3333", "1", "3333"):
        await raw.post("/v1/refunds", data={"payment_intent": intent["id"], "amount": amount, **BOTH})
    back = [one["amount"] for one in await transactions(raw) if one["type"] == "application_fee_refund"]
    assert back == [-111, -111, -111]
    fee = (await raw.get("/v1/application_fees")).json()["data"][0]
    assert (fee["amount_refunded"], fee["refunded"], len(fee["refunds"]["data"])) == (333, True, 3)
    transfer = (await raw.get("/v1/transfers")).json()["data"][0]
    assert (transfer["amount_reversed"], transfer["reversed"], len(transfer["reversals"]["data"])) == (10_000, True, 4)
    assert sum(one["net"] for one in await transactions(raw, creator)) == 0
    assert sum(one["net"] for one in await transactions(raw)) == -320


async def test_an_agreed_part_is_reversed_in_proportion(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str
) -> None:
    terms = {"transfer_data[destination]": creator, "transfer_data[amount]": "9000"}
    intent = (await raw.post(INTENTS, data={**form, **terms})).json()
    refund = {"payment_intent": intent["id"], "reverse_transfer": "true"}
    await raw.post("/v1/refunds", data={**refund, "amount": "4000"})
    await raw.post("/v1/refunds", data=refund)
    assert (await figures(raw))[2:] == [
        ("refund", -4_000, 0, -4_000, "re"),
        ("transfer_refund", 3_600, 0, 3_600, "trr"),
        ("refund", -6_000, 0, -6_000, "re"),
        ("transfer_refund", 5_400, 0, 5_400, "trr"),
    ]


async def test_after_a_partial_capture_the_captured_part_is_the_whole(
    raw: httpx.AsyncClient, marketplace: dict[str, str], creator: str
) -> None:
    intent = (await raw.post(INTENTS, data={**marketplace, "capture_method": "manual"})).json()
    await raw.post(f"{INTENTS}/{intent['id']}/capture", data={"amount_to_capture": "6000"})
    refund = {"payment_intent": intent["id"], **BOTH}
    more = await raw.post("/v1/refunds", data={**refund, "amount": "6001"})
    assert more.json()["error"]["code"] == "amount_too_large"
    await raw.post("/v1/refunds", data={**refund, "amount": "3000"})
    await raw.post("/v1/refunds", data=refund)
    assert (await figures(raw, creator))[1:] == [
        ("payment_refund", -3_000, -500, -2_500, "pyr"),
        ("payment_refund", -3_000, -500, -2_500, "pyr"),
    ]
    nothing_left = await raw.post("/v1/refunds", data=refund)
    assert nothing_left.json()["error"]["code"] == "charge_already_refunded"


async def test_all_objects_of_a_refund_name_each_other(
    raw: httpx.AsyncClient, marketplace: dict[str, str], creator: str
) -> None:
    intent = (await raw.post(INTENTS, data=marketplace)).json()
    refund = (await raw.post("/v1/refunds", data={"payment_intent": intent["id"], **BOTH})).json()
    (transfer,) = (await raw.get("/v1/transfers")).json()["data"]
    (reversal,) = transfer["reversals"]["data"]
    connected = {"stripe-account": creator}
    returned = (await raw.get(f"/v1/refunds/{reversal['destination_payment_refund']}", headers=connected)).json()
    payment = (await raw.get(f"/v1/charges/{transfer['destination_payment']}", headers=connected)).json()
    assert (refund["transfer_reversal"], refund["source_transfer_reversal"]) == (reversal["id"], None)
    assert (reversal["source_refund"], reversal["transfer"]) == (refund["id"], transfer["id"])
    assert (returned["source_transfer_reversal"], returned["charge"]) == (reversal["id"], payment["id"])
    assert (payment["refunded"], payment["amount_refunded"]) == (True, 10_000)
    assert await types_of_events(raw) == [
        "payment_intent.created",
        "transfer.created",
        "application_fee.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "application_fee.refunded",
        "transfer.reversed",
        "refund.created",
        "charge.refunded",
    ]
    assert (await types_of_events(raw, creator))[-3:] == ["payment.created", "refund.created", "charge.refunded"]


@pytest.mark.parametrize(
    ("terms", "refund", "param", "says"),
    [
        ([], {"reverse_transfer": "true"}, "reverse_transfer", "has a transfer to reverse"),
        ([], {"refund_application_fee": "true"}, "refund_application_fee", "no application fee"),
        (["transfer_data[destination]"], BOTH, "refund_application_fee", "no application fee"),
        (
            ["transfer_data[destination]", "application_fee_amount"],
            {"refund_application_fee": "true"},
            "reverse_transfer",
            "must also reverse the transfer",
        ),
    ],
)
async def test_what_was_not_taken_cannot_go_back(
    raw: httpx.AsyncClient,
    form: dict[str, str],
    marketplace: dict[str, str],
    terms: list[str],
    refund: dict[str, str],
    param: str,
    says: str,
) -> None:
    intent = (await raw.post(INTENTS, data={**form, **{name: marketplace[name] for name in terms}})).json()
    before = await transactions(raw)
    reply = await raw.post("/v1/refunds", data={"payment_intent": intent["id"], **refund})
    assert (reply.status_code, reply.json()["error"]["param"]) == (400, param)
    assert says in reply.json()["error"]["message"]
    assert await transactions(raw) == before


async def test_what_went_back_already_does_not_go_back_again(
    raw: httpx.AsyncClient, marketplace: dict[str, str], creator: str
) -> None:
    intent = (await raw.post(INTENTS, data=marketplace)).json()
    (transfer,) = (await raw.get("/v1/transfers")).json()["data"]
    (fee,) = (await raw.get("/v1/application_fees")).json()["data"]
    await raw.post(f"/v1/transfers/{transfer['id']}/reversals", data={"amount": "7000"})
    await raw.post(f"/v1/application_fees/{fee['id']}/refunds", data={"amount": "900"})
    refund = {"payment_intent": intent["id"], **BOTH}
    await raw.post("/v1/refunds", data={**refund, "amount": "9000"})
    assert (await figures(raw))[-2:] == [
        ("transfer_refund", 3_000, 0, 3_000, "trr"),
        ("application_fee_refund", -100, 0, -100, "fr"),
    ]
    reply = await raw.post("/v1/refunds", data=refund)
    assert "already fully reversed" in reply.json()["error"]["message"]
    connected = {"stripe-account": creator}
    own = await raw.post("/v1/refunds", data={"charge": transfer["destination_payment"]}, headers=connected)
    assert "reverse this transfer" in own.json()["error"]["message"]
