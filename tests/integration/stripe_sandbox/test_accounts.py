"""Connected accounts through Stripe's own client and plain HTTP: opened, verified, restricted, closed."""

from typing import Any

import httpx
import pytest
import stripe

from tests.integration.stripe_sandbox.harness import open_account, types_of_events

# stripe-python 16.1 hands httpx its body in a way that httpx deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

ACCOUNTS = "/v1/accounts"
CAPABILITIES: Any = {"card_payments": {"requested": True}, "transfers": {"requested": True}}


async def test_a_new_account_may_do_nothing_and_says_what_is_missing(client: stripe.StripeClient) -> None:
    account: Any = await client.v1.accounts.create_async(
        {
            "type": "express",
            "country": "DE",
            "email": "artist@example.com",
            "business_type": "individual",
            "business_profile": {"mcc": "5815", "product_description": "Songs"},
            "capabilities": CAPABILITIES,
            "metadata": {"owner": "7"},
        }
    )
    assert account.id.startswith("acct_")
    assert (account.country, account.default_currency, account.type) == ("DE", "eur", "express")
    assert (account.charges_enabled, account.payouts_enabled, account.details_submitted) == (False, False, False)
    assert account.capabilities.to_dict() == {"card_payments": "inactive", "transfers": "inactive"}
    assert account.business_profile.mcc == "5815"
    assert account.metadata.to_dict() == {"owner": "7"}
    assert account.controller.to_dict() == {
        "fees": {"payer": "application_express"},
        "is_controller": True,
        "losses": {"payments": "application"},
        "requirement_collection": "stripe",
        "stripe_dashboard": {"type": "express"},
        "type": "application",
    }
    due = account.requirements.currently_due
    assert {"external_account", "individual.first_name", "tos_acceptance.date"} <= set(due)
    assert not {"business_profile.mcc", "business_profile.url", "business_type"} & set(due)
    assert account.requirements.past_due == due
    assert account.requirements.disabled_reason == "requirements.past_due"
    assert account.settings.payouts.schedule.to_dict() == {"delay_days": 2, "interval": "manual"}
    assert await client.v1.accounts.retrieve_async(account.id) == account


@pytest.mark.parametrize(
    ("given", "kind", "collection", "dashboard"),
    [
        ({}, "standard", "stripe", "full"),
        ({"type": "standard"}, "standard", "stripe", "full"),
        ({"type": "custom"}, "custom", "application", "none"),
        (
            {"controller": {"losses": {"payments": "application"}, "stripe_dashboard": {"type": "express"}}},
            "none",
            "stripe",
            "express",
        ),
        (
            {
                "controller": {
                    "fees": {"payer": "application"},
                    "losses": {"payments": "application"},
                    "requirement_collection": "application",
                    "stripe_dashboard": {"type": "none"},
                }
            },
            "none",
            "application",
            "none",
        ),
    ],
)
async def test_who_controls_an_account_comes_from_its_type_or_its_controller(
    client: stripe.StripeClient, given: Any, kind: str, collection: str, dashboard: str
) -> None:
    account: Any = await client.v1.accounts.create_async(given)
    assert account.type == kind
    assert account.controller.requirement_collection == collection
    assert account.controller.stripe_dashboard.type == dashboard


async def test_what_a_platform_collects_itself_shortens_the_list(client: stripe.StripeClient) -> None:
    given: Any = {
        "type": "custom",
        "business_type": "individual",
        "business_profile": {"mcc": "5815", "url": "https://example.com"},
        "external_account": {
            "object": "bank_account",
            "country": "US",
            "currency": "usd",
            "account_number": "000123456789",
            "routing_number": "110000000",
        },
        "individual": {
            "address": {"city": "A", "line1": "B", "postal_code": "C", "state": "D"},
            "dob": {"day": 1, "month": 2, "year": 1990},
            "email": "artist@example.com",
            "first_name": "Ada",
            "last_name": "Byron",
            "phone": "+15555550100",
            "ssn_last_4": "0000",
        },
        "tos_acceptance": {"date": 1_700_000_000, "ip": "192.0.2.1"},
    }
    account: Any = await client.v1.accounts.create_async(given)
    assert account.requirements.currently_due == []
    assert account.requirements.disabled_reason == "requirements.pending_verification"
    assert account.charges_enabled is False
    person = account.individual
    assert (person.first_name, person.dob.year, person.ssn_last_4_provided) == ("Ada", 1990, True)
    assert "ssn_last_4" not in person
    (bank_account,) = account.external_accounts.data
    assert (bank_account.last4, bank_account.currency, bank_account.account) == ("6789", "usd", account.id)


async def test_the_onboarding_activates_everything_and_is_told(raw: httpx.AsyncClient) -> None:
    made = (await raw.post(ACCOUNTS, data={"type": "express", "capabilities[transfers][requested]": "true"})).json()
    done = (await raw.post(f"/_sandbox/accounts/{made['id']}/complete_onboarding")).json()
    assert (done["charges_enabled"], done["payouts_enabled"], done["details_submitted"]) == (True, True, True)
    assert done["capabilities"] == {"transfers": "active"}
    assert (done["requirements"]["currently_due"], done["requirements"]["disabled_reason"]) == ([], None)
    assert len(done["external_accounts"]["data"]) == 1
    assert (await raw.get(f"{ACCOUNTS}/{made['id']}")).json() == done
    connected = {"stripe-account": made["id"]}
    updated, capability = (await raw.get("/v1/events", headers=connected)).json()["data"]
    assert (updated["type"], updated["account"], updated["data"]["object"]) == ("account.updated", made["id"], done)
    assert updated["data"]["previous_attributes"]["charges_enabled"] is False
    shown = capability["data"]["object"]
    assert (capability["type"], shown["id"], shown["status"]) == ("capability.updated", "transfers", "active")
    assert capability["data"]["previous_attributes"] == {"status": "inactive"}
    assert await types_of_events(raw) == []
    await raw.post(f"/_sandbox/accounts/{made['id']}/complete_onboarding")
    assert len(await types_of_events(raw, made["id"])) == 2


async def test_a_restriction_stops_an_account_until_its_onboarding_is_complete_again(
    raw: httpx.AsyncClient, creator: str
) -> None:
    path = f"/_sandbox/accounts/{creator}"
    command = {"disabled_reason": "listed", "currently_due": ["individual.id_number"]}
    stopped = (await raw.post(f"{path}/restrict", json=command)).json()
    assert (stopped["charges_enabled"], stopped["payouts_enabled"], stopped["details_submitted"]) == (
        False,
        False,
        True,
    )
    assert stopped["capabilities"] == {"card_payments": "inactive", "transfers": "inactive"}
    assert stopped["requirements"]["disabled_reason"] == "listed"
    assert stopped["requirements"]["currently_due"] == ["individual.id_number"]
    assert (await types_of_events(raw, creator))[-1] == "account.updated"
    again = (await raw.post(f"{path}/complete_onboarding")).json()
    assert (again["charges_enabled"], again["requirements"]["disabled_reason"]) == (True, None)


async def test_a_change_is_told_with_what_was_before(raw: httpx.AsyncClient, creator: str) -> None:
    change = {
        "email": "new@example.com",
        "metadata[k]": "v",
        "settings[payouts][schedule][interval]": "weekly",
        "capabilities[link_payments][requested]": "true",
        "external_account": "btok_us",
        "company[name]": "Songs Inc",
        "company[tax_id]": "000000000",
    }
    changed = (await raw.post(f"{ACCOUNTS}/{creator}", data=change)).json()
    assert (changed["email"], changed["metadata"]) == ("new@example.com", {"k": "v"})
    schedule = {"delay_days": 2, "interval": "weekly", "weekly_anchor": "monday"}
    assert changed["settings"]["payouts"]["schedule"] == schedule
    assert changed["capabilities"]["link_payments"] == "active"
    assert (changed["company"]["name"], changed["company"]["tax_id_provided"]) == ("Songs Inc", True)
    told = (await raw.get("/v1/events", headers={"stripe-account": creator})).json()["data"][:3]
    assert [event["type"] for event in told] == [
        "account.updated",
        "capability.updated",
        "account.external_account.created",
    ]
    previous = told[0]["data"]["previous_attributes"]
    assert (previous["email"], previous["metadata"]) == (None, {})
    assert previous["settings"]["payouts"]["schedule"]["interval"] == "manual"
    count = len(await types_of_events(raw, creator))
    await raw.post(f"{ACCOUNTS}/{creator}", data={"email": "new@example.com"})
    assert len(await types_of_events(raw, creator)) == count
    fewer = await raw.post(f"{ACCOUNTS}/{creator}", data={"capabilities[link_payments][requested]": "false"})
    assert "link_payments" not in fewer.json()["capabilities"]


async def test_accounts_are_listed_newest_first(raw: httpx.AsyncClient) -> None:
    made = [await open_account(raw) for _ in range(3)]
    first = (await raw.get(ACCOUNTS, params={"limit": "2"})).json()
    assert ([one["id"] for one in first["data"]], first["has_more"]) == ([made[2], made[1]], True)
    rest = (await raw.get(ACCOUNTS, params={"starting_after": made[1]})).json()
    assert ([one["id"] for one in rest["data"]], rest["has_more"]) == ([made[0]], False)
    assert (await raw.get(ACCOUNTS, params={"created[lt]": "1"})).json()["data"] == []


async def test_the_account_of_a_key_or_of_a_header_is_known(client: stripe.StripeClient, creator: str) -> None:
    platform = await client.v1.accounts.retrieve_current_async()
    assert (platform.id, platform.charges_enabled) == ("acct_1SandboxPlatform", True)
    connected = await client.v1.accounts.retrieve_current_async(options={"stripe_account": creator})
    assert connected.id == creator
    assert (await client.v1.accounts.retrieve_async("acct_1SandboxPlatform")).id == platform.id


async def test_a_deleted_account_is_gone_for_every_caller(raw: httpx.AsyncClient, creator: str) -> None:
    gone = await raw.delete(f"{ACCOUNTS}/{creator}")
    assert gone.json() == {"id": creator, "object": "account", "deleted": True}
    assert (await raw.get(ACCOUNTS)).json()["data"] == []
    for reply in (
        await raw.get(f"{ACCOUNTS}/{creator}"),
        await raw.get("/v1/balance", headers={"stripe-account": creator}),
        await raw.delete(f"{ACCOUNTS}/{creator}"),
    ):
        assert (reply.status_code, reply.json()["error"]["code"]) == (403, "account_invalid")
    assert (await raw.post(f"/_sandbox/accounts/{creator}/restrict")).status_code == 404


async def test_an_account_with_money_cannot_be_deleted(
    raw: httpx.AsyncClient, marketplace: dict[str, str], creator: str
) -> None:
    intent = (await raw.post("/v1/payment_intents", data=marketplace)).json()
    refused = await raw.delete(f"{ACCOUNTS}/{creator}")
    assert refused.status_code == 400
    assert "balance is not zero (9000 usd" in refused.json()["error"]["message"]
    back = {"payment_intent": intent["id"], "reverse_transfer": "true", "refund_application_fee": "true"}
    await raw.post("/v1/refunds", data=back)
    assert (await raw.delete(f"{ACCOUNTS}/{creator}")).json()["deleted"]
    moved = await raw.post("/_sandbox/clock/advance", json={"seconds": 3 * 86_400})
    assert moved.status_code == 200


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({"type": "express", "controller[fees][payer]": "account"}, None, "type"),
        ({"type": "weird"}, None, "type"),
        ({"country": "KP"}, "country_unsupported", "country"),
        ({"default_currency": "zzz"}, None, "default_currency"),
        ({"external_account": "btok_other"}, "resource_missing", "external_account"),
        ({"external_account[object]": "bank_account"}, "parameter_missing", "external_account[account_number]"),
        ({"capabilities[flying][requested]": "true"}, "parameter_unknown", "capabilities[flying]"),
        ({"individual[dob][month]": "13"}, "parameter_invalid_integer", "individual[dob][month]"),
        ({"controller[stripe_dashboard][type]": "express"}, None, "controller[losses][payments]"),
        ({"controller[requirement_collection]": "application"}, None, "controller[losses][payments]"),
        ({"charges_enabled": "true"}, "parameter_unknown", "charges_enabled"),
    ],
)
async def test_an_account_that_cannot_be_is_refused(
    raw: httpx.AsyncClient, given: dict[str, str], code: str | None, param: str
) -> None:
    reply = await raw.post(ACCOUNTS, data=given)
    assert (reply.status_code, reply.json()["error"].get("code"), reply.json()["error"]["param"]) == (400, code, param)
    assert (await raw.get(ACCOUNTS)).json()["data"] == []


async def test_only_the_platform_manages_accounts(raw: httpx.AsyncClient, creator: str) -> None:
    other = await open_account(raw)
    connected = {"stripe-account": creator}
    assert (await raw.get(f"{ACCOUNTS}/{creator}", headers=connected)).json()["id"] == creator
    assert (await raw.get(f"{ACCOUNTS}/{other}", headers=connected)).status_code == 403
    for reply in (
        await raw.post(ACCOUNTS, headers=connected),
        await raw.get(ACCOUNTS, headers=connected),
        await raw.post(f"{ACCOUNTS}/{creator}", headers=connected),
        await raw.delete(f"{ACCOUNTS}/{creator}", headers=connected),
    ):
        assert (reply.status_code, "signed up for Connect" in reply.text) == (400, True)
    for reply in (
        await raw.post(f"{ACCOUNTS}/acct_1SandboxPlatform", data={"email": "x"}),
        await raw.delete(f"{ACCOUNTS}/acct_1SandboxPlatform"),
    ):
        assert (reply.status_code, "your own account" in reply.text) == (403, True)


@pytest.mark.parametrize(
    ("path", "command", "status", "says"),
    [
        ("acct_none/complete_onboarding", {}, 404, "no connected account acct_none"),
        ("acct_1SandboxPlatform/restrict", {}, 404, "no connected account acct_1SandboxPlatform"),
        ("acct_none/complete_onboarding", {"when": "now"}, 400, "when: "),
        ("acct_none/restrict", {"currently_due": "x"}, 400, "currently_due: "),
    ],
)
async def test_a_control_call_that_cannot_be_carried_out_says_why(
    raw: httpx.AsyncClient, path: str, command: dict[str, str], status: int, says: str
) -> None:
    reply = await raw.post(f"/_sandbox/accounts/{path}", json=command)
    assert reply.status_code == status
    assert reply.json()["error"]["message"].startswith(says)


async def test_reset_forgets_connected_accounts(raw: httpx.AsyncClient, creator: str) -> None:
    state = (await raw.get("/_sandbox/state")).json()
    assert creator in state["accounts"]
    after = (await raw.post("/_sandbox/reset")).json()
    assert list(after["accounts"]) == ["acct_1SandboxPlatform"]
    assert (await raw.get(ACCOUNTS)).json()["data"] == []
