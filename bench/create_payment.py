"""CreatePayment's own time with one caller: what the caller waits for, less what the sandbox takes to answer."""

import uuid
from statistics import median

import psycopg
from payments_api.v1 import money_pb2, payment_service_pb2

from bench.calls import CPU, Load, load_arm
from bench.command import main
from bench.figures import at_most
from bench.place import Place
from bench.postgres import CPU as POSTGRES_CPU
from bench.postgres import postgres_cpu
from bench.references.noop_grpc import noop_load
from bench.report import Books, Comparison, Report, Sample
from bench.rounds import Arm, take_turns
from bench.sandbox import Figures, start_sandbox
from bench.service import start_service

METHOD = "payments_api.v1.PaymentService/CreatePayment"
SCRIPT = "bench.create_payment:Script"
_DATABASE = "payments"
_OWN, _WHOLE = "CreatePayment, our own time", "whole ms"


class Script:
    """Payments that nobody has made before (`bench.load.script.Script`)."""

    def next(self) -> bytes:
        """One payment of 25.00 usd, not confirmed: one call of Stripe."""
        name = uuid.uuid4().hex
        amount = money_pb2.Money(amount_minor=2_500, currency_code="usd")
        return payment_service_pb2.CreatePaymentRequest(
            idempotency_key=name, reference=f"bench-{name}", amount=amount
        ).SerializeToString()

    def effects(self, reply: bytes) -> int:
        """1 when Stripe has it too."""
        payment = payment_service_pb2.CreatePaymentResponse.FromString(reply).payment
        return int(payment.stripe_payment_intent_id.startswith("pi_"))


async def measure(place: Place) -> Report:
    """Measure."""
    options = place.options
    server = await place.postgres()
    url = await place.ledger(server, _DATABASE)
    sandbox = await start_sandbox(place)
    service = await start_service(place, url, processes=1, stripe_base=f"http://{sandbox.address}")
    noop = await start_service(place, url, processes=1, module="bench.references.noop_grpc", name="no-op")
    crew = await place.crew(1)
    payments = service.load(METHOD, SCRIPT, {}, 1)
    at_stripe = Figures(sandbox.log, "request", "ms", {"method": "POST", "path": "/v1/payment_intents"})
    in_client = Figures(service.program.log, "stripe.call", "duration_ms", {"method": "post"})
    postgres = await postgres_cpu(server.postgres_url())
    nothing = load_arm("no-op, one caller", crew, noop_load(noop, 1), options)
    arms = [
        Arm(nothing.name, "ms", lambda: _as_time(nothing)),
        _own_time(load_arm(_OWN, crew, payments, options, postgres=postgres), payments, at_stripe, in_client),
    ]
    rows = await take_turns(arms, options.rounds, place.say)
    place.say("checking the books")
    books = await service.check_calls(payments) + await _check(server.postgres_url(_DATABASE), payments.calls)
    return Report(
        name="create_payment",
        title="CreatePayment, one caller, without Stripe's time",
        setting=(
            "1 server process, plaintext on loopback, all on; a sandbox process that answers at once",
            "our own time: the whole call as its caller sees it, less what the sandbox's own log says, call by call",
            "the way to Stripe and stripe-python count as ours",
        ),
        rows=tuple(rows.values()),
        comparisons=(Comparison(f"{_OWN}, p50", "ms", rows[_OWN].summary, at_most(5)),),
        books=books,
    )


async def _as_time(arm: Arm) -> Sample:
    """A turn of calls, told as the time of one."""
    sample = await arm.turn()
    return Sample(sample.details["p50 ms"], {CPU: sample.details[CPU], _WHOLE: sample.details["p50 ms"]})


def _own_time(calls: Arm, load: Load, at_stripe: Figures, in_client: Figures) -> Arm:
    async def turn() -> Sample:
        sample = await calls.turn()
        whole = load.durations_ms
        stripes, clients = await at_stripe.take(len(whole)), await in_client.take(len(whole))
        counted = slice(load.warm_calls, None)
        own = [total - stripe for total, stripe in zip(whole, stripes, strict=True)][counted]
        details = {
            _WHOLE: median(whole[counted]),
            "of it Stripe's ms": median(stripes[counted]),
            "the way there ms": median(c - s for c, s in zip(clients[counted], stripes[counted], strict=True)),
            "own p99 ms": sorted(own)[int(len(own) * 0.99)],
            CPU: sample.details[CPU],
            POSTGRES_CPU: sample.details[POSTGRES_CPU],
        }
        return Sample(median(own), details)

    return Arm(_OWN, "ms", turn)


async def _check(url: str, expected: int) -> Books:
    """Whether there is a payment, an intent at Stripe and a finished operation for each call."""
    statement = """
        SELECT (SELECT count(*) FROM payments), (SELECT count(DISTINCT intent_id) FROM payments),
               (SELECT count(*) FROM stripe_operations WHERE state = 'DONE'), (SELECT count(*) FROM stripe_operations)
    """
    async with await psycopg.AsyncConnection.connect(url) as connection:
        row = await (await connection.execute(statement)).fetchone()
    names = ("payments", "intents at Stripe", "operations that are done", "operations")
    problems = [
        f"{count:,} {name}, and {expected:,} were created"
        for name, count in zip(names, row or (), strict=True)
        if count != expected
    ]
    return Books(() if problems else (f"{expected:,} payments, each once here and at Stripe",), tuple(problems))


if __name__ == "__main__":
    main("create_payment", __doc__ or "", measure)
