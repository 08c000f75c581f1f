"""An ordered, indexed set of objects: what Stripe's list endpoints page through.

Objects are added in the order of their `created`, so cursors and time filters are binary searches.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from stripe_sandbox.http.time_filter import Interval

Item = TypeVar("Item")


class UnknownCursorError(LookupError):
    """A cursor that names no object of the collection."""

    def __init__(self, kind: str, cursor: str, parameter: str) -> None:
        super().__init__(f"No such {kind}: '{cursor}'")
        self.kind = kind
        self.cursor = cursor
        self.parameter = parameter


@dataclass(frozen=True, slots=True)
class Query(Generic[Item]):
    """What to list: newest first, at most `limit`.

    Attributes:
        where: Index name to wanted value.
        created: Interval of creation times.
        accepts: Further condition, checked object by object.
        starting_after: Id of the object after which (towards the past) the page begins.
        ending_before: Id of the object before which the page ends.
    """

    limit: int
    where: Mapping[str, str] = field(default_factory=dict)
    created: Interval | None = None
    accepts: Callable[[Item], bool] | None = None
    starting_after: str | None = None
    ending_before: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A part of a listing."""

    items: list[Item]
    has_more: bool


class Collection(Generic[Item]):
    """Objects of one kind in one account."""

    def __init__(
        self,
        kind: str,
        *,
        identify: Callable[[Item], str],
        created: Callable[[Item], int],
        indexes: Mapping[str, Callable[[Item], str | None]] | None = None,
    ) -> None:
        self.kind = kind
        self._identify = identify
        self._created = created
        self._items: list[Item] = []
        self._times: list[int] = []
        self._positions: dict[str, int] = {}
        self._keys = dict(indexes or {})
        self._indexes: dict[str, dict[str, list[int]]] = {name: {} for name in self._keys}
        self._indexed: dict[str, list[str | None]] = {name: [] for name in self._keys}

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Item]:
        """The objects, oldest first."""
        return iter(self._items)

    def get(self, identifier: str) -> Item | None:
        """The object with this id, or None."""
        position = self._positions.get(identifier)
        return None if position is None else self._items[position]

    def add(self, item: Item) -> Item:
        """Appends a new object and returns it."""
        position = len(self._items)
        self._items.append(item)
        self._times.append(self._created(item))
        self._positions[self._identify(item)] = position
        for name, key in self._keys.items():
            value = key(item)
            self._indexed[name].append(value)
            if value is not None:
                self._indexes[name].setdefault(value, []).append(position)
        return item

    def reindex(self, item: Item) -> None:
        """Takes note that fields of `item` that are indexed may have changed."""
        position = self._positions[self._identify(item)]
        for name, key in self._keys.items():
            before, after = self._indexed[name][position], key(item)
            if before == after:
                continue
            if before is not None:
                entries = self._indexes[name][before]
                del entries[bisect_left(entries, position)]
            if after is not None:
                insort(self._indexes[name].setdefault(after, []), position)
            self._indexed[name][position] = after

    def matching(self, index: str, value: str) -> list[Item]:
        """All objects with this value of an index, oldest first."""
        return [self._items[position] for position in self._indexes[index].get(value, ())]

    def page(self, query: Query[Item]) -> Page[Item]:
        """One page of a listing.

        Raises:
            UnknownCursorError: A cursor names no object here.
        """
        candidates, others = self._candidates(query.where)
        first, last = self._bounds(candidates, query)
        backwards = query.ending_before is not None
        order = range(first, last) if backwards else range(last - 1, first - 1, -1)
        found: list[Item] = []
        for at in order:
            position = candidates[at]
            item = self._items[position]
            if any(self._indexed[name][position] != value for name, value in others.items()):
                continue
            if query.accepts is not None and not query.accepts(item):
                continue
            found.append(item)
            if len(found) > query.limit:
                break
        items = found[: query.limit]
        return Page(items[::-1] if backwards else items, len(found) > query.limit)

    def _candidates(self, where: Mapping[str, str]) -> tuple[Sequence[int], Mapping[str, str]]:
        """Positions by the most selective index, and the conditions that are left to check."""
        if not where:
            return range(len(self._items)), {}
        name = min(where, key=lambda index: len(self._indexes[index].get(where[index], ())))
        others = {index: value for index, value in where.items() if index != name}
        return self._indexes[name].get(where[name], []), others

    def _bounds(self, candidates: Sequence[int], query: Query[Item]) -> tuple[int, int]:
        """The slice of `candidates` that lies between cursors and times."""
        first, last = 0, len(candidates)
        if query.starting_after is not None:
            last = bisect_left(candidates, self._cursor(query.starting_after, "starting_after"))
        if query.ending_before is not None:
            first = bisect_right(candidates, self._cursor(query.ending_before, "ending_before"))
        interval = query.created
        if interval is not None and interval.first is not None:
            first = max(first, bisect_left(candidates, interval.first, key=self._times.__getitem__))
        if interval is not None and interval.last is not None:
            last = min(last, bisect_right(candidates, interval.last, key=self._times.__getitem__))
        return first, max(first, last)

    def _cursor(self, identifier: str, parameter: str) -> int:
        position = self._positions.get(identifier)
        if position is None:
            raise UnknownCursorError(self.kind, identifier, parameter)
        return position
