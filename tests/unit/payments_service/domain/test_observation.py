"""Which answer is newer can be told only from when its call began and when the other one had ended."""

from datetime import timedelta

import pytest

from payments_service.domain.observation import may_be_older
from tests.unit.payments_service.domain.samples import NOON


@pytest.mark.parametrize(
    ("began_ms", "older"),
    [(-1, True), (0, False), (1, False)],
    ids=["began before the other had ended", "began as the other ended", "began later"],
)
def test_only_a_call_that_began_after_the_last_answer_is_certainly_newer(began_ms: int, older: bool) -> None:
    assert may_be_older(NOON, NOON + timedelta(milliseconds=began_ms)) is older


def test_the_first_answer_is_never_older() -> None:
    assert not may_be_older(None, NOON)
