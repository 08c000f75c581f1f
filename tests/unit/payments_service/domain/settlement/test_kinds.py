"""Every type and reporting category that Stripe lists has a row of ours, and every kind an account in each book."""

import re
from dataclasses import replace
from typing import Literal, get_args, get_origin

import pytest
import stripe
from stripe.params.reporting import _report_run_create_params as report_runs

from payments_service.domain.settlement.counters import _CONNECTED, _OF_A_CHARGE, _PLATFORM
from payments_service.domain.settlement.kinds import ADJUSTMENT, CATEGORIES, TYPES, Kind, kind_of
from tests.unit.payments_service.domain.samples import CHARGE

LISTED_TYPES = {
    name
    for part in get_args(stripe.BalanceTransaction.__annotations__["type"])
    if get_origin(part) is Literal
    for name in get_args(part)
}
"""What the pinned version of Stripe's library knows."""

_WITH_CATEGORIES = str(report_runs.ReportRunCreateParamsParameters.__annotations__["reporting_category"])
LISTED_CATEGORIES = set(re.findall(r"'([a-z_]+)'", _WITH_CATEGORIES))


def test_the_lists_were_found() -> None:
    assert {"charge", "transfer_refund", "reserve_hold", ADJUSTMENT} <= LISTED_TYPES
    assert {"dispute", "partial_capture_reversal", "network_cost"} <= LISTED_CATEGORIES


def test_every_listed_type_has_a_row() -> None:
    assert LISTED_TYPES - TYPES.keys() == {ADJUSTMENT}


def test_every_listed_category_has_a_row() -> None:
    assert LISTED_CATEGORIES - CATEGORIES.keys() == set()


def test_every_kind_has_an_account_in_each_book_or_is_left_to_a_person() -> None:
    by_rule = {*_OF_A_CHARGE, Kind.TRANSFER, Kind.COLLECTION}

    assert set(Kind) - _PLATFORM.keys() - by_rule == {Kind.UNUSED, Kind.BALANCE_PAYMENT}
    assert set(Kind) - _CONNECTED.keys() == {Kind.UNUSED}


@pytest.mark.parametrize(
    ("kind", "category", "source", "expected"),
    [
        ("adjustment", "dispute", "du_1", Kind.DISPUTE),
        ("adjustment", "dispute_reversal", "du_1", Kind.DISPUTE),
        ("adjustment", "fee", "", Kind.STRIPE_FEE),
        ("adjustment", "fee", "fr_1", Kind.PLATFORM_FEE),
        ("adjustment", "refund_failure", "re_1", Kind.REFUND),
        ("adjustment", "tomorrows_category", "", None),
        ("adjustment", "", "", None),
        ("refund", "refund", "re_1", Kind.REFUND),
        ("refund", "partial_capture_reversal", "ch_1", Kind.UNDONE),
        ("payment_refund", "charge_failure", "py_1", Kind.UNDONE),
        ("charge", "", "ch_1", Kind.PAID),
        ("tomorrows_type", "charge", "ch_1", None),
    ],
)
def test_the_category_tells_what_the_type_leaves_open(
    kind: str, category: str, source: str, expected: Kind | None
) -> None:
    assert kind_of(replace(CHARGE, type=kind, reporting_category=category, source_id=source)) is expected
