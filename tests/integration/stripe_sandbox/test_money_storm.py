"""Whatever banks and Stripe do, in whatever order: the books balance, and no object takes more than it gave."""

from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.stripe_sandbox.harness import acting_for, check_books, open_account, sandbox_with

INTENTS = "/v1/payment_intents"
PLATFORM = "acct_1SandboxPlatform"
AMOUNTS = st.integers(200, 50_000)
METHODS = st.sampled_from(
    [
        "pm_card_visa",
        "pm_card_bypassPending",
        "pm_card_createDispute",
        "pm_card_createDisputeInquiry",
        "pm_usBankAccount_success",
        "pm_usBankAccount_dispute",
        "pm_usBankAccount_processing",
    ]
)
SIDES = st.booleans()
"""Whether it happens on the connected account."""

CONTROLS = st.sampled_from(
    [
        ("charges", "dispute", {}),
        ("charges", "dispute", {"case": "inquiry"}),
        ("charges", "dispute", {"case": "resolution"}),
        ("charges", "return", {}),
        ("disputes", "decide", {"outcome": "won"}),
        ("disputes", "decide", {"outcome": "won", "return_fee": True}),
        ("disputes", "decide", {"outcome": "lost"}),
        ("disputes", "reopen", {}),
        ("disputes", "escalate", {}),
        ("payouts", "pay", {}),
        ("payouts", "fail", {}),
        ("topups", "succeed", {}),
        ("topups", "reverse", {}),
        ("refunds", "fail", {}),
        ("payment_intents", "clear", {"outcome": "succeed"}),
        ("payment_intents", "clear", {"outcome": "fail"}),
    ]
)
ON_ACCOUNT = st.sampled_from(
    [
        ("stripe_fee", {"amount": 250}),
        ("reserve", {"amount": 300, "release_after_s": 86_400}),
        ("reserve_plan", {"percent": 10, "days": 1}),
        ("pay_out", {}),
    ]
)
CALLS = st.sampled_from(
    [
        ("payouts", {"amount": "100", "currency": "usd"}),
        ("payouts", {"amount": "100", "currency": "usd", "method": "instant"}),
        ("topups", {"amount": "5000", "currency": "usd"}),
    ]
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), SIDES, AMOUNTS, METHODS, st.sampled_from(["usd", "eur"])),
        st.tuples(st.just("control"), CONTROLS, st.integers(0, 2)),
        st.tuples(st.just("account"), SIDES, ON_ACCOUNT),
        st.tuples(st.just("call"), SIDES, CALLS),
        st.tuples(st.just("refund"), SIDES),
        st.tuples(st.just("wait"), st.sampled_from([1, 86_400, 11 * 86_400])),
    ),
    min_size=4,
    max_size=16,
)


async def newest(api: httpx.AsyncClient, path: str, account: str | None, skip: int = 0) -> str | None:
    data = (await api.get(f"/v1/{path}", headers=acting_for(account))).json()["data"]
    return data[skip]["id"] if len(data) > skip else None


async def play(api: httpx.AsyncClient, step: tuple[Any, ...], creator: str) -> None:
    match step:
        case ("pay", theirs, amount, method, currency):
            form = {"amount": str(amount), "currency": currency, "payment_method": method, "confirm": "true"}
            rest = {"off_session": "true", "application_fee_amount": str(amount // 10)}
            seller = {} if theirs else {"transfer_data[destination]": creator}
            acting = acting_for(creator if theirs else None)
            await api.post(INTENTS, data={**form, **rest, **seller}, headers=acting)
        case ("control", (kind, action, command), skip):
            for account in (None, creator):
                if (target := await newest(api, kind, account, skip)) is not None:
                    await api.post(f"/_sandbox/{kind}/{target}/{action}", json=command)
        case ("account", theirs, (action, command)):
            await api.post(f"/_sandbox/accounts/{creator if theirs else PLATFORM}/{action}", json=command)
        case ("call", theirs, (path, data)):
            await api.post(f"/v1/{path}", data=data, headers=acting_for(creator if theirs else None))
        case ("refund", theirs):
            account = creator if theirs else None
            if (charge := await newest(api, "charges", account)) is not None:
                await api.post("/v1/refunds", data={"charge": charge}, headers=acting_for(account))
        case ("wait", seconds):
            await api.post("/_sandbox/clock/advance", json={"seconds": seconds})


def check_sources(booked: list[dict[str, Any]]) -> None:
    """A dispute, a payout, a top-up or a hold never ends up having given more than it took, or the other way round."""
    sums: dict[str, int] = {}
    for one in booked:
        sums[one["source"]] = sums.get(one["source"], 0) + one["amount"]
    for source, amount in sums.items():
        kind = (source or "").partition("_")[0]
        assert kind != "du" or amount <= 0
        assert kind != "tu" or amount >= 0
        assert kind != "reshold" or amount <= 0


async def check_state(api: httpx.AsyncClient) -> None:
    """The state says what `/v1/balance` says."""
    accounts = (await api.get("/_sandbox/state")).json()["accounts"]
    for identifier, shown in accounts.items():
        account = None if identifier == PLATFORM else identifier
        balance = (await api.get("/v1/balance", headers=acting_for(account))).json()
        for name in ("available", "pending"):
            assert shown["balance"][name] == balance[name]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(STEPS, st.sampled_from(["success", "pending"]))
async def test_after_every_step_the_books_balance(steps: list[Any], debit_booked: str) -> None:
    async with sandbox_with(debit_booked=debit_booked, capture_delay_ms=0) as api:
        creator = await open_account(api)
        await api.put(f"/_sandbox/accounts/{PLATFORM}/exchange_rates", json={"rates": {"eur": "1.08"}})
        for step in (("pay", False, 5_000, "pm_card_bypassPending", "usd"), *steps):
            await play(api, step, creator)
            for account in (None, creator):
                check_sources(await check_books(api, account))
        await check_state(api)
