"""Ids sort by age and survive the way out and back."""

import copy
import pickle
import time
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments_service.domain.ids import Prefix, format_id, new_id, parse_id


def test_new_ids_are_version_7_and_rise() -> None:
    ids = [new_id() for _ in range(5000)]

    assert ids == sorted(set(ids))
    assert {value.version for value in ids} == {7}
    assert {value.variant for value in ids} == {"specified in RFC 4122"}


def test_ids_rise_while_the_clock_stands_still_or_steps_back(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time_ns()
    ids = []
    for step_ms in (0, -60_000, 1):
        monkeypatch.setattr(time, "time_ns", lambda step_ms=step_ms: now + step_ms * 1_000_000)
        ids += [new_id() for _ in range(5000)]

    assert ids == sorted(set(ids))
    assert {value.version for value in ids} == {7}
    assert 3 <= (ids[-1].int >> 80) - (ids[0].int >> 80) <= 4  # milliseconds: as many as the counter needed


def test_new_ids_are_uuids_like_any_other() -> None:
    made = new_id()
    same = UUID(str(made))
    assert (made, hash(made), repr(made), made.is_safe) == (same, hash(same), repr(same), same.is_safe)
    assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == same


@given(st.uuids(), st.sampled_from(list(Prefix)))
def test_an_id_is_the_same_after_a_round_trip(value: UUID, prefix: Prefix) -> None:
    text = format_id(prefix, value)

    assert text.startswith(f"{prefix}_")
    assert parse_id(prefix, text) == value
    assert parse_id(prefix, text.upper().replace(str(prefix).upper(), prefix, 1)) == value


def test_text_sorts_as_the_ids_do() -> None:
    ids = [new_id() for _ in range(100)]

    assert sorted(format_id(Prefix.PAYMENT, value) for value in ids) == [
        format_id(Prefix.PAYMENT, value) for value in ids
    ]


@pytest.mark.parametrize(
    "text", ["", "pay", "pay_", "pay_short", "rfd_" + "0" * 26, "pay_" + "u" * 26, "pay_" + "z" * 26]
)
def test_what_is_no_id_is_none(text: str) -> None:
    assert parse_id(Prefix.PAYMENT, text) is None


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    assert parse_id(Prefix.PAYMENT, "pay_" + text) is None or len(text) == 26
