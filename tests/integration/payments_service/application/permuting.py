"""Playing a flow of money, telling its events in some order, and looking at where everything ended up."""

import json
import random
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from payments_api.internal.v1.stripe_event_pb2 import STRIPE_ENDPOINT_CONNECT, STRIPE_ENDPOINT_PLATFORM
from payments_api.v1 import payment_pb2, payment_service_pb2
from psycopg import sql

from payments_service.application.events.record import RecordEvents
from payments_service.domain.ids import Prefix, format_id
from payments_service.transport.convert.stripe_event import event_from_message
from tests.integration.databases import back_to_now
from tests.integration.payments_service.application.flows import OF_SELLER, Flow, Scene
from tests.integration.payments_service.application.house import House, failure
from webhook_gateway.translate import translate

Event = dict[str, Any]
EVENTS_MAX = 6
DROPPED_SHARE = 0.25
POLLED_SHARE = 0.3
SWEPT_SHARE = 0.2
REPEATED_SHARE = 0.3

_STATES = {
    "payments": "SELECT state FROM payments ORDER BY id",
    "refunds": "SELECT state FROM refunds ORDER BY create_time",
    "disputes": "SELECT state FROM disputes ORDER BY stripe_dispute_id",
    "payouts": "SELECT state FROM payouts ORDER BY stripe_payout_id",
}

_PASSING = (
    # What a row is called by us where news of it made it, when that was, and which news did.
    *("create_time", "update_time", "observed_time", "record_time", "end_time", "ledger_transaction_id"),
    *("event_id", "event_ids", "holds", "losses", "due_count", "settled_count"),
)
_KEPT = {
    "payments": "id",
    "refunds": "stripe_refund_id",
    "disputes": "stripe_dispute_id",
    "payouts": "stripe_payout_id",
    "transfers": "stripe_transfer_id",
    "connected_accounts": "stripe_account",
    "stripe_objects": "id",
    "stripe_balance_transactions": "id",
    "provisional_charges": "charge_id",
}
"""Tables with what becomes of a flow, and what their rows are called in every order."""

_FOLDED = """
SELECT a.code FROM ledger_accounts a LEFT JOIN ledger_entries e ON e.account_id = a.id AND e.effect IN (1, 3)
GROUP BY a.id, a.code
HAVING a.posted_debits <> coalesce(sum(e.amount_minor) FILTER (WHERE e.side = 1), 0)
    OR a.posted_credits <> coalesce(sum(e.amount_minor) FILTER (WHERE e.side = 2), 0)
"""
_UNBALANCED = """
SELECT e.transaction_id FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id
GROUP BY e.transaction_id, a.currency
HAVING sum(e.amount_minor) FILTER (WHERE e.side = 1) IS DISTINCT FROM sum(e.amount_minor) FILTER (WHERE e.side = 2)
"""
_BALANCES = """
SELECT code, CASE WHEN kind IN ('asset', 'expense') THEN 1 ELSE -1 END * (posted_debits - posted_credits),
       pending_debits, pending_credits
FROM ledger_accounts WHERE version > 0 ORDER BY code
"""


_WAITING = "SELECT 1 FROM stripe_events WHERE state = 'PENDING' LIMIT 1"
_DUE = "SELECT 1 FROM stripe_accounts WHERE due_count > settled_count OR settle_time IS NULL LIMIT 1"
"""Whether a worker may find something; to ask it costs ten times as much, and most of the time there is nothing."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event as it is delivered: as Stripe made it, or a twin of it under another id."""

    event: Event
    twin: str = ""


@dataclass(frozen=True, slots=True)
class Fork:
    """Where orders part that begin alike: the last event that they share, all that is told, and the way back."""

    event: Event | None
    told: tuple[Told, ...]
    back: sql.Composed


class Stage:
    """One service on which flows are played again and again, each time from the same beginning.

    Args:
        house: the service and Stripe.
        connection: to its database as the superuser.
    """

    def __init__(self, house: House, connection: psycopg.Connection[Any]) -> None:
        self.house = house
        self._connection = connection
        self._empty = back_to_now(connection)
        core = house.core
        self._record = RecordEvents(core.recording, core.background, livemode=core.livemode)

    async def begin(self) -> Scene:
        """Everything as new, but for a seller who has been through onboarding, and no account is due for settlement."""
        await self.house.control("POST", "/reset")
        self._connection.execute(self._empty)
        scene = Scene(self.house, await self.house.seller())
        await self.sweep()
        return scene

    async def events(self, scene: Scene) -> list[Event]:
        """What Stripe has told so far, each account's oldest first."""
        return [*await self.house.stripe_events(), *await self.house.stripe_events(scene.account)]

    async def tell(self, told: Told) -> None:
        """Record an event as the gateway does."""
        document = told.event | {"id": told.event["id"] + told.twin}
        body = json.dumps(document).encode()
        endpoint = STRIPE_ENDPOINT_CONNECT if document.get("account") else STRIPE_ENDPOINT_PLATFORM
        await self._record.one(event_from_message(translate(document, body, endpoint, 0), body, ""))

    async def work(self) -> None:
        """Let the workers run until they have nothing to do."""
        while (self._rows(_WAITING) and await self.house.run("inbox")) or (
            self._rows(_DUE) and await self.house.run("settlement")
        ):
            pass

    async def sweep(self) -> None:
        """Let settlement look at every account: the platform's first, then what that made due."""
        for _ in range(2):
            await self.house.settle()
            await self.work()

    async def poll(self) -> None:
        """Ask Stripe for what it could not deliver, of the platform and of the seller."""
        self._connection.execute("UPDATE stripe_accounts SET poll_time = NULL")
        assert await self.house.run("event_poll") == 1 + 1

    async def tell_orders(self, orders: Iterable[Sequence[Event]], seed: str) -> AsyncIterator[list[Told]]:
        """Tell the same events in one order after the other, from what the database holds now; gives what was told.

        Events are told one at a time, each worked off before the next comes; what they do not tell is swept up at the
        end. Each order has an event once more somewhere, and one again as a twin. Orders that begin alike have that
        beginning in common: it is told once, and the others go on from what the database held then.
        """
        trail = [Fork(None, (), back_to_now(self._connection))]
        for order in orders:
            while [fork.event for fork in trail[1:]] != list(order[: len(trail) - 1]):
                trail.pop()
            self._connection.execute(trail[-1].back)
            told = list(trail[-1].told)
            for count in range(len(trail), len(order) + 1):
                for each in with_repeats(order[:count], told, seed, last=count == len(order)):
                    await self.tell(each)
                    await self.work()
                    told.append(each)
                if count <= len(order) - 2:
                    trail.append(Fork(order[count - 1], tuple(told), back_to_now(self._connection)))
            await self.sweep()
            yield told

    async def play_interleaved(self, scene: Scene, flow: Flow, rng: random.Random) -> None:
        """Play a flow while its events come in whenever they like: some twice, some only when Stripe is asked."""
        begun = {event["id"] for event in await self.events(scene)}
        await self._deliver_nothing()
        dropped: dict[str, bool] = {}

        async def some(share: float) -> None:
            events = [event for event in await self.events(scene) if event["id"] not in begun]
            for event in rng.sample(events, round(len(events) * share)):
                if not dropped.setdefault(event["id"], rng.random() < DROPPED_SHARE):
                    await self.tell(Told(event, "-twin" if rng.random() < REPEATED_SHARE else ""))
                    if rng.random() < 0.5:
                        await self.house.run(rng.choice(("inbox", "settlement")))

        async for _ in flow.play(scene):
            await some(rng.random())
            if rng.random() < POLLED_SHARE:
                await self.poll()
            if rng.random() < SWEPT_SHARE:
                await self.sweep()
            if rng.random() < 0.5:
                await self.work()
        await some(1)
        await self.poll()
        await self.work()
        await self.sweep()
        found = {name for (name,) in self._rows("SELECT event_id FROM stripe_events WHERE endpoint = 'POLL'")}
        assert found >= {name for name, lost in dropped.items() if lost}

    async def _deliver_nothing(self) -> None:
        """Stripe knows where to, and whatever it sends gets lost; so it tells of it when it is asked."""
        for connect in (False, True):
            endpoint = {"url": "http://127.0.0.1:9", "secret": "whsec_nobody", "connect": connect}
            await self.house.control("PUT", "/webhooks/endpoint", endpoint)
        await self.house.control("POST", "/faults", {"effect": "drop", "types": ["*"]})

    def balances(self, scene: Scene) -> dict[str, int]:
        """Every account of the ledger that is not zero, by a code that does not name the seller."""
        names = {"connected": "their", "creator": "their", "receivable": "owed"}
        found = {}
        for code, amount, *_ in self._rows(_BALANCES):
            book, _, rest = code.partition(f":{scene.seller.id}")
            if amount:
                found[names.get(book, book) + rest] = amount
        return found

    async def check(self, scene: Scene, flow: Flow) -> None:
        """What must be so at the end of a flow, however it was told."""
        assert self.balances(scene) == flow.balances
        assert {name: states for name in _STATES if (states := self._column(_STATES[name]))} == flow.states
        request = payment_service_pb2.GetPurchaseRequest(reference="order_1")
        call = self.house.payments.GetPurchase(request, metadata=self.house.metadata)
        if flow.purchase:
            status = payment_pb2.PurchaseStatus.Name((await call).purchase.status)
            assert status == f"PURCHASE_STATUS_{flow.purchase}"
        else:
            assert (await failure(call)).code == "NOT_FOUND"
        assert self._rows("SELECT type, state, last_error FROM stripe_events WHERE state <> 'DONE'") == []
        await self._mirrors_are_stripes(scene)

    async def _mirrors_are_stripes(self, scene: Scene) -> None:
        state = await self.house.control("GET", "/state")
        mirrors = {code: amount for code, amount, *_ in self._rows(_BALANCES)}
        for account, book in (("acct_1SandboxPlatform", ""), (scene.account, f"connected:{scene.seller.id}:")):
            balance = state["accounts"][account]["balance"]
            parts = [*balance["available"], *balance["pending"]]
            for currency in {part["currency"] for part in parts}:
                at_stripe = sum(part["amount"] for part in parts if part["currency"] == currency)
                assert mirrors.get(f"{book}stripe:{currency}", 0) == at_stripe, (account, currency)

    def end(self) -> dict[str, Any]:
        """Where everything is, without what is another in every order: times, and the ids of rows that news made."""
        end: dict[str, Any] = {}
        for table, name in _KEPT.items():
            passing = [*_PASSING, *(() if name == "id" else ("id",))]
            rows = self._rows(
                f"SELECT {name}::text, (to_jsonb(t) - %s::text[]) #- '{{arrived,transaction_id}}' FROM {table} t",
                passing,
            )
            end |= {f"{table} {key}": row for key, row in rows}
        end |= {f"balance {code}": rest for code, *rest in self._rows(_BALANCES)}
        end["references"] = sorted(self._references())
        end["told"] = self._rows("SELECT type, state, count(*) FROM outbox_queue GROUP BY 1, 2 ORDER BY 1, 2")
        end["not the fold of its entries"] = self._rows(_FOLDED)
        end["not balanced"] = self._rows(_UNBALANCED)
        assert end["not the fold of its entries"] == end["not balanced"] == []
        return end

    def _references(self) -> list[str]:
        """The ledger's references, with Stripe's names of what news made, which has another of ours each time."""
        names = {
            format_id(Prefix.DISPUTE, key): name
            for key, name in self._rows("SELECT id, stripe_dispute_id FROM disputes")
        }
        names |= {
            format_id(Prefix.PAYOUT, key): name for key, name in self._rows("SELECT id, stripe_payout_id FROM payouts")
        }
        found = self._column("SELECT reference FROM ledger_transactions")
        for ours, name in names.items():
            found = [reference.replace(ours, name) for reference in found]
        return found

    def _rows(self, statement: str, *values: object) -> list[Any]:
        return self._connection.execute(statement, values or None).fetchall()

    def _column(self, statement: str) -> list[str]:
        return [row[0] for row in self._rows(statement)]


def of_interest(flow: Flow, events: Sequence[Event]) -> list[Event]:
    """Those of a flow's events whose order could matter, oldest first."""
    found = [event for event in events if _name(event) in flow.events]
    assert {_name(event) for event in found} == set(flow.events)
    assert 2 <= len(found) <= EVENTS_MAX
    return found


def with_repeats(order: Sequence[Event], told: Sequence[Told], seed: str, *, last: bool) -> list[Told]:
    """What is told next: the last event of the beginning of an order, and perhaps one of it again.

    Args:
        order: the beginning of an order.
        told: what was told before.
        seed: with the order it says what is told again, so that orders that begin alike are told alike.
        last: the order ends here, so that what has not been told again is.
    """
    rng = random.Random(" ".join([seed, *(event["type"] + event.get("account", "") for event in order)]))
    more = [Told(order[-1])]
    for twin in ("", "-twin"):
        chosen = rng.random() < REPEATED_SHARE / 2
        done = sum(each.twin == twin for each in told) > (0 if twin else len(order) - 1)
        if not done and (chosen or last):
            more.append(Told(rng.choice(order), twin))
    return more


def _name(event: Event) -> str:
    kind: str = event["type"]
    return OF_SELLER + kind if event.get("account") else kind
