"""Server and worker are killed again and again at moments that nobody chose, while callers go on buying."""

import asyncio
import random
from collections import Counter
from functools import partial

import pytest
from payments_api.v1 import payment_service_pb2

from tests.e2e.books import until_the_books_are_right
from tests.e2e.caller import Caller, calling
from tests.e2e.conftest import NewStack
from tests.e2e.marketplace import (
    PAID,
    Call,
    Prepare,
    Seller,
    at_stripe,
    capture_of,
    create_confirmed,
    create_held,
    open_shop,
    refund_of,
)
from tests.e2e.retrying import until_final
from tests.e2e.stack import Stack
from tests.e2e.waiting import until

pytestmark = pytest.mark.xdist_group("e2e-random-kills")

ROUNDS = 6
BUYERS = 5
ORDERS = 10
"""Purchases that are ordered in a round: what is not done in it is done in the next."""

VICTIMS = (("server",), ("worker",), ("server", "worker"))


class Market:
    """What buyers are to buy, and what they have bought."""

    def __init__(self, stack: Stack, seller: Seller) -> None:
        self.stack = stack
        self.seller = seller
        self.orders: asyncio.Queue[Prepare | None] = asyncio.Queue()
        self.purchases: list[Call] = []
        self.answers: list[tuple[Call, bytes]] = []

    async def buy(self) -> None:
        """Create a payment for each order, then capture a part of it or give a part back, until the market closes."""
        async with calling(self.stack.target, self.stack.token, self.stack.ca_file) as caller:
            while (order := await self.orders.get()) is not None:
                first = await order(caller, self.seller)
                reply = await self._answered(caller, first)
                payment = payment_service_pb2.CreatePaymentResponse.FromString(reply).payment
                last = capture_of(payment) if order is create_held else refund_of(payment, PAID, first.booked)
                await self._answered(caller, last)
                self.purchases.append(last)

    def close(self) -> None:
        """Let the buyers go home when all is done."""
        for _ in range(BUYERS):
            self.orders.put_nowait(None)

    async def has_answered(self, count: int) -> bool:
        return len(self.answers) >= count

    async def _answered(self, caller: Caller, call: Call) -> bytes:
        reply, _ = await until_final(caller, call)
        self.answers.append((call, reply.body))
        return reply.body


@pytest.mark.parametrize("seed", [20_261_120])
async def test_whoever_is_killed_and_whenever_each_key_has_one_effect_and_the_books_balance(
    new_stack: NewStack, seed: int
) -> None:
    stack = new_stack(PAYMENTS_STRIPE_TIMEOUT_MS="500", PAYMENTS_STRIPE_ATTEMPTS_MAX="1")
    stack.start()
    async with calling(stack.target, stack.token, stack.ca_file) as caller:
        market = Market(stack, await open_shop(caller, stack))
        async with asyncio.TaskGroup() as group:
            for _ in range(BUYERS):
                group.create_task(market.buy())
            await _kill_again_and_again(market, random.Random(seed))
            market.close()

        assert len(market.purchases) == ROUNDS * ORDERS
        again = await asyncio.gather(*(caller.raw(call.method, call.request) for call, _ in market.answers))
        assert [reply.body for reply in again] == [reply for _, reply in market.answers]
        assert await at_stripe(stack.stripe, market.purchases) == [[call.effect] for call in market.purchases]
        booked: Counter[str] = sum((call.booked for call in market.purchases), Counter())
        await until_the_books_are_right(caller, stack, market.seller, booked)


async def _kill_again_and_again(market: Market, chance: random.Random) -> None:
    """Kill and start anew, each time after some more answers and in the middle of others."""
    starts = {"server": market.stack.start_server, "worker": market.stack.start_worker}
    for _ in range(ROUNDS):
        for order in chance.choices((create_confirmed, create_held), k=ORDERS):
            market.orders.put_nowait(order)
        await until(partial(market.has_answered, len(market.answers) + chance.randint(1, ORDERS)))
        await asyncio.sleep(chance.uniform(0, 0.05))  # not to wait for anything: this is the moment
        victims = chance.choice(VICTIMS)
        for name in victims:
            market.stack.program(name).kill()
        # In threads, so that the buyers go on.
        await asyncio.gather(*(asyncio.to_thread(starts[name]) for name in victims))
