"""Connected accounts: one an owner, checked before Stripe hears of it, and following Stripe's after that."""

import asyncio
import itertools
from typing import Any

import grpc
import pytest
from payments_api.v1 import account_pb2, account_service_pb2

from tests.integration.payments_service.application.house import Failure, House, failure, read_failure
from tests.integration.payments_service.application.wire import Wire

ONBOARDING, ACTIVE = account_pb2.CONNECTED_ACCOUNT_STATE_ONBOARDING, account_pb2.CONNECTED_ACCOUNT_STATE_ACTIVE
RESTRICTED = account_pb2.CONNECTED_ACCOUNT_STATE_RESTRICTED
NOBODY = "acn_00000000000000000000000000"


def create(house: House, key: str = "k", **fields: Any) -> Any:
    values: dict[str, Any] = {"owner_id": "alice", "country_code": "US", **fields}
    return house.accounts.CreateAccount(
        account_service_pb2.CreateAccountRequest(idempotency_key=key, **values), metadata=house.metadata
    )


def get(house: House, **key: str) -> Any:
    return house.accounts.GetAccount(account_service_pb2.GetAccountRequest(**key), metadata=house.metadata)


async def at_stripe(house: House) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await house.stripe("/v1/accounts", limit="100"))["data"]
    return found


async def test_an_account_is_created_at_stripe_with_all_that_was_said(house: House) -> None:
    account = (
        await create(
            house,
            country_code="us",
            email="alice@example.com",
            business_type="BUSINESS_TYPE_INDIVIDUAL",
            product_description="Piano lessons",
            mcc="8299",
            metadata={"plan": "pro"},
        )
    ).account

    (body,) = await at_stripe(house)
    assert (account.id[:4], account.stripe_account_id) == ("acn_", body["id"])
    assert (account.owner_id, account.country_code, account.default_currency_code) == ("alice", "US", "usd")
    assert (account.email, account.metadata["plan"], account.livemode) == ("alice@example.com", "pro", False)
    assert (account.state, account.transfers_enabled, account.details_submitted) == (ONBOARDING, False, False)
    assert account.business_type == account_pb2.BUSINESS_TYPE_INDIVIDUAL
    assert account.requirements.currently_due
    assert (body["country"], body["email"], body["business_type"]) == ("US", "alice@example.com", "individual")
    assert body["business_profile"]["mcc"] == "8299"
    assert body["business_profile"]["product_description"] == "Piano lessons"
    assert (body["metadata"]["payments_account_id"], body["metadata"]["plan"]) == (account.id, "pro")


async def test_it_is_found_by_each_of_its_names(house: House) -> None:
    account = (await create(house)).account

    for key in ({"account_id": account.id}, {"owner_id": "alice"}, {"stripe_account_id": account.stripe_account_id}):
        assert (await get(house, **key)).account == account


@pytest.mark.parametrize(
    "key", [{"account_id": NOBODY}, {"account_id": "x"}, {"owner_id": "bob"}, {"stripe_account_id": "acct_1"}]
)
async def test_what_is_not_there_is_not_found(house: House, key: dict[str, str]) -> None:
    await create(house)

    failed = await failure(get(house, **key))

    assert (failed.code, failed.reason) == ("NOT_FOUND", "ACCOUNT_NOT_FOUND")


@pytest.mark.parametrize(
    ("fields", "matched"),
    [
        ({"mcc": "7995"}, "mcc 7995 (gambling)"),
        ({"product_description": "An online Casino for everyone"}, "word 'casino'"),
        ({"product_description": "money\n  laundering, mostly"}, "word 'money laundering'"),
    ],
)
async def test_a_restricted_business_is_refused_before_stripe_hears_of_it(
    house: House, fields: dict[str, str], matched: str
) -> None:
    wire = Wire(house)

    failed = await failure(create(house, **fields))
    again = await failure(create(house, **fields))

    assert (failed.code, failed.reason) == ("FAILED_PRECONDITION", "BUSINESS_RESTRICTED")
    assert failed.metadata["matched"] == matched
    assert matched in failed.message
    assert (failed.replayed, again.replayed) == (False, True)
    assert (again.message, again.metadata["matched"]) == (failed.message, matched)
    assert wire.posts == []
    assert await house.sql("SELECT 1 FROM connected_accounts") == []
    assert (
        await create(house, "other key", product_description="Occasional piano lessons")
    ).account.state == ONBOARDING


async def test_an_owner_has_one_account_and_is_told_which(house: House) -> None:
    account = (await create(house)).account

    refused = await failure(create(house, "other key"))
    again = await failure(create(house, "other key"))

    assert (refused.code, refused.reason) == ("ALREADY_EXISTS", "ACCOUNT_ALREADY_EXISTS")
    assert (refused.metadata["account_id"], refused.metadata["state"]) == (account.id, "ONBOARDING")
    assert account.id in refused.message
    # Not kept: the owner may have none some day.
    assert again.replayed is False
    assert (await create(house)).account == account
    assert len(await at_stripe(house)) == 1


async def test_of_many_at_once_with_keys_of_their_own_an_owner_gets_one(house: House) -> None:
    async def outcome(key: str) -> str | Failure:
        try:
            account_id: str = (await create(house, key)).account.id
        except grpc.aio.AioRpcError as error:
            return read_failure(error)
        return account_id

    outcomes = await asyncio.gather(*(outcome(f"k{number}") for number in range(20)))

    (made,) = (each for each in outcomes if isinstance(each, str))
    refused = [each for each in outcomes if isinstance(each, Failure)]
    assert {(each.reason, each.metadata["account_id"]) for each in refused} == {("ACCOUNT_ALREADY_EXISTS", made)}
    assert len(await at_stripe(house)) == 1


@pytest.mark.parametrize(
    ("fields", "field", "what"),
    [
        ({"owner_id": ""}, "owner_id", "is required"),
        ({"country_code": "USA"}, "country_code", "two letters"),
        ({"country_code": ""}, "country_code", "two letters"),
        ({"email": "nobody"}, "email", "e-mail address"),
        ({"mcc": "12"}, "mcc", "four digits"),
        ({"business_type": 99}, "business_type", "must be one of"),
        ({"metadata": {"payments_x": "1"}}, 'metadata["payments_x"]', "rename"),
        ({"owner_id": "x" * 256}, "owner_id", "255"),
        ({"product_description": "x" * 1001}, "product_description", "1000"),
    ],
)
async def test_a_field_that_cannot_be_is_named_and_the_key_stays_free(
    house: House, fields: dict[str, Any], field: str, what: str
) -> None:
    failed = await failure(create(house, **fields))

    assert (failed.code, failed.reason) == ("INVALID_ARGUMENT", "REQUEST_INVALID")
    assert list(failed.fields) == [field]
    assert what in failed.fields[field]
    assert (await create(house)).account.state == ONBOARDING


async def test_a_country_that_stripe_does_not_take_fails_for_good_and_the_owner_can_try_another(house: House) -> None:
    failed = await failure(create(house, country_code="XX"))

    assert (failed.code, failed.reason) == ("FAILED_PRECONDITION", "STRIPE_REJECTED")
    account = (await get(house, account_id=failed.metadata["account_id"])).account
    assert account.state == account_pb2.CONNECTED_ACCOUNT_STATE_FAILED
    assert (await create(house, "other key")).account.state == ONBOARDING


async def test_it_follows_stripe_through_onboarding_whatever_the_order_of_events(house: House) -> None:
    account = (await create(house)).account
    stripe_account = account.stripe_account_id
    await house.control("POST", f"/accounts/{stripe_account}/complete_onboarding")
    events = await house.stripe_events(stripe_account)
    assert 2 <= len(events) <= 4

    for number, order in enumerate(itertools.permutations(events)):
        for event in order:
            for twin in ("", "-twin"):
                await house.record({**event, "id": f"{event['id']}-{number}{twin}"})
                await house.run("inbox")
        after = (await get(house, account_id=account.id)).account
        assert (after.state, after.transfers_enabled, after.payouts_enabled) == (ACTIVE, True, True)
        assert not after.requirements.currently_due

    await house.control(
        "POST",
        f"/accounts/{stripe_account}/restrict",
        {"disabled_reason": "requirements.past_due", "currently_due": ["individual.id_number"]},
    )
    await house.record_all(stripe_account)
    await house.run("inbox")

    after = (await get(house, account_id=account.id)).account
    assert (after.state, after.transfers_enabled, after.charges_enabled) == (RESTRICTED, False, False)
    assert after.requirements.disabled_reason == "requirements.past_due"
    assert "individual.id_number" in after.requirements.currently_due


async def test_news_of_an_account_whose_creation_is_in_doubt_find_it_by_its_hint(house: House) -> None:
    fault = {"effect": "reset_after", "method": "POST", "path": "/v1/accounts", "count": 1}
    await house.control("POST", "/faults", fault)
    assert (await failure(create(house))).reason == "OUTCOME_UNKNOWN"
    (body,) = await at_stripe(house)
    await house.control("POST", f"/accounts/{body['id']}/complete_onboarding")

    await house.record_all(body["id"])
    await house.run("inbox")
    assert (await get(house, stripe_account_id=body["id"])).account.state == ACTIVE
    await house.complete()

    # The answer that comes late does not take it back to where it was.
    assert (await create(house)).account.state == ACTIVE
    assert len(await at_stripe(house)) == 1
