"""Reading: by every name a thing has, page by page, and only what the caller may see."""

from typing import Any

import pytest
from payments_api.v1 import payment_pb2, payment_service_pb2

from tests.integration.payments_service.application.house import PAY, House, failure


def list_payments(house: House, **fields: Any) -> Any:
    return house.payments.ListPayments(payment_service_pb2.ListPaymentsRequest(**fields), metadata=house.metadata)


def get(house: House, **key: str) -> Any:
    return house.payments.GetPayment(payment_service_pb2.GetPaymentRequest(**key), metadata=house.metadata)


async def test_a_payment_is_found_by_each_of_its_names(house: House) -> None:
    payment = (await house.create("k")).payment

    for key in (
        {"payment_id": payment.id},
        {"reference": "order_1"},
        {"stripe_payment_intent_id": payment.stripe_payment_intent_id},
    ):
        assert (await get(house, **key)).payment == payment


async def test_by_reference_the_newest_is_given(house: House) -> None:
    await house.create("k1")
    newest = (await house.create("k2")).payment

    assert (await get(house, reference="order_1")).payment == newest


@pytest.mark.parametrize(
    "key",
    [
        {"payment_id": "pay_00000000000000000000000000"},
        {"payment_id": "not an id"},
        {"reference": "nobody's"},
        {"stripe_payment_intent_id": "pi_none"},
    ],
)
async def test_what_is_not_there_is_not_found(house: House, key: dict[str, str]) -> None:
    failed = await failure(get(house, **key))

    assert (failed.code, failed.reason) == ("NOT_FOUND", "PAYMENT_NOT_FOUND")


async def test_no_key_at_all_says_what_to_give(house: House) -> None:
    failed = await failure(get(house))

    assert failed.reason == "REQUEST_INVALID"
    assert any("payment_id" in text for text in failed.fields.values())


async def test_lists_go_newest_first_page_by_page_without_gaps(house: House) -> None:
    made = [(await house.create(f"k{number}")).payment.id for number in range(7)]
    seen: list[str] = []
    token = ""
    pages = 0
    while True:
        page = await list_payments(house, page_size=3, page_token=token)
        seen += [payment.id for payment in page.payments]
        pages += 1
        await house.create(f"between {pages}")
        token = page.next_page_token
        if not token:
            break

    assert seen == made[::-1]
    assert pages == 3


async def test_a_token_of_another_list_is_refused(house: House) -> None:
    for number in range(3):
        await house.create(f"k{number}", owner_id="alice")
    token = (await list_payments(house, page_size=1, owner_id="alice")).next_page_token

    failed = await failure(list_payments(house, page_size=1, owner_id="bob", page_token=token))

    assert (failed.code, failed.reason) == ("INVALID_ARGUMENT", "PAGE_TOKEN_INVALID")
    assert (await failure(list_payments(house, page_size=-1))).fields.keys() == {"page_size"}


async def test_filters_must_all_match(house: House) -> None:
    paid = (await house.create("k1", owner_id="alice", reference="order_1", **PAY)).payment
    waiting = (await house.create("k2", owner_id="alice", reference="order_2")).payment
    other = (await house.create("k3", owner_id="bob", reference="order_2")).payment
    declined = (
        await failure(house.create("k4", owner_id="bob", payment_method="pm_card_chargeDeclined", confirm=True))
    ).metadata["payment_id"]

    async def ids(**fields: Any) -> list[str]:
        return [payment.id for payment in (await list_payments(house, **fields)).payments]

    assert await ids(owner_id="alice") == [waiting.id, paid.id]
    assert await ids(reference="order_2") == [other.id, waiting.id]
    assert await ids(states=[payment_pb2.PAYMENT_STATE_SUCCEEDED]) == [paid.id]
    assert await ids(owner_id="bob", reference="order_2") == [other.id]
    assert await ids(needs_follow_up=True) == [declined]
    assert await ids(create_time_from=waiting.create_time, create_time_before=other.create_time) == [waiting.id]
    assert await ids(owner_id="nobody") == []


async def test_a_caller_bound_to_owners_lists_its_own_whatever_it_asks_for(house: House) -> None:
    mine = (await house.create("k1", owner_id="alice")).payment
    await house.create("k2", owner_id="bob")
    house.metadata = house.as_caller("idp|alice", ["alice"])

    assert [payment.id for payment in (await list_payments(house)).payments] == [mine.id]
    assert list((await list_payments(house, owner_id="bob")).payments) == []
    house.metadata = house.as_caller("idp|nobody", [])
    assert list((await list_payments(house)).payments) == []


async def test_a_purchase_of_nobody_is_not_found(house: House) -> None:
    failed = await failure(
        house.payments.GetPurchase(payment_service_pb2.GetPurchaseRequest(reference="none"), metadata=house.metadata)
    )

    assert (failed.code, failed.reason) == ("NOT_FOUND", "PURCHASE_NOT_FOUND")
