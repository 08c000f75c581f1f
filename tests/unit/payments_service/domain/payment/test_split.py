"""Splitting a payment: what is allowed, and what is left to be split."""

from uuid import UUID

import pytest

from payments_service.domain.errors import PaymentsError
from payments_service.domain.ids import new_id
from payments_service.domain.money import Money
from payments_service.domain.payment.capture import fee_of_capture
from payments_service.domain.payment.model import ChargeModel, Split
from payments_service.domain.payment.split import require_splits_within
from payments_service.domain.refund.decide import bearer
from payments_service.domain.refund.model import AbsorbBy
from tests.unit.payments_service.domain.samples import a_payment

ONE, TWO = new_id(), new_id()


def usd(amount: int) -> Money:
    return Money(amount, "usd")


def a_split(account_id: UUID, amount: int, currency: str = "usd") -> Split:
    return Split(account_id, Money(amount, currency))


@pytest.mark.parametrize(
    ("splits", "fee"),
    [([], 0), ([a_split(ONE, 2_500)], 0), ([a_split(ONE, 1_000), a_split(TWO, 1_000)], 500), ([a_split(ONE, 1)], 0)],
)
def test_splits_and_fee_are_at_most_the_amount(splits: list[Split], fee: int) -> None:
    require_splits_within(splits, usd(fee), usd(2_500))


@pytest.mark.parametrize(
    ("splits", "fee", "field"),
    [
        ([a_split(ONE, 2_501)], 0, "splits"),
        ([a_split(ONE, 2_500)], 1, "splits"),
        ([a_split(ONE, 1), a_split(ONE, 1)], 0, "splits[1].connected_account_id"),
        ([a_split(ONE, 1, "eur")], 0, "splits[0].amount.currency_code"),
    ],
)
def test_what_nobody_can_pay_is_refused_by_its_field(splits: list[Split], fee: int, field: str) -> None:
    with pytest.raises(PaymentsError) as raised:
        require_splits_within(splits, usd(fee), usd(2_500))

    assert [violation.field for violation in raised.value.violations] == [field]


def test_what_nobody_claims_waits_to_be_split() -> None:
    payment = a_payment(platform_fee=usd(300), splits=(a_split(ONE, 1_000), a_split(TWO, 500)))

    assert payment.unsplit == usd(700)
    assert payment.payees == {ONE, TWO}


SEPARATE = a_payment(charge_model=ChargeModel.SEPARATE, platform_fee=usd(250))


def test_of_a_part_the_platform_keeps_its_share_and_nothing_else_can_be_asked_for() -> None:
    assert fee_of_capture(SEPARATE, usd(1_000), None) == usd(250)
    with pytest.raises(PaymentsError, match="is for DESTINATION and DIRECT payments only"):
        fee_of_capture(SEPARATE, usd(1_000), usd(10))


def test_a_refund_is_borne_by_the_creators_unless_the_platform_absorbs_it() -> None:
    def borne(absorb_by: AbsorbBy) -> tuple[AbsorbBy, bool]:
        return bearer(SEPARATE, absorb_by, reverse_transfer=None, refund_platform_fee=False)

    assert borne(AbsorbBy.UNSPECIFIED) == borne(AbsorbBy.CREATOR) == (AbsorbBy.CREATOR, False)
    assert borne(AbsorbBy.PLATFORM) == (AbsorbBy.PLATFORM, False)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"reverse_transfer": True, "refund_platform_fee": False}, "reverse_transfer"),
        ({"reverse_transfer": None, "refund_platform_fee": True}, "refund_platform_fee"),
    ],
)
def test_what_only_destination_payments_know_is_refused(asked: dict[str, bool], field: str) -> None:
    with pytest.raises(PaymentsError) as raised:
        bearer(SEPARATE, AbsorbBy.CREATOR, **asked)

    assert [violation.field for violation in raised.value.violations] == [field]
