"""What belongs to a connected account: people, bank accounts, capabilities, links; and OAuth, by which it connects."""

import httpx
import pytest
import stripe

from stripe_sandbox.settings import DEFAULT_API_KEY
from tests.integration.stripe_sandbox.billing import Form, get, post
from tests.integration.stripe_sandbox.harness import acting_for, open_account, types_of_events

BANK = {
    "external_account[object]": "bank_account",
    "external_account[account_number]": "000123456789",
    "external_account[routing_number]": "110000000",
    "external_account[country]": "US",
    "external_account[currency]": "usd",
}
APPLICATION = "ca_1SandboxPlatform"


async def test_people_come_change_and_go(raw: httpx.AsyncClient, creator: str) -> None:
    seen = await types_of_events(raw, creator)
    path = f"/v1/accounts/{creator}/persons"
    form = {"first_name": "Jo", "ssn_last_4": "0000", "relationship[owner]": "true", "metadata[k]": "v"}
    person = await post(raw, path, form)
    assert (person["account"], person["first_name"], person["ssn_last_4_provided"]) == (creator, "Jo", True)
    assert (person["relationship"]["owner"], person["relationship"]["representative"]) == (True, False)
    assert "ssn_last_4" not in person
    changed = await post(raw, f"{path}/{person['id']}", {"relationship[title]": "CEO"})
    assert (changed["relationship"]["owner"], changed["relationship"]["title"]) == (True, "CEO")
    assert (await get(raw, path, **{"relationship[owner]": "true"}))["data"] == [changed]
    assert (await get(raw, path, **{"relationship[director]": "true"}))["data"] == []
    assert (await raw.delete(f"{path}/{person['id']}")).json()["deleted"] is True
    assert (await get(raw, path))["data"] == []
    assert (await raw.get(f"{path}/{person['id']}")).status_code == 404
    happened = (await types_of_events(raw, creator))[len(seen) :]
    assert happened == ["person.created", "person.updated", "person.deleted"]


async def test_an_account_has_one_default_bank_account_for_a_currency(raw: httpx.AsyncClient, creator: str) -> None:
    seen = await types_of_events(raw, creator)
    path = f"/v1/accounts/{creator}/external_accounts"
    (first,) = (await get(raw, path))["data"]
    second = await post(raw, path, BANK)
    assert (first["default_for_currency"], second["default_for_currency"]) == (True, False)
    assert (await raw.delete(f"{path}/{first['id']}")).status_code == 400
    await post(raw, f"{path}/{second['id']}", {"default_for_currency": "true"})
    assert (await get(raw, f"{path}/{first['id']}"))["default_for_currency"] is False
    assert (await raw.delete(f"{path}/{first['id']}")).json()["deleted"] is True
    assert [one["id"] for one in (await get(raw, path, object="bank_account"))["data"]] == [second["id"]]
    assert (await get(raw, path, object="card"))["data"] == []
    happened = [kind for kind in (await types_of_events(raw, creator))[len(seen) :] if "external" in kind]
    assert happened == [f"account.external_account.{what}" for what in ("created", "updated", "deleted")]
    account = await get(raw, f"/v1/accounts/{creator}")
    assert [one["id"] for one in account["external_accounts"]["data"]] == [second["id"]]


async def test_a_capability_is_asked_for(raw: httpx.AsyncClient, creator: str) -> None:
    path = f"/v1/accounts/{creator}/capabilities"
    assert [one["id"] for one in (await get(raw, path))["data"]] == ["card_payments", "transfers"]
    wanted = await post(raw, f"{path}/klarna_payments", {"requested": "true"})
    assert (wanted["requested"], wanted["status"]) == (True, "active")
    assert await get(raw, f"{path}/klarna_payments") == wanted
    assert "capability.updated" in await types_of_events(raw, creator)
    assert (await raw.get(f"{path}/flying")).status_code == 404


async def test_links_lead_into_stripes_pages(raw: httpx.AsyncClient, creator: str) -> None:
    urls = {"refresh_url": "https://shop.example/again", "return_url": "https://shop.example/done"}
    link = await post(raw, "/v1/account_links", {"account": creator, "type": "account_onboarding", **urls})
    assert (link["object"], link["expires_at"] > link["created"]) == ("account_link", True)
    await post(raw, "/v1/account_links", {"account": creator, "type": "account_update", **urls}, 400)
    await post(raw, "/v1/account_links", {"account": creator, "type": "account_onboarding"}, 400)
    form = {"account": creator, "components[payouts][enabled]": "true"}
    session = await post(raw, "/v1/account_sessions", form)
    assert session["components"]["payouts"]["enabled"] is True
    assert session["components"]["payments"]["enabled"] is False
    login = await post(raw, f"/v1/accounts/{creator}/login_links")
    assert login["object"] == "login_link"
    standard = await open_account(raw, type="standard")
    await post(raw, f"/v1/accounts/{standard}/login_links", status=400)


async def test_an_account_comes_by_oauth_and_leaves(hooked_raw: httpx.AsyncClient) -> None:
    raw = hooked_raw
    given = (await raw.post("/_sandbox/oauth/authorize", json={"country": "DE"})).json()
    account = given["account"]
    assert (await raw.get(f"/v1/accounts/{account}")).status_code == 403
    deliveries = (await raw.get("/_sandbox/webhooks/deliveries")).json()
    assert deliveries["data"] == []
    token = await post(raw, "/oauth/token", {"grant_type": "authorization_code", "code": given["code"]})
    assert (token["stripe_user_id"], token["scope"], token["token_type"]) == (account, "read_write", "bearer")
    again = await post(raw, "/oauth/token", {"grant_type": "authorization_code", "code": given["code"]}, 400)
    assert again["error"] == "invalid_grant"
    shown = await get(raw, f"/v1/accounts/{account}")
    assert (shown["type"], shown["country"], shown["charges_enabled"]) == ("standard", "DE", True)
    key = {"authorization": f"Bearer {token['access_token']}"}
    assert (await raw.get("/v1/account", headers=key)).json()["id"] == account
    assert (await types_of_events(raw, account))[-1] == "account.application.authorized"
    left = await post(raw, "/oauth/deauthorize", {"client_id": APPLICATION, "stripe_user_id": account})
    assert left == {"stripe_user_id": account}
    assert (await raw.get("/v1/account", headers=key)).status_code == 401
    assert (await raw.get("/v1/balance", headers=acting_for(account))).status_code == 403
    assert (await get(raw, "/v1/accounts"))["data"] == []
    back = (await raw.post("/_sandbox/oauth/authorize", json={"account": account})).json()
    await post(raw, "/oauth/token", {"grant_type": "authorization_code", "code": back["code"]})
    assert (await types_of_events(raw, account))[-2:] == [
        "account.application.deauthorized",
        "account.application.authorized",
    ]


@pytest.mark.parametrize(
    ("path", "form", "status", "error"),
    [
        ("token", {"grant_type": "refresh_token", "refresh_token": "rt_x"}, 400, "unsupported_grant_type"),
        ("token", {"grant_type": "authorization_code", "code": "ac_x"}, 400, "invalid_grant"),
        ("deauthorize", {"client_id": "ca_x", "stripe_user_id": "acct_x"}, 401, "invalid_client"),
        ("deauthorize", {"client_id": APPLICATION, "stripe_user_id": "acct_x"}, 401, "invalid_client"),
    ],
)
async def test_oauth_refuses_in_its_own_form(
    raw: httpx.AsyncClient, path: str, form: Form, status: int, error: str
) -> None:
    refused = await post(raw, f"/oauth/{path}", form, status)
    assert refused["error"] == error
    assert refused["error_description"]


async def test_a_deleted_account_has_left_the_platform(raw: httpx.AsyncClient, creator: str) -> None:
    told = (await raw.get("/_sandbox/events", params={"type": "account.application.deauthorized"})).json()
    assert told["data"] == []
    (await raw.delete(f"/v1/accounts/{creator}")).raise_for_status()
    (event,) = (await raw.get("/_sandbox/events", params={"type": "account.application.deauthorized"})).json()["data"]
    assert (event["account"], event["data"]["object"]["id"]) == (creator, APPLICATION)


# stripe-python 16.1 hands httpx its body in a way that httpx deprecates.
@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
async def test_stripes_own_client_takes_the_token(raw: httpx.AsyncClient) -> None:
    code = (await raw.post("/_sandbox/oauth/authorize", json={})).json()["code"]
    base, http = str(raw.base_url).rstrip("/"), stripe.HTTPXClient()
    client = stripe.StripeClient(DEFAULT_API_KEY, base_addresses={"api": base, "connect": base}, http_client=http)
    form = {"grant_type": "authorization_code", "code": code}
    answer = await client.raw_request_async("post", "/oauth/token", **form, base="connect")
    await http.close_async()  # type: ignore[no-untyped-call]  # stripe-python leaves it untyped
    assert answer.code == 200
