"""Columns are packed exactly as psycopg would pack them."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from psycopg import adapters
from psycopg.adapt import Transformer
from psycopg.pq import Format

from payments_service.storage.ledger.arrays import (
    PackedArray,
    bigints,
    byteas,
    optional_bigints,
    smallints,
    texts,
    timestamps,
    uuids,
)

TIMES = st.integers(-60_000_000_000_000_000, 250_000_000_000_000_000).map(
    lambda microseconds: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


def unpacked(array: PackedArray, name: str) -> list[object]:
    """What psycopg reads from the array."""
    loader = Transformer().get_loader(adapters.types[name].array_oid, Format.BINARY)
    result: list[object] = loader.load(array)
    return result


@given(st.lists(st.integers(-(2**63), 2**63 - 1)), st.lists(st.integers(-(2**15), 2**15 - 1)))
def test_integers(large: list[int], small: list[int]) -> None:
    assert unpacked(bigints(large), "int8") == large
    assert unpacked(smallints(small), "int2") == small


@given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)), st.lists(st.none() | st.uuids()))
def test_integers_and_uuids_that_may_be_missing(numbers: list[int | None], ids: list[UUID | None]) -> None:
    assert unpacked(optional_bigints(numbers), "int8") == numbers
    assert unpacked(uuids(ids), "uuid") == ids


@given(st.lists(st.none() | TEXTS), st.lists(st.binary()))
def test_texts_and_bytes(words: list[str | None], blobs: list[bytes]) -> None:
    assert unpacked(texts(words), "text") == words
    assert unpacked(byteas(blobs), "bytea") == blobs


@given(st.lists(st.none() | TIMES))
def test_times_in_any_zone(times: list[datetime | None]) -> None:
    elsewhere = timezone(timedelta(hours=-9, minutes=-30))
    moved = [time.astimezone(elsewhere) if time else None for time in times]
    assert unpacked(timestamps(moved), "timestamptz") == times
