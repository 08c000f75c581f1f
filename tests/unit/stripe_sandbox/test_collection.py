"""Paging: the collection against the plainest possible listing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripe_sandbox.http.time_filter import Interval
from stripe_sandbox.state.collection import Collection, Query, UnknownCursorError

Item = dict[str, Any]


def filled(rows: list[tuple[str | None, int]]) -> Collection[Item]:
    collection: Collection[Item] = Collection(
        "thing",
        identify=lambda item: str(item["id"]),
        created=lambda item: int(item["created"]),
        indexes={"owner": lambda item: item["owner"]},
    )
    now = 100
    for number, (owner, step) in enumerate(rows):
        now += step
        collection.add({"id": f"t_{number}", "owner": owner, "created": now})
    return collection


ROWS = st.lists(st.tuples(st.sampled_from([None, "a", "b"]), st.integers(0, 2)), max_size=30)


@given(ROWS, st.sampled_from([None, "a", "b", "c"]), st.integers(1, 7), st.integers(95, 140), st.integers(95, 140))
def test_walking_forward_shows_what_a_plain_filter_shows(
    rows: list[tuple[str | None, int]], owner: str | None, limit: int, first: int, last: int
) -> None:
    collection = filled(rows)
    where = {} if owner is None else {"owner": owner}
    wanted = [
        item["id"]
        for item in reversed(list(collection))
        if owner in (None, item["owner"]) and first <= item["created"] <= last
    ]
    seen: list[str] = []
    cursor, more = None, True
    while more:
        page = collection.page(Query(limit, where, Interval(first, last), starting_after=cursor))
        assert len(page.items) <= limit
        seen += [item["id"] for item in page.items]
        cursor, more = (seen[-1] if seen else None), page.has_more
    assert seen == wanted


@given(ROWS, st.integers(1, 7))
def test_walking_backward_shows_the_same_in_pages_of_the_same_order(
    rows: list[tuple[str | None, int]], limit: int
) -> None:
    collection = filled(rows)
    newest_first = [item["id"] for item in reversed(list(collection))]
    if not newest_first:
        return
    page = collection.page(Query(limit, ending_before=newest_first[-1]))
    before = newest_first[:-1]
    assert [item["id"] for item in page.items] == before[-limit:]
    assert page.has_more == (len(before) > limit)


def test_an_item_moves_between_indexes_when_it_changes() -> None:
    collection = filled([("a", 1), ("b", 1), ("a", 1)])
    item = collection.get("t_0")
    assert item is not None
    item["owner"] = "b"
    collection.reindex(item)
    assert [one["id"] for one in collection.matching("owner", "b")] == ["t_0", "t_1"]
    assert [one["id"] for one in collection.matching("owner", "a")] == ["t_2"]


def test_an_unknown_cursor_is_an_error_that_names_it() -> None:
    with pytest.raises(UnknownCursorError, match="No such thing: 't_9'"):
        filled([("a", 1)]).page(Query(1, starting_after="t_9"))
