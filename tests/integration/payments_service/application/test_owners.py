"""A token that acts for some owners: of all the others nothing exists for it, whatever it calls."""

from collections.abc import Callable
from typing import Any

import pytest
from payments_api.v1 import (
    account_service_pb2,
    fee_service_pb2,
    payment_service_pb2,
    refund_service_pb2,
)

from tests.integration.payments_service.application.house import PAY, House, failure
from tests.integration.payments_service.application.wire import Wire


def usd(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency_code": "usd"}


class Things:
    """What belongs to alice: her account, a sale of hers with a refund, a waiting payment and a held one."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.ids: dict[str, str] = {}

    async def make(self) -> None:
        house = self.house
        seller = await house.seller("alice")
        paid = (await house.sell("paid", seller.id, owner_id="alice", reference="hers")).payment
        refund = await house.refund("r", paid.id, amount=usd(1_000))
        held = await house.create("held", owner_id="alice", capture_method="CAPTURE_METHOD_MANUAL", **PAY)
        self.ids = {
            "account": seller.id,
            "stripe_account": seller.stripe_account_id,
            "paid": paid.id,
            "intent": paid.stripe_payment_intent_id,
            "refund": refund.id,
            "stripe_refund": refund.stripe_refund_id,
            "held": held.payment.id,
            "waiting": (await house.create("waiting", owner_id="alice")).payment.id,
        }


Call = Callable[[House, dict[str, str]], Any]


def _pay(house: House, name: str, **fields: Any) -> Any:
    request = getattr(payment_service_pb2, f"{name}Request")(**fields)
    return getattr(house.payments, name)(request, metadata=house.metadata)


def _get_account(house: House, **key: str) -> Any:
    return house.accounts.GetAccount(account_service_pb2.GetAccountRequest(**key), metadata=house.metadata)


def _get_refund(house: House, **key: str) -> Any:
    return house.refunds.GetRefund(refund_service_pb2.GetRefundRequest(**key), metadata=house.metadata)


def _fees(house: House, **key: str) -> Any:
    return house.fees.GetPaymentFees(fee_service_pb2.GetPaymentFeesRequest(**key), metadata=house.metadata)


CALLS: dict[str, tuple[Call, str]] = {
    "get payment": (lambda house, ids: _pay(house, "GetPayment", payment_id=ids["paid"]), "PAYMENT_NOT_FOUND"),
    "get payment by reference": (lambda house, _: _pay(house, "GetPayment", reference="hers"), "PAYMENT_NOT_FOUND"),
    "get payment by intent": (
        lambda house, ids: _pay(house, "GetPayment", stripe_payment_intent_id=ids["intent"]),
        "PAYMENT_NOT_FOUND",
    ),
    "get purchase": (lambda house, _: _pay(house, "GetPurchase", reference="hers"), "PURCHASE_NOT_FOUND"),
    "confirm": (
        lambda house, ids: _pay(
            house, "ConfirmPayment", idempotency_key="b", payment_id=ids["waiting"], payment_method="pm_card_visa"
        ),
        "PAYMENT_NOT_FOUND",
    ),
    "capture": (
        lambda house, ids: _pay(house, "CapturePayment", idempotency_key="b", payment_id=ids["held"]),
        "PAYMENT_NOT_FOUND",
    ),
    "cancel": (
        lambda house, ids: _pay(house, "CancelPayment", idempotency_key="b", payment_id=ids["held"]),
        "PAYMENT_NOT_FOUND",
    ),
    "refund": (lambda house, ids: house.refund("b", ids["paid"]), "PAYMENT_NOT_FOUND"),
    "get refund": (lambda house, ids: _get_refund(house, refund_id=ids["refund"]), "REFUND_NOT_FOUND"),
    "get refund by stripe's id": (
        lambda house, ids: _get_refund(house, stripe_refund_id=ids["stripe_refund"]),
        "REFUND_NOT_FOUND",
    ),
    "get account": (lambda house, ids: _get_account(house, account_id=ids["account"]), "ACCOUNT_NOT_FOUND"),
    "get account by owner": (lambda house, _: _get_account(house, owner_id="alice"), "ACCOUNT_NOT_FOUND"),
    "get account by stripe's id": (
        lambda house, ids: _get_account(house, stripe_account_id=ids["stripe_account"]),
        "ACCOUNT_NOT_FOUND",
    ),
    "sell from her account": (lambda house, ids: house.sell("b", ids["account"]), "ACCOUNT_NOT_FOUND"),
    "get fees": (lambda house, ids: _fees(house, payment_id=ids["paid"]), "PAYMENT_NOT_FOUND"),
}


@pytest.mark.parametrize("owner_ids", [["bob"], ["bob", "carol"]], ids=["somebody else", "two others"])
async def test_what_belongs_to_others_does_not_exist(house: House, owner_ids: list[str]) -> None:
    things = Things(house)
    await things.make()
    backend = house.metadata
    house.metadata = house.as_caller("idp|bob", owner_ids)
    wire = Wire(house)

    for name, (call, reason) in CALLS.items():
        if name == "sell from her account" and len(owner_ids) > 1:
            continue  # it is asked first for which of them it acts
        failed = await failure(call(house, things.ids))
        assert (name, failed.code, failed.reason) == (name, "NOT_FOUND", reason)
        # Not a word more than about what never existed.
        assert "alice" not in failed.message.replace("'alice'", "")
        assert not failed.replayed

    assert wire.posts == []
    house.metadata = backend
    for name, (call, _) in CALLS.items():
        if name.startswith("get"):
            assert await call(house, things.ids)


async def test_her_own_token_may_do_all_of_it(house: House) -> None:
    things = Things(house)
    await things.make()
    house.metadata = house.as_caller("idp|alice", ["alice"])

    for name, (call, _) in CALLS.items():
        if name == "cancel":
            continue  # what is captured already cannot be canceled
        assert await call(house, things.ids), name


@pytest.mark.parametrize(
    ("owner_ids", "visible"),
    [(["alice"], {"alice"}), (["bob"], {"bob"}), (["alice", "bob"], {"alice", "bob"}), ([], set()), (None, None)],
    ids=["hers", "his", "both", "nobody's", "a backend's"],
)
async def test_lists_show_ones_own_only(house: House, owner_ids: list[str] | None, visible: set[str] | None) -> None:
    for owner in ("alice", "bob", "carol"):
        paid = (await house.create(owner, owner_id=owner, **PAY)).payment
        await house.refund(owner, paid.id)
    house.metadata = house.as_caller("idp|x", owner_ids)
    expected = {"alice", "bob", "carol"} if visible is None else visible

    for asked in ("", "alice", "carol"):
        payments = await _pay(house, "ListPayments", owner_id=asked)
        refunds = await house.refunds.ListRefunds(
            refund_service_pb2.ListRefundsRequest(owner_id=asked), metadata=house.metadata
        )
        seen = expected & ({asked} if asked else expected)
        assert {payment.owner_id for payment in payments.payments} == seen
        assert {refund.owner_id for refund in refunds.refunds} == seen
        assert (len(payments.payments), len(refunds.refunds)) == (len(seen), len(seen))


async def test_a_refund_of_the_dashboard_belongs_to_the_owner_of_its_payment(house: House) -> None:
    paid = (await house.create("k", owner_id="alice", **PAY)).payment
    await house.behind_our_back("/v1/refunds", payment_intent=paid.stripe_payment_intent_id)
    await house.settle_all()
    request = refund_service_pb2.ListRefundsRequest()

    house.metadata = house.as_caller("idp|alice", ["alice"])
    (refund,) = (await house.refunds.ListRefunds(request, metadata=house.metadata)).refunds
    house.metadata = house.as_caller("idp|bob", ["bob"])

    assert refund.owner_id == "alice"
    assert not (await house.refunds.ListRefunds(request, metadata=house.metadata)).refunds
    assert (await failure(_get_refund(house, refund_id=refund.id))).reason == "REFUND_NOT_FOUND"


async def test_an_account_is_made_for_ones_own_owner_and_for_nobody_else(house: House) -> None:
    def create(key: str, **fields: Any) -> Any:
        return house.accounts.CreateAccount(
            account_service_pb2.CreateAccountRequest(idempotency_key=key, country_code="US", **fields),
            metadata=house.metadata,
        )

    house.metadata = house.as_caller("idp|bob", ["bob"])
    foreign = await failure(create("a", owner_id="alice"))
    own = (await create("b")).account
    house.metadata = house.as_caller("idp|family", ["bob", "carol"])
    undecided = await failure(create("c"))
    house.metadata = house.as_caller("idp|nobody", [])
    nobody = await failure(create("d", owner_id="bob"))

    assert (foreign.code, foreign.reason) == ("PERMISSION_DENIED", "SCOPE_MISSING")
    assert own.owner_id == "bob"
    assert (undecided.reason, list(undecided.fields)) == ("REQUEST_INVALID", ["owner_id"])
    assert nobody.code == "PERMISSION_DENIED"
    assert len((await house.stripe("/v1/accounts"))["data"]) == 1


async def test_one_owners_key_does_not_give_another_owners_answer(house: House) -> None:
    one = (await house.create("one", owner_id="alice", **PAY)).payment
    other = (await house.create("other", owner_id="bob", **PAY)).payment
    house.metadata = house.as_caller("app", ["alice"])
    hers = await house.refund("same key", one.id, amount=usd(100))
    house.metadata = house.as_caller("app", ["bob"])

    hidden = await failure(house.refund("same key", one.id, amount=usd(100)))
    his = await house.refund("same key", other.id, amount=usd(100))

    assert (hidden.reason, hidden.replayed) == ("PAYMENT_NOT_FOUND", False)
    assert (hers.owner_id, his.owner_id) == ("alice", "bob")
