"""The control endpoints as a whole: looking, moving time, starting again."""

from email.utils import parsedate_to_datetime

import httpx
import pytest

INTENTS = "/v1/payment_intents"


async def test_the_state_counts_what_there_is(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    await raw.post(INTENTS, data=form)
    state = (await raw.get("/_sandbox/state")).json()
    account = state["accounts"]["acct_1SandboxPlatform"]
    assert account["objects"]["payment_intents"] == account["objects"]["charges"] == 1
    assert account["balance"]["pending"][0]["amount"] == 9_680
    assert state["faults"] == []


async def test_reset_forgets_everything_keys_and_time_included(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    first = await raw.post(INTENTS, data=form, headers={"idempotency-key": "k"})
    await raw.post("/_sandbox/clock/advance", json={"seconds": 1_000_000})
    await raw.post("/_sandbox/faults", json={"effect": "conflict"})
    state = (await raw.post("/_sandbox/reset")).json()
    assert state["clock"]["offset_s"] == 0
    assert state["accounts"]["acct_1SandboxPlatform"]["objects"]["events"] == 0
    second = await raw.post(INTENTS, data=form, headers={"idempotency-key": "k"})
    assert second.status_code == 200
    assert "idempotent-replayed" not in second.headers
    assert first.status_code == 200
    assert len((await raw.get(INTENTS)).json()["data"]) == 1


async def test_the_clock_moves_and_objects_go_by_it(raw: httpx.AsyncClient) -> None:
    before = (await raw.get("/_sandbox/clock")).json()["now"]
    after = (await raw.post("/_sandbox/clock/advance", json={"seconds": 5_000})).json()["now"]
    assert after - before >= 5_000
    made = await raw.post("/v1/customers")
    assert made.json()["created"] >= after
    for reply in (made, await raw.get("/_sandbox/state")):
        [date] = reply.headers.get_list("date")
        assert parsedate_to_datetime(date).timestamp() >= after


@pytest.mark.parametrize(
    ("method", "path", "status", "says"),
    [
        ("POST", "/_sandbox/clock/advance", 400, "seconds: "),
        ("POST", "/_sandbox/events/evt_none/resend", 404, "no event evt_none"),
        ("POST", "/_sandbox/events/evt_none/twin", 404, "no event evt_none"),
        ("POST", "/_sandbox/payment_intents/pi_none/authenticate", 404, "no payment intent pi_none"),
        ("POST", "/_sandbox/payment_methods/pm_none/automatically_update", 404, "no card pm_none"),
        ("POST", "/_sandbox/mandates/mandate_none/end", 404, "no mandate mandate_none"),
        ("GET", "/_sandbox/webhooks/deliveries?state=lost", 400, "state: "),
        ("GET", "/_sandbox/webhooks/deliveries?limit=x", 400, "limit: "),
        ("DELETE", "/_sandbox/faults?seed=x", 400, "seed: "),
    ],
)
async def test_what_cannot_be_done_is_said(
    raw: httpx.AsyncClient, method: str, path: str, status: int, says: str
) -> None:
    reply = await raw.request(method, path)
    assert reply.status_code == status
    assert reply.json()["error"]["message"].startswith(says)


async def test_only_a_payment_that_waits_for_it_can_be_authenticated(
    raw: httpx.AsyncClient, form: dict[str, str]
) -> None:
    waiting = await raw.post(INTENTS, data={**form, "payment_method": "pm_card_authenticationRequired"})
    assert waiting.json()["next_action"]["type"] == "use_stripe_sdk"
    path = f"/_sandbox/payment_intents/{waiting.json()['id']}/authenticate"
    assert (await raw.post(path, json={"outcome": "pass"})).json()["status"] == "succeeded"
    again = await raw.post(path, json={"outcome": "pass"})
    assert (again.status_code, "no authentication is asked for" in again.text) == (400, True)


async def test_the_browser_needs_the_client_secret(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    waiting = await raw.post(INTENTS, data={**form, "payment_method": "pm_card_authenticationRequired"})
    reply = await raw.get(f"/_sandbox/authenticate/{waiting.json()['id']}", params={"client_secret": "guess"})
    assert reply.status_code == 404
    after = await raw.get(f"{INTENTS}/{waiting.json()['id']}")
    assert after.json()["status"] == "requires_action"
