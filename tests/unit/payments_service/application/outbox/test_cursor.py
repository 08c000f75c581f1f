"""A cursor goes on where it says, in its own stream, and nothing else is one."""

import base64
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments_service.application.outbox.cursor import decode_cursor, encode_cursor
from payments_service.domain.errors import PaymentsError, Reason

NUMBERS = st.integers(0, 2**63 - 1)
GOOD = encode_cursor(UUID(int=7), 42)


def refused(text: str) -> bool:
    try:
        decode_cursor(text)
    except PaymentsError as error:
        return error.reason is Reason.CURSOR_INVALID and error.violations[0].field == "cursor"
    return False


@given(st.uuids(), NUMBERS)
def test_what_it_says_survives_the_round_trip(incarnation: UUID, number: int) -> None:
    assert decode_cursor(encode_cursor(incarnation, number)) == (incarnation, number)


@given(st.uuids(), NUMBERS)
def test_it_is_short_and_safe_in_urls_and_files(incarnation: UUID, number: int) -> None:
    cursor = encode_cursor(incarnation, number)

    assert len(cursor) == 40
    assert cursor.replace("-", "").replace("_", "").isalnum()


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    assert refused(text)


@given(st.binary(max_size=64))
def test_any_other_bytes_are_refused(raw: bytes) -> None:
    assert refused(base64.urlsafe_b64encode(raw).decode())


@given(st.integers(0, len(GOOD) - 1), st.characters(codec="ascii"))
def test_a_changed_character_is_noticed(index: int, character: str) -> None:
    changed = GOOD[:index] + character + GOOD[index + 1 :]

    assert changed == GOOD or refused(changed)


@given(st.integers(0, len(GOOD) - 1))
def test_one_that_was_cut_off_is_noticed(length: int) -> None:
    assert refused(GOOD[:length])


@pytest.mark.parametrize("text", [GOOD + "=", GOOD + "\n", " " + GOOD, GOOD + GOOD])
def test_one_with_something_around_it_is_refused(text: str) -> None:
    assert refused(text)


def test_another_number_or_stream_is_another_cursor() -> None:
    assert len({encode_cursor(UUID(int=stream), number) for stream in range(3) for number in range(3)}) == 9


def test_a_number_that_no_stream_can_reach_is_refused() -> None:
    assert refused(encode_cursor(UUID(int=7), 2**63))
