"""Telling webhook endpoints of events: whom, in which order, with which disturbance.

Deliveries to one endpoint start in the order of the events, several at a time, so that normally they arrive in order
but nothing promises it, as at Stripe. What is not answered with 2xx is tried again with growing pauses.
"""

import asyncio
from collections import OrderedDict

from structlog.typing import FilteringBoundLogger

from stripe_sandbox.faults.plan import FaultPlan
from stripe_sandbox.faults.rules import WebhookRule
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.events import type_filter
from stripe_sandbox.state.account import AccountState
from stripe_sandbox.state.event_log import Event
from stripe_sandbox.state.world import World
from stripe_sandbox.webhooks.delivery import Delivery
from stripe_sandbox.webhooks.sender import Sender

RECORDS_MAX = 100_000
_MS_PER_S = 1_000


class Dispatcher:
    """Decides who gets an event and keeps the record of what became of it."""

    def __init__(self, world: World, faults: FaultPlan, log: FilteringBoundLogger) -> None:
        self._world = world
        self._faults = faults
        self._sender = Sender(world, on_end=self._ended, log=log)
        self._records: OrderedDict[str, Delivery] = OrderedDict()
        self._held: list[Delivery] = []
        self._numbered = 0
        self._pending = 0
        world.on_event = self.tell

    async def start(self) -> None:
        """Begins to send."""
        await self._sender.start()

    async def stop(self) -> None:
        """Stops sending; what is under way is given up."""
        await self._sender.stop()

    def reset(self) -> None:
        """Forgets every delivery, also those under way."""
        self._records.clear()
        self._held.clear()
        self._pending = 0
        self._sender.reset()

    @property
    def pending(self) -> int:
        """Deliveries that have not come to an end."""
        return self._pending

    @property
    def paused(self) -> bool:
        """Whether deliveries are held back."""
        return self._sender.paused

    def pause(self) -> None:
        """Holds back everything until `resume`."""
        self._sender.pause()

    def resume(self) -> None:
        """Goes on with what was held back."""
        self._sender.resume()

    def tell(self, event: Event) -> None:
        """Sends a new event to every endpoint that wants it, with the faults that strike it."""
        account = self._world.accounts[event.account]
        endpoints = self._endpoints_for(event)
        event.pending_webhooks = len(endpoints)
        account.events.reindex(event)
        for endpoint in endpoints:
            rule = self._faults.for_webhook(event.kind, event.account, is_twin=event.twin_of is not None)
            self._send_disturbed(self._record(event, endpoint), rule)

    def resend(self, event: Event) -> list[Delivery]:
        """Sends an event, same id, once more to every endpoint that wants it, undisturbed.

        Where it had never arrived, Stripe believes it delivered once this copy has.
        """
        missed = {
            record.endpoint
            for record in self._records.values()
            if record.event is event and not record.extra and record.state in ("dropped", "failed")
        }
        again = [self._record(event, endpoint, extra=endpoint not in missed) for endpoint in self._endpoints_for(event)]
        for delivery in again:
            self._sender.send(delivery)
        return again

    def listed(self, *, state: str | None, event: str | None, limit: int) -> list[JsonObject]:
        """Records of deliveries, newest first."""
        shown: list[JsonObject] = []
        for delivery in reversed(self._records.values()):
            if state in (None, delivery.state) and event in (None, delivery.event.id):
                shown.append(delivery.render())
            if len(shown) == limit:
                break
        return shown

    def counts(self) -> dict[str, int]:
        """How many recorded deliveries are in which state."""
        counts = {"pending": 0, "delivered": 0, "failed": 0, "dropped": 0}
        for delivery in self._records.values():
            counts[delivery.state] += 1
        return counts

    def _endpoints_for(self, event: Event) -> list[str]:
        """The platform's endpoints that want the event: their own events, or those of connected accounts."""
        platform = self._world.platform
        if not self._world.accounts[event.account].is_connected:
            return []
        wanted: list[str] = []
        for identifier, private in platform.endpoint_private.items():
            endpoint = platform.webhook_endpoints.get(identifier)
            if endpoint is None or endpoint["status"] != "enabled" or private.connect != event.connect:
                continue
            if type_filter(endpoint["enabled_events"])(event):
                wanted.append(identifier)
        return wanted

    def _record(self, event: Event, endpoint: str, *, extra: bool = False) -> Delivery:
        self._numbered += 1
        delivery = Delivery(f"del_{self._numbered}", event, endpoint, extra)
        self._records[delivery.id] = delivery
        self._pending += 1
        if len(self._records) > RECORDS_MAX:
            self._records.popitem(last=False)
        return delivery

    def _send_disturbed(self, delivery: Delivery, rule: WebhookRule | None) -> None:
        if rule is None:
            self._sender.send(delivery)
        elif rule.effect == "drop":
            delivery.state = "dropped"
            self._pending -= 1
            if rule.believed:
                self._count_off(delivery)
        elif rule.effect == "delay":
            self._sender.send_later(delivery, rule.delay_ms / _MS_PER_S)
        elif rule.effect == "shuffle":
            self._hold(delivery, rule)
        else:
            self._sender.send(delivery)
            if rule.effect == "double":
                self._sender.send(self._record(delivery.event, delivery.endpoint, extra=True))
            else:
                self._world.emit_twin(delivery.event)

    def _hold(self, delivery: Delivery, rule: WebhookRule) -> None:
        """Keeps a delivery until enough others have come, or too much time has passed, and then mixes them."""
        self._held.append(delivery)
        if len(self._held) >= rule.window:
            self._release_shuffled()
        elif len(self._held) == 1:
            asyncio.get_running_loop().call_later(rule.delay_ms / _MS_PER_S, self._release_shuffled)

    def _release_shuffled(self) -> None:
        held, self._held = self._held, []
        self._faults.order.shuffle(held)
        for delivery in held:
            self._sender.send(delivery)

    def _ended(self, delivery: Delivery) -> None:
        """A delivery has succeeded or been given up."""
        self._pending -= 1
        if delivery.state == "delivered":
            self._count_off(delivery)

    def _count_off(self, delivery: Delivery) -> None:
        """One endpoint less that the event waits for."""
        event = delivery.event
        if delivery.extra or event.pending_webhooks == 0:
            return
        event.pending_webhooks -= 1
        account: AccountState | None = self._world.accounts.get(event.account)
        if account is not None and account.events.get(event.id) is event:
            account.events.reindex(event)
