"""What the bootstrap does with a failpoint in the environment."""

import pytest

from payments_service.application import failpoints
from payments_service.application.failpoints import AFTER_CLAIM
from payments_service.bootstrap import _arm_failpoint
from payments_service.config import ConfigurationError, load_settings

KINDS = ("payment.capture", "refund.create")
SANDBOX = load_settings({"PAYMENTS_STRIPE_API_BASE": "http://127.0.0.1:12111"})
REAL = load_settings({})


@pytest.fixture(autouse=True)
def armed(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """What is armed: nothing at first, and nothing afterwards."""
    armed: dict[str, object] = {}
    monkeypatch.setattr(failpoints, "_armed", armed)
    return armed


def test_the_environment_arms_it(monkeypatch: pytest.MonkeyPatch, armed: dict[str, object]) -> None:
    monkeypatch.setenv("PAYMENTS_FAILPOINT", f"{AFTER_CLAIM}@refund.create")
    _arm_failpoint(SANDBOX, KINDS)
    assert list(armed) == [f"{AFTER_CLAIM}@refund.create"]


@pytest.mark.parametrize("point", ["operation.sometime", f"{AFTER_CLAIM}@payment.lose", f"{AFTER_CLAIM}@a\nb"])
def test_a_wrong_one_stops_the_start_with_one_line(point: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYMENTS_FAILPOINT", point)
    with pytest.raises(ConfigurationError, match=r"^PAYMENTS_FAILPOINT: no .*: choose one of [a-z_., ]+$"):
        _arm_failpoint(SANDBOX, KINDS)


def test_with_stripe_itself_none_is_armed(monkeypatch: pytest.MonkeyPatch, armed: dict[str, object]) -> None:
    monkeypatch.setenv("PAYMENTS_FAILPOINT", AFTER_CLAIM)
    with pytest.raises(ConfigurationError, match=r"^PAYMENTS_FAILPOINT: only works against a sandbox"):
        _arm_failpoint(REAL, KINDS)
    assert armed == {}


def test_without_the_variable_nothing_is_armed(monkeypatch: pytest.MonkeyPatch, armed: dict[str, object]) -> None:
    monkeypatch.delenv("PAYMENTS_FAILPOINT", raising=False)
    _arm_failpoint(REAL, KINDS)
    assert armed == {}
