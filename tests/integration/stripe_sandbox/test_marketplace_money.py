"""Whatever a marketplace does: both sides' books are right, and what leaves one account arrives on the other."""

from typing import Any, Literal

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stripe_sandbox.app import create_app
from stripe_sandbox.settings import DEFAULT_API_KEY, SandboxSettings
from tests.integration.stripe_sandbox.harness import acting_for, check_books, open_account

INTENTS = "/v1/payment_intents"
PAY = {"currency": "usd", "payment_method": "pm_card_visa", "confirm": "true", "off_session": "true"}
AMOUNTS = st.integers(200, 50_000)
PARTS = st.sampled_from([1, 33, 50, 60, 100])
"""Per cent of what there is."""

CAPTURES = st.sampled_from(["automatic", "automatic_async", "manual"])
TERMS = st.sampled_from(["application_fee_amount", "transfer_data[amount]"])
FLAGS = st.booleans().map(lambda flag: str(flag).lower())
SALE = st.tuples(st.just("sell"), AMOUNTS, TERMS, st.integers(1, 200), CAPTURES)
STEPS = st.lists(
    st.one_of(
        SALE,
        st.tuples(st.just("direct"), AMOUNTS, st.integers(0, 200), CAPTURES),
        st.tuples(st.just("capture"), PARTS),
        st.tuples(st.just("send"), AMOUNTS, st.booleans()),
        st.tuples(st.just("reverse"), PARTS, FLAGS),
        st.tuples(st.just("give"), st.integers(1, 200)),
        st.tuples(st.just("refund"), PARTS, FLAGS, FLAGS),
        st.tuples(st.just("fail")),
        st.tuples(st.just("wait"), st.sampled_from([1, 4 * 86_400])),
    ),
    min_size=2,
    max_size=14,
)


async def listed(api: httpx.AsyncClient, path: str, account: str | None = None) -> list[dict[str, Any]]:
    reply = await api.get(path, params={"limit": "100"}, headers=acting_for(account))
    data: list[dict[str, Any]] = reply.json()["data"]
    return data


def part_of(amount: int, per_cent: int) -> str:
    return str(amount * per_cent // 100)


async def pay(api: httpx.AsyncClient, step: tuple[Any, ...], creator: str) -> None:
    """The steps that bring money in."""
    match step:
        case ("sell", amount, term, part, capture):
            form = {**PAY, "amount": str(amount), "capture_method": capture, term: str(part)}
            await api.post(INTENTS, data={**form, "transfer_data[destination]": creator})
        case ("direct", amount, fee, capture):
            form = {**PAY, "amount": str(amount), "capture_method": capture, "application_fee_amount": str(fee)}
            await api.post(INTENTS, data=form, headers=acting_for(creator))
        case ("capture", per_cent):
            for account in (None, creator):
                for intent in await listed(api, INTENTS, account):
                    capture = {"amount_to_capture": part_of(intent["amount_capturable"], per_cent)}
                    await api.post(f"{INTENTS}/{intent['id']}/capture", data=capture, headers=acting_for(account))


async def move(api: httpx.AsyncClient, step: tuple[Any, ...], creator: str) -> None:
    """The steps between the accounts, and time."""
    match step:
        case ("send", amount, from_charge):
            order = {"amount": str(amount), "currency": "usd", "destination": creator}
            charges = await listed(api, "/v1/charges")
            if from_charge and charges:
                order["source_transaction"] = charges[0]["id"]
            await api.post("/v1/transfers", data=order)
        case ("reverse", per_cent, fee):
            for transfer in (await listed(api, "/v1/transfers"))[:2]:
                data = {"amount": part_of(transfer["amount"], per_cent), "refund_application_fee": fee}
                await api.post(f"/v1/transfers/{transfer['id']}/reversals", data=data)
        case ("give", amount):
            for one in (await listed(api, "/v1/application_fees"))[:1]:
                await api.post(f"/v1/application_fees/{one['id']}/refunds", data={"amount": str(amount)})
        case ("wait", seconds):
            await api.post("/_sandbox/clock/advance", json={"seconds": seconds})


async def return_money(api: httpx.AsyncClient, step: tuple[Any, ...], creator: str) -> None:
    """The steps back to the customer."""
    match step:
        case ("refund", per_cent, reverse, fee):
            order = {"reverse_transfer": reverse, "refund_application_fee": fee}
            for account in (None, creator):
                for intent in (await listed(api, INTENTS, account))[:2]:
                    amount = part_of(intent["amount_received"], per_cent)
                    data = {**order, "payment_intent": intent["id"], "amount": amount}
                    await api.post("/v1/refunds", data=data, headers=acting_for(account))
        case ("fail",):
            for refund in (await listed(api, "/v1/refunds"))[:1]:
                await api.post(f"/_sandbox/refunds/{refund['id']}/fail")


def check_both_sides(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> None:
    """What leaves one account arrives on the other, fees included, with nothing on the way."""
    gone = sum(one["amount"] for one in ours if one["type"] in ("transfer", "transfer_refund"))
    come = sum(one["amount"] for one in theirs if one["type"] in ("payment", "payment_refund"))
    assert come == -gone
    earned = sum(one["amount"] for one in ours if one["type"] in ("application_fee", "application_fee_refund"))
    paid = [detail["amount"] for one in theirs for detail in one["fee_details"] if detail["type"] == "application_fee"]
    returned = sum(one["amount"] for one in theirs if one["type"] == "application_fee_refund")
    assert earned == sum(paid) - returned
    assert earned >= 0


async def check_limits(api: httpx.AsyncClient, creator: str) -> None:
    """Nothing is given back twice, and what an object counts is what its parts add up to."""
    for account in (None, creator):
        for charge in await listed(api, "/v1/charges", account):
            assert 0 <= charge["amount_refunded"] <= charge["amount"]
            assert charge["refunded"] == (charge["amount_refunded"] == charge["amount"])
    for transfer in await listed(api, "/v1/transfers"):
        reversals = await listed(api, transfer["reversals"]["url"])
        assert transfer["amount_reversed"] == sum(one["amount"] for one in reversals) <= transfer["amount"]
    for fee in await listed(api, "/v1/application_fees"):
        refunds = await listed(api, fee["refunds"]["url"])
        assert fee["amount_refunded"] == sum(one["amount"] for one in refunds) <= fee["amount"]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(SALE, STEPS, st.sampled_from(["on_refund", "line"]))
async def test_after_every_step_both_sides_agree(
    sale: Any, steps: list[Any], shown: Literal["on_refund", "line"]
) -> None:
    app = create_app(SandboxSettings(log_level="error", seed=1, connected_fee_refund=shown))
    transport = httpx.ASGITransport(app)
    auth = (DEFAULT_API_KEY, "")
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox", auth=auth) as api:
        creator = await open_account(api)
        for step in (sale, *steps):
            await pay(api, step, creator)
            await move(api, step, creator)
            await return_money(api, step, creator)
            check_both_sides(await check_books(api), await check_books(api, creator))
            await check_limits(api, creator)
