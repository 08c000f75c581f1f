"""Every type of event, with its full payload, through the real inbox: in order, late, doubled, its parent missing."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any, cast

import pytest
from payments_api.internal.v1 import stripe_event_pb2
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from payments_service.application.background import Background
from payments_service.application.events.apply import ApplyEvents, ApplySettings
from payments_service.application.events.effects import EFFECTS
from payments_service.application.events.model import EventRow
from payments_service.application.events.record import RecordEvents
from payments_service.application.events.wanting import Asked, asked_by
from payments_service.application.follow.follower import follow_news
from payments_service.application.follow.news import Fetcher, News
from payments_service.application.operations.model import StaleAnswerError
from payments_service.application.ports import UnitOfWork
from payments_service.config import Settings
from payments_service.domain.ids import new_id
from payments_service.processors.stripe.adapter import StripeAdapter
from payments_service.processors.stripe.client import StripeClient
from payments_service.processors.stripe.objects import request_of
from payments_service.storage.cipher import Cipher, new_key
from payments_service.storage.embedded import EmbeddedPostgres, create_database, drop_database
from payments_service.storage.engine import create_engine
from payments_service.storage.inbox_recording import EventRecordingRepository
from payments_service.storage.unit_of_work import PostgresTransactions
from payments_service.transport.convert.stripe_event import event_from_message
from scripts.event_samples import sample_of
from tests.unit.payments_service.domain.samples import NOON, a_captured_payment, an_account
from tests.unit.payments_service.processors.stripe.fake_client import FakeClient
from webhook_gateway.translate import translate

TABLES = {
    "disputes": "stripe_dispute_id, state, payment_id, losses, posted",
    "payouts": "stripe_payout_id, state, connected_account_id, arrived, posted",
    "transfers": "stripe_transfer_id, state, connected_account_id",
    "stripe_objects": "stripe_account, kind, id, status, facts, deleted",
    "payments": "id, state, disputed_minor, risks",
    "connected_accounts": "id, state, stripe_account",
}


class Office:
    """The inbox on a database, and a Stripe that says what it is told to say."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.transactions = transactions = PostgresTransactions(engine, Cipher([new_key("test")]))
        self.said: dict[str, dict[str, Any]] = {"/v1/nothing": {}}
        self.lists: dict[str, list[dict[str, Any]]] = {"/v1/refunds": []}
        client = cast("StripeClient", FakeClient(self.said, self.lists))
        self.fetcher = Fetcher(StripeAdapter(client, 100))
        self.apply = ApplyEvents(transactions, self.fetcher, ApplySettings(500, 3))
        self.record = RecordEvents(EventRecordingRepository(engine), Background(), livemode=False)

    def says(self, event: dict[str, Any]) -> None:
        """Stripe says of an event's objects what the event says."""
        content = event["data"]["object"]
        for key in self.asked(event).wanted.objects:
            request = request_of(key)
            if request is not None:
                self.said[request[0]] = content | {"id": key.id}
        if intent := content.get("payment_intent") or (content["object"] == "payment_intent" and content["id"]):
            paid = sample_of("payment_intent.succeeded")["data"]["object"] | {"id": intent}
            self.said[f"/v1/payment_intents/{intent}"] = content if content["object"] == "payment_intent" else paid
        if account := event.get("account"):
            self.said[f"/v1/accounts/{account}"] = sample_of("account.updated")["data"]["object"] | {"id": account}

    async def tell(self, *events: dict[str, Any], twin: str = "") -> None:
        """Hand events over as the gateway does, and apply them."""
        for event in events:
            document = event | {"id": event["id"] + twin}
            body = json.dumps(document).encode()
            endpoint = (
                stripe_event_pb2.STRIPE_ENDPOINT_CONNECT
                if event.get("account")
                else stripe_event_pb2.STRIPE_ENDPOINT_PLATFORM
            )
            await self.record.one(event_from_message(translate(document, body, endpoint, 0), body, ""))
        while await self.apply.run_once():
            pass

    def asked(self, event: dict[str, Any]) -> Asked:
        """What an event asks for."""
        body = json.dumps(event).encode()
        envelope = translate(event, body, stripe_event_pb2.STRIPE_ENDPOINT_PLATFORM, 0)
        return asked_by(
            [
                EventRow(
                    id=new_id(),
                    event_id=envelope.event_id,
                    type=envelope.type,
                    stripe_account=envelope.stripe_account_id,
                    object_type=envelope.object_type,
                    object_id=envelope.object_id,
                    related_ids=dict(envelope.related_ids),
                    attempts=1,
                    receive_time=NOON,
                )
            ]
        )

    async def state(self) -> dict[str, list[tuple[Any, ...]]]:
        """What is stored of everything, without times."""
        async with self.transactions._engine.begin() as connection:
            return {
                table: sorted(
                    tuple(map(str, row)) for row in await connection.execute(text(f"SELECT {what} FROM {table}"))
                )
                for table, what in TABLES.items()
            }

    async def sql(self, statement: str) -> list[Any]:
        async with self.transactions._engine.begin() as connection:
            return list((await connection.execute(text(statement))).all())

    async def add_parents(self, events: list[dict[str, Any]]) -> None:
        """The payments and connected accounts that events are about."""
        intents = {name for event in events for name in _intents(event)}
        names = {event["account"] for event in events if event.get("account")}
        names |= {event["data"]["object"].get("destination", "") for event in events}

        async def add(unit: Any) -> None:
            for name in sorted(intents):
                await unit.payments.add(a_captured_payment(intent_id=name))
            for name in sorted(name for name in names if name and name.startswith("acct_")):
                await unit.accounts.add(an_account(owner_id=name, stripe_account=name))

        await self.transactions.run(add)


def _intents(event: dict[str, Any]) -> set[str]:
    content = event["data"]["object"]
    named = content["id"] if content["object"] == "payment_intent" else content.get("payment_intent")
    return {named} if named else set()


async def _is_applied(office: Office, began: datetime, news: News) -> bool:
    """Whether news that were fetched a while ago are applied, and not turned away."""

    async def work(unit: UnitOfWork) -> None:
        await follow_news(unit, news, {}, began, None)

    try:
        await office.transactions.run(work)
    except StaleAnswerError:
        return False
    return True


def every(token: str) -> list[dict[str, Any]]:
    """A sample of every type, each about objects of its own."""
    return [one(name, f"{token}x{number}x") for number, name in enumerate(sorted(EFFECTS))]


def one(event_type: str, token: str) -> dict[str, Any]:
    """A sample of a type, with this in all of its ids."""
    event: dict[str, Any] = json.loads(json.dumps(sample_of(event_type)).replace("sample", token))
    return event | {"id": f"{event['id']}_{token}"}


@pytest.fixture(scope="module")
def module_database_url(postgres: EmbeddedPostgres, migrated: str) -> Iterator[str]:
    create_database(postgres.address.url(), "event_types", template=migrated)
    yield postgres.address.url("event_types")
    drop_database(postgres.address.url(), "event_types")


@pytest.fixture
async def office(module_database_url: str, settings: Settings) -> AsyncIterator[Office]:
    engine = create_engine(settings, module_database_url)
    yield Office(engine)
    await engine.dispose()


async def test_every_type_is_applied_alone_doubled_backwards_and_before_its_parent(office: Office) -> None:
    events = every("a")
    for event in events:
        office.says(event)

    await office.tell(*events)

    assert await office.sql("SELECT type, state, last_error FROM stripe_events WHERE state <> 'DONE'") == []
    kept = await office.state()
    followed = {(key.kind.value, key.id) for event in events for key in office.asked(event).wanted.objects}
    for kind, table in (("dispute", "disputes"), ("payout", "payouts"), ("transfer", "transfers")):
        assert {row[0] for row in kept[table]} == {name for of, name in followed if of == kind}
    modelled = {"dispute", "payout", "transfer"}
    assert {(row[1], row[2]) for row in kept["stripe_objects"]} == {one for one in followed if one[0] not in modelled}

    await office.tell(*events[::-1], twin="_again")

    assert await office.state() == kept

    await office.add_parents(events)
    await office.tell(*events, twin="_with_parents")

    linked = await office.state()
    assert await office.sql("SELECT type, last_error FROM stripe_events WHERE state <> 'DONE'") == []
    assert not [row for row in linked["disputes"] if row[2] == "None"]
    assert not [row for row in linked["transfers"] if row[2] == "None"]
    ours = {event["account"] for event in events if event.get("account") and office.asked(event).wanted.accounts}
    assert {row[1] for row in linked["connected_accounts"] if row[2] in ours} == {"ACTIVE"}
    warned = await office.sql("SELECT count(*) FROM payments WHERE risks <> '{}'")
    assert warned[0][0] == sum(event["type"].startswith(("radar.", "review.opened")) for event in events)
    await office.tell(*events[::-1], twin="_once_more")
    assert await office.state() == linked


async def test_no_type_applies_an_answer_that_may_be_older_than_what_is_known(office: Office) -> None:
    events = [event for event in every("b") if office.asked(event).wanted.objects]
    for event in events:
        office.says(event)
    late = {}
    for event in events:
        began = await office.transactions.run(lambda unit: unit.now())
        late[event["id"]] = began, await office.fetcher.fetch(office.asked(event).wanted)
    await office.tell(*events)
    known = await office.state()

    assert [event["type"] for event in events if await _is_applied(office, *late[event["id"]])] == []
    assert await office.state() == known


async def test_what_stripe_does_not_have_any_more_leaves_nothing_but_that_it_is_gone(office: Office) -> None:
    events = [event for event in every("c") if event["type"].endswith(".deleted")]
    for event in events:
        office.says(event)
    await office.tell(*events)
    for event in events:
        for key in office.asked(event).wanted.objects:
            request = request_of(key)
            assert request is not None
            del office.said[request[0]]

    await office.tell(*events, twin="_gone")

    rows = await office.sql("SELECT status, facts, deleted FROM stripe_objects WHERE id LIKE '%cx%'")
    assert {tuple(map(str, row)) for row in rows} == {("", "{}", "True")}
    assert len(rows) == len(events)


async def test_nothing_personal_or_secret_is_kept(office: Office) -> None:
    events = every("d")
    for event in events:
        office.says(event)

    await office.tell(*events)

    for private in ("Robin", "Roe", "buyer@", "Sam Buyer", "_secret_", "110000000", "fingerprint"):
        found = await office.sql(f"SELECT kind FROM stripe_objects WHERE facts::text LIKE '%{private}%'")
        assert found == [], private


async def test_an_account_that_stripe_shows_no_more_is_disconnected_and_comes_back(office: Office) -> None:
    event = one("account.application.deauthorized", "ex")
    await office.add_parents([event])

    await office.tell(event)

    assert await office.sql("SELECT state FROM connected_accounts WHERE stripe_account = 'acct_ex1'") == [
        ("DISCONNECTED",)
    ]
    office.says(event)
    await office.tell(event, twin="_connected_again")
    assert await office.sql("SELECT state FROM connected_accounts WHERE stripe_account = 'acct_ex1'") == [("ACTIVE",)]
