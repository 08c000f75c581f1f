"""Destination payments: who can be paid, and what the platform may keep."""

from typing import Any

import pytest
from payments_api.v1 import account_pb2, account_service_pb2, payment_pb2, payment_service_pb2

from tests.integration.payments_service.application.house import PAY, House, failure

NOBODY = "acn_00000000000000000000000000"


def usd(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency_code": "usd"}


def create(house: House) -> Any:
    return house.accounts.CreateAccount(
        account_service_pb2.CreateAccountRequest(idempotency_key="a", owner_id="alice", country_code="US"),
        metadata=house.metadata,
    )


async def account_of_alice(house: House) -> account_pb2.ConnectedAccount:
    reply = await house.accounts.GetAccount(
        account_service_pb2.GetAccountRequest(owner_id="alice"), metadata=house.metadata
    )
    found: account_pb2.ConnectedAccount = reply.account
    return found


async def test_a_seller_must_be_named_for_a_destination_payment_and_only_there(house: House) -> None:
    seller = await house.seller()

    missing = await failure(house.sell("a", ""))
    superfluous = await failure(house.create("b", connected_account_id=seller.id))
    fee = await failure(house.create("c", platform_fee=usd(10)))

    assert {each.reason for each in (missing, superfluous, fee)} == {"REQUEST_INVALID"}
    assert "connected_account_id is required for CHARGE_MODEL_DESTINATION" in missing.message
    assert "only allowed there" in superfluous.message
    assert "platform_fee is not for CHARGE_MODEL_PLATFORM" in fee.message
    assert await house.intents() == []


@pytest.mark.parametrize("account_id", [NOBODY, "acct_1", "nonsense"])
async def test_an_unknown_seller_is_not_found(house: House, account_id: str) -> None:
    failed = await failure(house.sell("k", account_id))

    assert (failed.code, failed.reason) == ("NOT_FOUND", "ACCOUNT_NOT_FOUND")
    assert repr(account_id) in failed.message
    assert await house.sql("SELECT 1 FROM payments") == []


@pytest.mark.parametrize(
    ("fee", "field", "what"),
    [
        (usd(10_001), "platform_fee.amount_minor", "at most the amount itself, 10000"),
        ({"amount_minor": 1, "currency_code": "eur"}, "platform_fee.currency_code", "must be usd"),
        (usd(-1), "platform_fee", "0 or more"),
    ],
)
async def test_a_fee_that_cannot_be_is_named(house: House, fee: dict[str, Any], field: str, what: str) -> None:
    seller = await house.seller()

    failed = await failure(house.sell("k", seller.id, platform_fee=fee))

    assert (failed.code, failed.reason) == ("INVALID_ARGUMENT", "REQUEST_INVALID")
    assert list(failed.fields) == [field]
    assert what in failed.fields[field]
    assert (await house.sell("k", seller.id)).payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED


async def test_a_seller_that_is_not_onboarded_cannot_be_paid_yet(house: House) -> None:
    account = (await create(house)).account

    failed = await failure(house.sell("k", account.id))
    again = await failure(house.sell("k", account.id))

    assert (failed.code, failed.reason) == ("FAILED_PRECONDITION", "STRIPE_REJECTED")
    assert failed.metadata["stripe_code"] == "insufficient_capabilities_for_transfer"
    assert again.replayed is True
    payment = (await house.get(failed.metadata["payment_id"])).payment
    assert payment.state == payment_pb2.PAYMENT_STATE_FAILED
    assert payment.last_failure.code == "insufficient_capabilities_for_transfer"
    await house.control("POST", f"/accounts/{account.stripe_account_id}/complete_onboarding")
    assert (await house.sell("new key", account.id)).payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED


async def test_a_seller_whose_creation_is_in_doubt_or_failed_cannot_be_paid(house: House) -> None:
    fault = {"effect": "reset_before", "method": "POST", "path": "/v1/accounts", "count": 1}
    await house.control("POST", "/faults", fault)
    assert (await failure(create(house))).reason == "OUTCOME_UNKNOWN"
    account = await account_of_alice(house)

    creating = await failure(house.sell("a", account.id))
    await house.sql("UPDATE stripe_operations SET execute_until = now() - interval '1 second'")
    await house.complete()
    gone = await failure(house.sell("b", account.id))

    for failed, state in ((creating, "CREATING"), (gone, "FAILED")):
        assert (failed.code, failed.reason) == ("FAILED_PRECONDITION", "INVALID_STATE")
        assert (failed.metadata["account_id"], failed.metadata["state"]) == (account.id, state)
        assert "cannot be paid" in failed.message


async def test_payments_of_a_seller_are_listed(house: House) -> None:
    seller, other = await house.seller("one"), await house.seller("two")
    paid = [(await house.sell(f"k{number}", seller.id)).payment.id for number in range(3)]
    await house.sell("other", other.id)
    await house.create("none", **PAY)

    listed = await house.payments.ListPayments(
        payment_service_pb2.ListPaymentsRequest(connected_account_id=seller.id), metadata=house.metadata
    )

    assert [payment.id for payment in listed.payments] == paid[::-1]
