"""Which refund Stripe speaks of: by its id, or by ours in Stripe's metadata, as long as that fits."""

from dataclasses import replace

import pytest

from payments_service.application.follow.payments import refund_behind, refund_behind_row
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.money import Money
from payments_service.domain.refund.model import Refund, RefundSnapshot, RefundState
from payments_service.domain.settlement.model import BalanceTransaction
from tests.unit.payments_service.domain.samples import CHARGE, NOON, a_refund

KNOWN = a_refund(4_000, stripe_refund_id="re_1")
NEW = a_refund(4_000)
"""A refund of which nobody knows yet what became of it."""


def hint(refund: Refund) -> str:
    return format_id(Prefix.REFUND, refund.id)


def said(name: str, hint: str = "", amount: int = 4_000) -> RefundSnapshot:
    money = Money(amount, "usd")
    return RefundSnapshot(name, "pi_1", RefundState.SUCCEEDED, "succeeded", money, NOON, hint=hint)


def booked(name: str, hint: str = "", amount: int = -4_000) -> BalanceTransaction:
    return replace(CHARGE, type="refund", source_id=name, refund_hint=hint, amount=amount)


@pytest.mark.parametrize(
    ("name", "of", "amount", "expected"),
    [
        pytest.param("re_1", None, 4_000, KNOWN, id="by Stripe's id"),
        pytest.param("re_1", NEW, 1, KNOWN, id="Stripe's id counts more than a hint"),
        pytest.param("re_2", NEW, 4_000, NEW, id="by the hint, while it has no id of Stripe's"),
        pytest.param("re_2", NEW, 3_999, None, id="not by a hint of another amount"),
        pytest.param("re_2", KNOWN, 4_000, None, id="not by a hint at one that is another of Stripe's"),
        pytest.param("re_2", a_refund(), 4_000, None, id="not by a hint at one of another payment"),
        pytest.param("re_2", None, 4_000, None, id="nobody's"),
    ],
)
def test_a_refund_is_known_by_its_id_or_by_a_hint_that_fits(
    name: str, of: Refund | None, amount: int, expected: Refund | None
) -> None:
    text = hint(of) if of else ""

    assert refund_behind([NEW, KNOWN], said(name, text, amount)) is expected
    assert refund_behind_row([NEW, KNOWN], booked(name, text, -amount)) is expected


@pytest.mark.parametrize("nonsense", ["rfd_", "pay_01", "re_1", "\x00"])
def test_a_hint_that_is_no_id_is_no_hint(nonsense: str) -> None:
    assert refund_behind([NEW], said("re_2", nonsense)) is None


def test_the_failure_of_a_refund_is_about_the_same_refund() -> None:
    failed = replace(booked("re_2", hint(NEW)), type="refund_failure", amount=4_000)

    assert refund_behind_row([KNOWN, NEW], failed) is NEW


def test_of_no_refunds_it_is_none() -> None:
    assert refund_behind([], said("re_1")) is None
