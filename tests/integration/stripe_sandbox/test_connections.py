"""Financial connections and report runs: what customers show, what banks end, what takes a moment."""

import httpx
import pytest

from tests.integration.stripe_sandbox.billing import a_customer, events_since, get, pass_time, post
from tests.integration.stripe_sandbox.harness import types_of_events

ACCOUNTS = "/v1/financial_connections/accounts"


async def a_linked_account(raw: httpx.AsyncClient) -> str:
    """The path of a bank account that a customer has shown."""
    form = {
        "account_holder[type]": "customer",
        "account_holder[customer]": await a_customer(raw),
        "permissions[]": "balances",
    }
    session = await post(raw, "/v1/financial_connections/sessions", form)
    shown = await raw.post(f"/_sandbox/financial_connections/sessions/{session['id']}/complete")
    again = await get(raw, f"/v1/financial_connections/sessions/{session['id']}")
    assert again["accounts"]["data"] == [shown.json()]
    return f"{ACCOUNTS}/{shown.json()['id']}"


async def test_a_customer_shows_a_bank_account_whose_balance_can_be_asked_for(raw: httpx.AsyncClient) -> None:
    path = await a_linked_account(raw)
    seen = await types_of_events(raw)
    assert seen[-1] == "financial_connections.account.created"
    asked = await post(raw, f"{path}/refresh", {"features[0]": "balance", "features[1]": "ownership"})
    assert (asked["balance"], asked["balance_refresh"]["status"]) == (None, "pending")
    await pass_time(raw, 1)
    known = await get(raw, path)
    assert (known["balance"]["current"], known["balance_refresh"]["status"]) == ({"usd": 10_000}, "succeeded")
    assert await events_since(raw, seen) == [
        "financial_connections.account.refreshed_balance",
        "financial_connections.account.refreshed_ownership",
    ]
    assert [one["id"] for one in (await get(raw, ACCOUNTS))["data"]] == [known["id"]]


async def test_a_connection_ends_is_renewed_and_is_given_up(raw: httpx.AsyncClient) -> None:
    path = await a_linked_account(raw)
    seen = await types_of_events(raw)
    control = f"/_sandbox{path.removeprefix('/v1')}/change"
    for what, status in (("deactivated", 200), ("deactivated", 400), ("reactivated", 200)):
        assert (await raw.post(control, json={"what": what})).status_code == status
    told = await raw.post(control.replace("change", "tell"), json={"what": "upcoming_deactivation"})
    assert told.status_code == 200
    await post(raw, f"{path}/disconnect")
    await post(raw, f"{path}/disconnect", status=400)
    await post(raw, f"{path}/refresh", {"features[]": "balance"}, 400)
    wanted = ("deactivated", "reactivated", "upcoming_deactivation", "disconnected")
    assert await events_since(raw, seen) == [f"financial_connections.account.{what}" for what in wanted]


async def test_a_session_needs_its_holder(raw: httpx.AsyncClient) -> None:
    form = {"account_holder[type]": "customer", "permissions[]": "balances"}
    refused = await post(raw, "/v1/financial_connections/sessions", form, 400)
    assert refused["error"]["param"] == "account_holder[customer]"


@pytest.mark.parametrize("fails", [True, False])
async def test_a_report_comes_to_an_end(raw: httpx.AsyncClient, fails: bool) -> None:
    form = {"report_type": "balance.summary.1", "parameters[interval_start]": "1", "parameters[interval_end]": "2"}
    run = await post(raw, "/v1/reporting/report_runs", form)
    assert (run["status"], run["result"]) == ("pending", None)
    control = f"/_sandbox/reporting/report_runs/{run['id']}/fail"
    if fails:
        assert (await raw.post(control, json={"error": "too much"})).status_code == 200
    await pass_time(raw, 2)
    ended = await get(raw, f"/v1/reporting/report_runs/{run['id']}")
    assert (ended["status"], ended["error"]) == (("failed", "too much") if fails else ("succeeded", None))
    assert await types_of_events(raw) == [f"reporting.report_run.{ended['status']}"]
    assert (await raw.post(control)).status_code == 400
    await post(raw, "/v1/reporting/report_runs", {"report_type": "dreams.1"}, 400)
