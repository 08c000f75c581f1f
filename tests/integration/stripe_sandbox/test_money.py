"""Settlement on the clock, and a balance that equals its transactions whatever happens."""

from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stripe_sandbox.app import create_app
from stripe_sandbox.settings import DEFAULT_API_KEY, SandboxSettings
from tests.integration.stripe_sandbox.harness import Receiver, check_books, eventually

INTENTS = "/v1/payment_intents"
DAY_S = 86_400


async def test_funds_become_available_two_days_later_at_midnight(
    hooked_raw: httpx.AsyncClient, receiver: Receiver, form: dict[str, str]
) -> None:
    await hooked_raw.post(INTENTS, data=form)
    (booked,) = (await hooked_raw.get("/v1/balance_transactions")).json()["data"]
    assert booked["available_on"] % DAY_S == 0
    assert 2 * DAY_S <= booked["available_on"] - booked["created"] <= 3 * DAY_S
    wait = booked["available_on"] - booked["created"]
    await hooked_raw.post("/_sandbox/clock/advance", json={"seconds": wait - 60})
    assert (await hooked_raw.get("/v1/balance")).json()["pending"][0]["amount"] == 9_680
    moved = await hooked_raw.post("/_sandbox/clock/advance", json={"seconds": 60})
    assert moved.json()["jobs_run"] == 1
    balance = (await hooked_raw.get("/v1/balance")).json()
    assert (balance["pending"][0]["amount"], balance["available"][0]["amount"]) == (0, 9_680)
    (settled,) = (await hooked_raw.get("/v1/balance_transactions")).json()["data"]
    assert settled == {**booked, "status": "available"}
    await eventually(lambda: receiver.types()[-1:] == ["balance.available"], "balance.available")
    assert receiver.events[-1]["data"]["object"] == balance
    assert receiver.events[-1]["request"] == {"id": None, "idempotency_key": None}


async def test_what_bypasses_pending_is_available_at_once(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    await raw.post(INTENTS, data={**form, "payment_method": "pm_card_bypassPending"})
    assert (await raw.get("/v1/balance")).json()["available"][0]["amount"] == 9_680


async def test_zero_decimal_currencies_are_charged_in_whole_units(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    await raw.post(INTENTS, data={**form, "amount": "1000", "currency": "jpy"})
    (booked,) = (await raw.get("/v1/balance_transactions")).json()["data"]
    assert (booked["currency"], booked["amount"], booked["fee"], booked["net"]) == ("jpy", 1_000, 59, 941)


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("pay"),
            st.sampled_from(["usd", "eur", "jpy"]),
            st.integers(200, 50_000),
            st.sampled_from(["pm_card_visa", "pm_card_bypassPending", "pm_card_chargeDeclined"]),
            st.sampled_from(["automatic", "automatic_async", "manual"]),
        ),
        st.tuples(st.just("capture"), st.integers(1, 50_000)),
        st.tuples(st.just("refund"), st.integers(1, 50_000)),
        st.tuples(st.just("wait"), st.sampled_from([1, 3_600, DAY_S, 3 * DAY_S])),
    ),
    max_size=12,
)


async def play(api: httpx.AsyncClient, step: tuple[Any, ...]) -> None:
    intents = (await api.get(INTENTS, params={"limit": "100"})).json()["data"]
    match step:
        case ("pay", currency, amount, method, capture):
            form = {"amount": str(amount), "currency": currency, "payment_method": method, "capture_method": capture}
            await api.post(INTENTS, data={**form, "confirm": "true", "off_session": "true"})
        case ("capture", amount):
            for intent in intents:
                if intent["status"] == "requires_capture":
                    capturable = min(amount, intent["amount"])
                    await api.post(f"{INTENTS}/{intent['id']}/capture", data={"amount_to_capture": str(capturable)})
        case ("refund", amount):
            for intent in intents[:2]:
                await api.post("/v1/refunds", data={"payment_intent": intent["id"], "amount": str(amount)})
        case ("wait", seconds):
            await api.post("/_sandbox/clock/advance", json={"seconds": seconds})


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
async def test_after_every_step_the_balance_is_the_sum_of_all_balance_transactions(steps: list[Any]) -> None:
    app = create_app(SandboxSettings(log_level="error", seed=1))
    transport = httpx.ASGITransport(app)
    auth = (DEFAULT_API_KEY, "")
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox", auth=auth) as api:
        for step in steps:
            await play(api, step)
            await check_books(api)
