"""Sending deliveries over HTTP: a lane for each endpoint, several deliveries at a time, retries with growing pauses."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import orjson
from structlog.typing import FilteringBoundLogger

from stripe_sandbox.background import start_task
from stripe_sandbox.state.world import World
from stripe_sandbox.webhooks.delivery import Attempt, Delivery
from stripe_sandbox.webhooks.post_client import PostClient
from stripe_sandbox.webhooks.signing import signature_header

_MS_PER_S = 1_000
_SUCCESS = range(200, 300)
_USER_AGENT = "Stripe/1.0 (+https://stripe.com/docs/webhooks)"


@dataclass(slots=True)
class _Lane:
    """What waits for one endpoint, and who carries it there."""

    queue: "asyncio.Queue[Delivery]"
    carriers: list["asyncio.Task[None]"]


class Sender:
    """Carries deliveries to their endpoints."""

    def __init__(self, world: World, on_end: Callable[[Delivery], None], log: FilteringBoundLogger) -> None:
        self._world = world
        self._log = log
        self._settings = world.settings
        self._on_end = on_end
        self._lanes: dict[str, _Lane] = {}
        self._client = PostClient(self._settings.webhook_timeout_ms / _MS_PER_S)
        self._started = False
        self._open = asyncio.Event()
        self._open.set()
        self._era = 0

    async def start(self) -> None:
        """Begins, also with what waits already."""
        self._started = True
        for lane in self._lanes.values():
            self._man(lane)

    async def stop(self) -> None:
        """Ends all carriers and closes the connections."""
        self._started = False
        carriers = self._dismissed()
        await asyncio.gather(*carriers, return_exceptions=True)
        self._client.close()

    def reset(self) -> None:
        """Forgets everything that waits or is under way."""
        self._era += 1
        self._dismissed()
        self._open.set()

    @property
    def paused(self) -> bool:
        """Whether deliveries are held back."""
        return not self._open.is_set()

    def pause(self) -> None:
        """Holds deliveries back."""
        self._open.clear()

    def resume(self) -> None:
        """Lets deliveries go."""
        self._open.set()

    def send(self, delivery: Delivery) -> None:
        """Puts a delivery at the end of its lane."""
        lane = self._lanes.get(delivery.endpoint)
        if lane is None:
            lane = self._lanes[delivery.endpoint] = _Lane(asyncio.Queue(), [])
            self._man(lane)
        lane.queue.put_nowait(delivery)

    def send_later(self, delivery: Delivery, delay_s: float) -> None:
        """Puts a delivery at the end of its lane after `delay_s` of real time, unless all is forgotten by then."""
        era = self._era

        def due() -> None:
            if era == self._era:
                self.send(delivery)

        asyncio.get_running_loop().call_later(delay_s, due)

    def _man(self, lane: _Lane) -> None:
        if not self._started:
            return
        for _ in range(self._settings.webhook_concurrency):
            lane.carriers.append(start_task(self._carry(lane.queue), "webhooks", self._log))

    def _dismissed(self) -> list["asyncio.Task[None]"]:
        carriers = [carrier for lane in self._lanes.values() for carrier in lane.carriers]
        self._lanes.clear()
        for carrier in carriers:
            carrier.cancel()
        return carriers

    async def _carry(self, queue: "asyncio.Queue[Delivery]") -> None:
        while True:
            delivery = await queue.get()
            await self._open.wait()
            await self._try(delivery)

    async def _try(self, delivery: Delivery) -> None:
        """Makes one attempt and decides what follows from it."""
        platform = self._world.platform
        private = platform.endpoint_private.get(delivery.endpoint)
        endpoint = platform.webhook_endpoints.get(delivery.endpoint)
        if private is None or endpoint is None:
            delivery.state = "failed"
            self._on_end(delivery)
            return
        body = orjson.dumps(delivery.event.render())
        attempt = await _post(self._client, endpoint["url"], body, private.secret)
        delivery.attempts.append(attempt)
        if attempt.status in _SUCCESS:
            delivery.state = "delivered"
            self._on_end(delivery)
        elif len(delivery.attempts) >= self._settings.webhook_attempts_max:
            delivery.state = "failed"
            self._on_end(delivery)
        else:
            self.send_later(delivery, self._pause_s(len(delivery.attempts)))

    def _pause_s(self, attempts: int) -> float:
        """The wait before the next attempt: doubling, up to the maximum."""
        doubled_ms: int = self._settings.webhook_retry_initial_ms << min(attempts - 1, 32)
        return min(doubled_ms, self._settings.webhook_retry_max_ms) / _MS_PER_S


async def _post(client: PostClient, url: str, body: bytes, secret: str) -> Attempt:
    """Sends one signed event. The signature carries real time: that is what a receiver compares it with."""
    started = time.time()
    headers = {
        "content-type": "application/json; charset=utf-8",
        "stripe-signature": signature_header(body, secret, int(started)),
        "user-agent": _USER_AGENT,
    }
    status: int | None = None
    error: str | None = None
    try:
        status = await client.post(url, headers, body)
    except (OSError, ValueError) as failure:
        error = f"{type(failure).__name__}: {failure}"
    return Attempt(started, status, error, round((time.time() - started) * _MS_PER_S, 2))
