"""What arrives while a group is in work forms the next one; nobody's item is lost, done twice or spoilt by others."""

import asyncio
from collections.abc import Sequence

import pytest

from payments_service.application.background import Background
from payments_service.application.grouping import Grouping, GroupLimits
from payments_service.domain.errors import PaymentsError, Reason


async def scheduled() -> None:
    """Let every task that can go on do so."""
    for _ in range(5):
        await asyncio.sleep(0)


class Work:
    """Upper-cases words, a group at a time, as soon as it is let go."""

    def __init__(self, **limits: int) -> None:
        chosen = {"weight_max": 10, "waiting_max": 100, "pause_from": 1_000} | limits
        self.groups: list[list[str]] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.begun = asyncio.Event()
        self.errors: dict[str, Exception] = {}
        self.background = Background()
        self.grouping: Grouping[str, str] = Grouping(
            "test", self._run, GroupLimits(**chosen, pause_seconds=0), self.background
        )

    async def _run(self, words: Sequence[str]) -> list[str | Exception]:
        self.groups.append(list(words))
        self.begun.set()
        await self.go_on.wait()
        for word in words:
            if word in self.errors:
                raise self.errors[word]
        return [PaymentsError(Reason.INVALID_STATE, "no") if word == "refused" else word.upper() for word in words]

    def hold(self) -> None:
        self.begun.clear()
        self.go_on.clear()

    async def submit(self, *words: str) -> list[str | BaseException]:
        return await asyncio.gather(*(self.grouping.submit(word) for word in words), return_exceptions=True)

    async def busy(self) -> "asyncio.Task[list[str | BaseException]]":
        """A group in work that has not ended yet."""
        self.hold()
        task = asyncio.create_task(self.submit("busy"))
        await self.begun.wait()
        return task


async def test_the_first_item_does_not_wait_for_others() -> None:
    work = Work()
    assert await work.submit("a") == ["A"]
    assert work.groups == [["a"]]


async def test_what_arrives_meanwhile_is_the_next_group_in_its_order() -> None:
    work = Work()
    first = await work.busy()
    others = asyncio.create_task(work.submit("a", "b", "c"))
    await scheduled()
    work.go_on.set()

    assert await others == ["A", "B", "C"]
    assert await first == ["BUSY"]
    assert work.groups == [["busy"], ["a", "b", "c"]]


async def test_groups_are_bounded_by_weight_and_a_heavy_item_goes_alone() -> None:
    work = Work(weight_max=3)
    first = await work.busy()
    weights = {"a": 1, "b": 2, "c": 2, "heavy": 9, "d": 1}
    others = [asyncio.create_task(work.grouping.submit(word, weight)) for word, weight in weights.items()]
    await scheduled()
    work.go_on.set()

    await asyncio.gather(first, *others)
    assert work.groups == [["busy"], ["a", "b"], ["c"], ["heavy"], ["d"]]


async def test_who_finds_no_room_to_wait_is_told_when_to_come_back() -> None:
    work = Work(waiting_max=2)
    first = await work.busy()
    waiting = asyncio.create_task(work.submit("a", "b"))
    await scheduled()

    with pytest.raises(PaymentsError) as raised:
        await work.grouping.submit("c")
    assert (raised.value.reason, raised.value.retry_after_ms) == (Reason.OVERLOADED, 100)

    work.go_on.set()
    assert (await first, await waiting) == (["BUSY"], ["A", "B"])
    assert await work.submit("c") == ["C"]
    assert [word for group in work.groups for word in group] == ["busy", "a", "b", "c"]


async def test_a_caller_who_goes_before_its_group_begins_takes_its_item_along() -> None:
    work = Work(waiting_max=1)
    first = await work.busy()
    gone = asyncio.create_task(work.grouping.submit("gone"))
    await scheduled()
    gone.cancel()
    await asyncio.wait([gone])
    work.go_on.set()

    assert await first == ["BUSY"]
    assert await work.submit("a") == ["A"]
    assert work.groups == [["busy"], ["a"]]


async def test_a_caller_who_goes_after_that_does_not_stop_it() -> None:
    work = Work()
    first = await work.busy()
    first.cancel()
    await asyncio.wait([first])
    ended = asyncio.create_task(work.background.drain(10))
    await scheduled()
    assert not ended.done()
    work.go_on.set()

    assert await ended == 0
    assert await work.submit("a") == ["A"]


async def test_an_item_s_own_error_is_its_own() -> None:
    work = Work()
    a, refused, b = await work.submit("a", "refused", "b")
    assert (a, b) == ("A", "B")
    assert isinstance(refused, PaymentsError)


async def test_what_spoils_a_group_is_found_by_halving_it() -> None:
    work = Work(weight_max=8)
    work.errors["bad"] = ValueError("spoilt")
    words = ["a", "b", "c", "d", "bad", "e", "f", "g"]

    results = await work.submit(*words)

    assert [result for result in results if isinstance(result, str)] == ["A", "B", "C", "D", "E", "F", "G"]
    assert isinstance(results[4], ValueError)
    assert work.groups == [words, words[:4], words[4:], ["bad", "e"], ["bad"], ["e"], ["f", "g"]]


async def test_an_outage_is_everybody_s_and_is_not_tried_again_for_each() -> None:
    work = Work()
    work.errors["a"] = PaymentsError(Reason.DATABASE_UNAVAILABLE, "away", retry_after_ms=1_000)

    results = await work.submit("a", "b")

    assert [isinstance(one, PaymentsError) and one.retry_after_ms for one in results] == [1_000, 1_000]
    assert results[0] is not results[1]
    assert work.groups == [["a", "b"]]
    work.errors.clear()
    assert await work.submit("c") == ["C"]
