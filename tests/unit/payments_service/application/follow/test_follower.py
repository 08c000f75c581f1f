"""Objects are fetched with no transaction open, a few at a time, and again when other news came in between."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

import pytest

from payments_service.application.follow.follower import LOOKS_MAX, Follower
from payments_service.application.follow.news import FETCHES_MAX, Fetcher, News, Wanted
from payments_service.application.operations.model import StaleAnswerError
from payments_service.application.ports import UnitOfWork
from payments_service.application.stripe import Stripe
from payments_service.domain.money import Money
from payments_service.domain.payment.model import IntentSnapshot, PaymentState
from payments_service.domain.refund.model import RefundSnapshot
from payments_service.domain.stripe_object.model import ObjectKey, ObjectSnapshot
from tests.unit.payments_service.application.memory import Memory, Payments
from tests.unit.payments_service.domain.samples import NOON, a_payment

WANTED = Wanted(intents=frozenset({"pi_1"}))


class FakeStripe:
    """Knows every object whose id ends in a 1, and lets others in while it answers.

    Attributes:
        asked: what was fetched, in order.
        most: how many were fetched at the same time at most.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.most = 0
        self._now = 0

    async def fetch_intent(self, name: str, stripe_account: str) -> Mapping[str, Any] | None:
        return await self._fetch(name + f" at {stripe_account}" * bool(stripe_account))

    async def fetch_account(self, name: str) -> Mapping[str, Any] | None:
        return await self._fetch(name)

    async def fetch_object(self, key: ObjectKey) -> ObjectSnapshot | None:
        return ObjectSnapshot("open", False) if await self._fetch(key.id) else None

    async def refunds_of(self, name: str, stripe_account: str) -> list[RefundSnapshot]:
        await self._fetch(name + f" at {stripe_account}" * bool(stripe_account))
        return []

    def intent(self, body: Mapping[str, Any]) -> IntentSnapshot:
        return IntentSnapshot(body["id"], PaymentState.PROCESSING, "processing", Money(2_500, "usd"), 0, 0, False, NOON)

    def account(self, body: Mapping[str, Any]) -> Any:
        return f"account {body['id']}"

    async def _fetch(self, name: str) -> Mapping[str, Any] | None:
        self.asked.append(name)
        self._now += 1
        self.most = max(self.most, self._now)
        await asyncio.sleep(0)
        self._now -= 1
        return {"id": name} if name.endswith("1") else None


def fetcher(stripe: FakeStripe) -> Fetcher:
    return Fetcher(cast("Stripe", stripe))


async def test_what_stripe_does_not_know_is_left_out() -> None:
    wanted = Wanted(frozenset({"pi_1", "pi_2"}), frozenset({"pi_1"}), frozenset({"acct_1", "acct_2"}))

    news = await fetcher(FakeStripe()).fetch(wanted)

    assert news.intents.keys() == {"pi_1"}
    assert [str(account) for account in news.accounts.values()] == ["account acct_1", "None"]
    assert news.refunds == {"pi_1": []}


async def test_nothing_wanted_is_nothing_asked() -> None:
    stripe = FakeStripe()

    assert await fetcher(stripe).fetch(Wanted()) == News()
    assert stripe.asked == []


async def test_only_a_few_are_fetched_at_the_same_time() -> None:
    stripe = FakeStripe()
    many = frozenset(f"x_{number}" for number in range(40))

    await fetcher(stripe).fetch(Wanted(intents=many, refunds_of=many, accounts=many))

    assert len(stripe.asked) == 120
    assert stripe.most == FETCHES_MAX


class Interruptions:
    """What else is committed; other news have come in between so many times."""

    def __init__(self, times: int) -> None:
        self.left = times
        self.done = 0

    async def __call__(self, _: UnitOfWork) -> None:
        if self.left:
            self.left -= 1
            raise StaleAnswerError
        self.done += 1


async def test_what_is_wanted_is_fetched_and_followed_together_with_what_else_is_to_be_committed() -> None:
    payment = a_payment(intent_id="pi_1")
    memory, stripe, also = Memory(Payments(payment)), FakeStripe(), Interruptions(0)

    await Follower(memory, fetcher(stripe)).follow(WANTED, event_ids={"pi_1": ["evt_1"]}, also=also)

    stored = memory.payments.rows[payment.id]
    assert (stored.state, stored.event_ids) == (PaymentState.PROCESSING, ("evt_1",))
    assert (stripe.asked, also.done) == (["pi_1"], 1)


async def test_it_looks_again_when_other_news_came_in_between() -> None:
    stripe, also = FakeStripe(), Interruptions(LOOKS_MAX - 1)

    await Follower(Memory(), fetcher(stripe)).follow(WANTED, also=also)

    assert (len(stripe.asked), also.done) == (LOOKS_MAX, 1)


async def test_it_gives_up_when_they_keep_coming() -> None:
    stripe, also = FakeStripe(), Interruptions(LOOKS_MAX)

    with pytest.raises(StaleAnswerError):
        await Follower(Memory(), fetcher(stripe)).follow(WANTED, also=also)

    assert (len(stripe.asked), also.done) == (LOOKS_MAX, 0)


@pytest.mark.parametrize(("given", "looks"), [(NOON, 2), (None, 1)], ids=["a time from before", "no time"])
async def test_a_time_at_hand_counts_for_the_first_look_only(given: datetime | None, looks: int) -> None:
    """The payment was heard of since then: that look is too old, the next one takes the time anew."""
    memory, stripe = Memory(), FakeStripe()
    heard = await memory.now()
    memory.payments = Payments(a_payment(intent_id="pi_1", observed_time=heard))

    await Follower(memory, fetcher(stripe)).follow(WANTED, began=given)

    assert len(stripe.asked) == looks
    assert [payment.state for payment in memory.payments.saved] == [PaymentState.PROCESSING]
