"""Grouping: what arrives while a group is in work forms the next one, so that many calls share one commit or query.

One group is in work at a time. Nobody waits while there is nothing to wait for: the first item starts a group at once.
After a large group there is a short pause, since its callers come back together: without it every second group would be
a small one (design: performance.md, "Measured limits").
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Generic, TypeVar

from payments_service.application.background import Background
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.observability.work_metrics import GROUP_ITEMS, GROUP_WAIT_SECONDS

RETRY_AFTER_MS = 100
"""When to come back after there was no room to wait."""

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class GroupLimits:
    """How large groups become, and how many may wait.

    Attributes:
        weight_max: of a group; a single item may be heavier.
        waiting_max: the weight that may wait for the next groups.
        pause_from: groups of at least this weight are followed by a pause.
        pause_seconds: how long it is.
    """

    weight_max: int
    waiting_max: int
    pause_from: int
    pause_seconds: float


@dataclass(slots=True)
class _Waiting(Generic[Item, Result]):
    item: Item
    weight: int
    since: float
    answer: "asyncio.Future[Result]"


class Grouping(Generic[Item, Result]):
    """Runs items in groups, in the order in which they came.

    Args:
        name: of the work, for metrics.
        run: does a group; gives each item's result or error, in order. When it raises, what it did is undone, and the
            halves of the group are done by themselves, so that a bad item fails alone. An error of ours, such as that
            the database cannot be reached, is everybody's.
        limits: how much at once.
        background: keeps a group alive whose callers have gone.
    """

    def __init__(
        self,
        name: str,
        run: Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        limits: GroupLimits,
        background: Background,
    ) -> None:
        self._run = run
        self._limits = limits
        self._background = background
        self._queue: deque[_Waiting[Item, Result]] = deque()
        self._waiting_weight = 0
        self._working = False
        self._items = GROUP_ITEMS.labels(name)
        self._wait_seconds = GROUP_WAIT_SECONDS.labels(name)

    async def submit(self, item: Item, weight: int = 1) -> Result:
        """Have an item done in the next group.

        A caller that goes away before its group has begun takes its item with it; after that it is done in any case.

        Args:
            item: what to do.
            weight: its share of a group's limit.

        Raises:
            PaymentsError: OVERLOADED when too much is waiting; nothing was done. Else as `run` says.
        """
        if self._queue and self._waiting_weight + weight > self._limits.waiting_max:
            raise PaymentsError(
                Reason.OVERLOADED,
                f"more than {self._limits.waiting_max} items are waiting already: retry later with the same key",
                retry_after_ms=RETRY_AFTER_MS,
            )
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(item, weight, time.monotonic(), answer))
        self._waiting_weight += weight
        if not self._working:
            self._working = True
            # A context of its own: the lines that a group logs are not those of the call that happened to be first.
            self._background.start(self._work(), context=Context())
        return await answer

    async def _work(self) -> None:
        """Do groups until nothing waits any more."""
        try:
            while group := self._next():
                await self._do(group)
                weight = sum(one.weight for one in group)
                if self._limits.pause_from <= weight and self._waiting_weight < self._limits.weight_max:
                    await asyncio.sleep(self._limits.pause_seconds)
        finally:
            self._working = False

    def _next(self) -> list[_Waiting[Item, Result]]:
        """The next group; those whose callers have gone are left out."""
        group: list[_Waiting[Item, Result]] = []
        weight, now = 0, time.monotonic()
        while self._queue and (not group or weight + self._queue[0].weight <= self._limits.weight_max):
            one = self._queue.popleft()
            self._waiting_weight -= one.weight
            if not one.answer.cancelled():
                group.append(one)
                weight += one.weight
        if group:
            self._items.observe(len(group))
            self._wait_seconds.observe(now - group[0].since)
        return group

    async def _do(self, group: Sequence[_Waiting[Item, Result]]) -> None:
        """Do a group, and its halves by themselves when it cannot be done as a whole."""
        try:
            results = await self._run([one.item for one in group])
        except PaymentsError as error:
            for one in group:
                _answer(one.answer, error.again())
        except Exception as error:  # noqa: BLE001 - whoever waits gets it
            if len(group) == 1:
                _answer(group[0].answer, error)
                return
            middle = len(group) // 2
            await self._do(group[:middle])
            await self._do(group[middle:])
        else:
            for one, result in zip(group, results, strict=True):
                _answer(one.answer, result)


def _answer(answer: "asyncio.Future[Result]", result: Result | Exception) -> None:
    """Tell the caller, if it is still there."""
    if answer.done():
        return
    if isinstance(result, Exception):
        answer.set_exception(result)
    else:
        answer.set_result(result)
