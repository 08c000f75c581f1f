"""Failpoints do what they were armed with, where they were armed, and nothing anywhere else."""

import re

import pytest

from payments_service.application import failpoints
from payments_service.application.failpoints import (
    AFTER_STRIPE,
    NAMES,
    OF_OPERATIONS,
    SETTLEMENT_BEFORE_COMMIT,
    arm,
    reached,
)

KINDS = ("payment.capture", "refund.create")


@pytest.fixture(autouse=True)
def armed(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """What is armed: nothing at first, and nothing afterwards."""
    armed: dict[str, object] = {}
    monkeypatch.setattr(failpoints, "_armed", armed)
    return armed


@pytest.mark.parametrize("name", sorted(NAMES))
def test_nothing_happens_where_nothing_is_armed(name: str) -> None:
    died: list[str] = []
    arm(next(other for other in sorted(NAMES) if other != name), lambda: died.append("elsewhere"))
    reached(name, "payment.capture")
    assert died == []


@pytest.mark.parametrize("name", sorted(NAMES))
def test_without_a_kind_any_operation_reaches_it(name: str) -> None:
    died: list[str] = []
    arm(name, lambda: died.append(name), KINDS)
    for kind in (*KINDS, ""):
        reached(name, kind)
    assert died == [name] * 3


@pytest.mark.parametrize("name", sorted(OF_OPERATIONS))
def test_with_a_kind_only_that_one_reaches_it(name: str) -> None:
    died: list[str] = []
    arm(f"{name}@refund.create", lambda: died.append(name), KINDS)
    reached(name, "payment.capture")
    reached(name)
    assert died == []
    reached(name, "refund.create")
    assert died == [name]


@pytest.mark.parametrize(
    ("point", "message"),
    [
        ("operation.sometime", "no failpoint 'operation.sometime': choose one of completer.after_stripe, "),
        ("", "no failpoint ''"),
        (f"{AFTER_STRIPE}@payment.lose", "no kind of operation 'payment.lose': choose one of payment.capture, refund"),
        (f"{AFTER_STRIPE}@", "no kind of operation ''"),
        (f"{SETTLEMENT_BEFORE_COMMIT}@refund.create", "is about no operation: leave out '@refund.create'"),
    ],
    ids=["no such place", "nothing", "no such kind", "an empty kind", "a kind where there is none"],
)
def test_what_cannot_be_armed_is_named_with_what_can(point: str, message: str, armed: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        arm(point, lambda: None, KINDS)
    assert armed == {}
