"""Webhooks accepted durably (gateway, RPC, insert) against a Starlette endpoint that does nothing."""

import hashlib
import hmac
import json
import os
import secrets
import time

import psycopg

from bench.calls import Load, load_arm
from bench.command import main
from bench.figures import at_least
from bench.load.http_phase import http_request
from bench.place import Place
from bench.postgres import postgres_cpu
from bench.program import Program
from bench.references import noop_http
from bench.report import Books, Report, ratio
from bench.rounds import take_turns
from bench.service import start_service

CALLERS = 32
SCRIPT = "bench.webhook:Script"
_DATABASE = "inbox"
_ID, _TIME, _SIGNATURE = "evt_" + "0" * 32, "t" * 10, "v" * 64


class Script:
    """Signed events that nobody has sent before, of the size that Stripe's have (`bench.load.script.Script`)."""

    def __init__(self, target: str, secret: str) -> None:
        """Take host:port to name in the request, and the signing secret.

        All but id, time and signature is made here: load must not take from the servers what it need not.
        """
        self._before, _, self._after = json.dumps(_event()).encode().partition(_ID.encode())
        body = self._body(_ID.encode())
        headers = {"stripe-signature": f"t={_TIME},v1={_SIGNATURE}"}
        self._head = http_request(noop_http.PATH, target, headers, body).removesuffix(body)
        self._mac = hmac.new(secret.encode(), digestmod=hashlib.sha256)

    def next(self) -> bytes:
        """One event."""
        body = self._body(b"evt_" + os.urandom(16).hex().encode())
        moment = b"%d" % time.time()
        # Stripe's documentation, "Verify webhook signatures manually".
        mac = self._mac.copy()
        mac.update(moment + b"." + body)
        head = self._head.replace(_TIME.encode(), moment).replace(_SIGNATURE.encode(), mac.hexdigest().encode())
        return head + body

    def _body(self, event_id: bytes) -> bytes:
        return self._before + event_id + self._after

    def effects(self, reply: bytes) -> int:
        """1 when it was taken in for the first time."""
        return int(b'"received":true' in reply and b'"duplicate":true' not in reply)


async def measure(place: Place) -> Report:
    """Measure."""
    options = place.options
    server = await place.postgres()
    url = await place.ledger(server, _DATABASE)
    service = await start_service(place, url, processes=1)
    secret = f"whsec_{secrets.token_urlsafe(24)}"
    variables = {
        "GATEWAY_ADDRESS": "127.0.0.1:0",
        "GATEWAY_STRIPE_SECRETS": secret,
        "GATEWAY_PAYMENTS_TARGET": service.program.address,
        "GATEWAY_PAYMENTS_TOKEN": service.token,
        "GATEWAY_LIFELINE_FD": str(place.lifeline),
    }
    gateway = await place.start("gateway", ["webhook_gateway", "serve"], place.environment(**variables))
    told = place.environment(**{noop_http.LIFELINE: str(place.lifeline)})
    noop = await place.start("Starlette no-op", ["bench.references.noop_http", "serve"], told)
    crew = await place.crew(options.clients)
    accepted, nothing = _load(secret, gateway, service.program), _load(secret, noop)
    arms = (
        load_arm("Starlette no-op", crew, nothing, options),
        load_arm("accepted durably", crew, accepted, options, postgres=await postgres_cpu(server.postgres_url())),
    )
    rows = await take_turns(arms, options.rounds, place.say)
    place.say("checking the books")
    noops, durable = (rows[arm.name].values for arm in arms)
    return Report(
        name="webhook",
        title=f"Webhooks accepted durably, {CALLERS} callers, against a Starlette no-op",
        setting=(
            f"1 gateway and 1 server process, {options.clients} clients; no worker, so nothing is applied",
            f"signed events of {len(json.dumps(_event())):,} bytes, each a new one",
            "server CPU is the gateway's and the server's together",
        ),
        rows=tuple(rows.values()),
        comparisons=(ratio("accepted durably by Starlette no-op", durable, noops, at_least(0.30)),),
        books=await _check(server.postgres_url(_DATABASE), accepted),
    )


def _load(secret: str, *programs: Program) -> Load:
    """Events to the first of the programs."""
    target = programs[0].address
    return Load(programs, target, SCRIPT, {"target": target, "secret": secret}, CALLERS)


async def _check(url: str, accepted: Load) -> Books:
    """Whether the inbox has each event that was answered with 200, and has it once."""
    statement = (
        "SELECT count(*), count(DISTINCT event_id), count(*) FILTER (WHERE state = 'PENDING') FROM stripe_events"
    )
    async with await psycopg.AsyncConnection.connect(url) as connection:
        row = await (await connection.execute(statement)).fetchone()
    counts = set(row or ())
    if counts != {accepted.calls} or accepted.effects != accepted.calls:
        found = f"{row} events, ids and pending ones are in the inbox"
        return Books((), (f"{found}; {accepted.calls:,} were accepted, {accepted.effects:,} as new",))
    return Books((f"{accepted.calls:,} events were accepted, and each is in the inbox once",))


def _event() -> dict[str, object]:
    """An event about a payment intent, with about as many fields as one has."""
    intent = {
        "id": "pi_bench",
        "object": "payment_intent",
        "amount": 2_500,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 2_500,
        "automatic_payment_methods": {"allow_redirects": "always", "enabled": True},
        "capture_method": "automatic_async",
        "client_secret": "pi_bench_secret_" + "x" * 24,
        "confirmation_method": "automatic",
        "created": 1_700_000_000,
        "currency": "usd",
        "customer": "cus_bench",
        "description": "an order of the benchmark",
        "latest_charge": "ch_bench",
        "livemode": False,
        "metadata": {"payments_reference": "order-1", "payments_payment_id": "pay_" + "0" * 26},
        "next_action": None,
        "payment_method": "pm_bench",
        "payment_method_options": {"card": {"installments": None, "request_three_d_secure": "automatic"}},
        "payment_method_types": ["card", "link", "us_bank_account"],
        "processing": None,
        "receipt_email": None,
        "setup_future_usage": None,
        "shipping": {"address": {"city": "Springfield", "country": "US", "line1": "1 Main Street"}, "name": "A Name"},
        "source": None,
        "statement_descriptor": None,
        "status": "succeeded",
        "transfer_data": {"destination": "acct_bench"},
        "transfer_group": "group_ch_bench",
    }
    return {
        "id": _ID,
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": 1_700_000_001,
        "data": {"object": intent},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": "req_bench", "idempotency_key": "00000000-0000-4000-8000-000000000000"},
        "type": "payment_intent.succeeded",
    }


if __name__ == "__main__":
    main("webhook", __doc__ or "", measure)
