"""PostTransaction against a no-op and against a transaction written by hand: uniform, hot, and one caller alone."""

from bench.calls import Load, load_arm
from bench.command import main
from bench.figures import at_least, at_most
from bench.ledger.accounts import Ring
from bench.ledger.books import check_ledger
from bench.ledger.posting import BATCH, BATCH_SCRIPT, POST, POST_SCRIPT
from bench.ledger.writing import make_ledger
from bench.place import Place
from bench.references.noop_grpc import noop_load
from bench.references.pgbench import hand_written
from bench.report import Comparison, Report, Row, ratio
from bench.rounds import take_turns
from bench.service import Service, service_setting, start_service

_ACCOUNTS = 100_000
_DATABASE = "unary"
_CALLERS = (64, 256)
_HOT, _ALONE, _BATCH_OF_ONE = "PostTransaction, hot, c = 256", "PostTransaction, c = 1", "a batch of one, c = 1"


async def measure(place: Place) -> Report:
    """Measure."""
    options = place.options
    server = await place.postgres()
    accounts = options.sized(_ACCOUNTS, _ACCOUNTS)
    ledger = await make_ledger(place, server, _DATABASE, Ring(accounts, 0))
    hand = await hand_written(place, server, accounts)
    service = await start_service(place, ledger.url, processes=options.processes)
    noop = await start_service(
        place, ledger.url, processes=options.processes, module="bench.references.noop_grpc", name="no-op"
    )
    crew = await place.crew(options.clients)
    posting = {_posting(callers): _post(service, accounts, callers) for callers in _CALLERS}
    posting |= {_HOT: _post(service, accounts, 256, hot=True), _ALONE: _post(service, accounts, 1)}
    of_one = service.load(BATCH, BATCH_SCRIPT, {"accounts": accounts, "hot": False, "size": 1}, 1)
    hand_arm = hand.arm("uniform", options.seconds)
    arms = [
        *(load_arm(_noop(callers), crew, noop_load(noop, callers), options) for callers in _CALLERS),
        hand_arm,
        *(load_arm(name, crew, load, options, postgres=ledger.cpu_seconds) for name, load in posting.items()),
        load_arm(_BATCH_OF_ONE, crew, of_one, options, postgres=ledger.cpu_seconds),
    ]
    rows = await take_turns(arms, options.rounds, place.say)
    place.say("checking the books")
    effects = sum(load.effects for load in (*posting.values(), of_one))
    books = await check_ledger(ledger.owner_url, effects) + await hand.check()
    books += await service.check_calls(*posting.values()) + await service.check_calls(of_one)
    return Report(
        name="post_unary",
        title="PostTransaction",
        setting=(service_setting(options), f"{accounts:,} accounts of callers, one posting a transaction, all new"),
        rows=tuple(rows.values()),
        comparisons=_compared(rows, hand_arm.name),
        books=books,
    )


def _posting(callers: int) -> str:
    return f"PostTransaction, c = {callers}"


def _noop(callers: int) -> str:
    return f"no-op, c = {callers}"


def _post(service: Service, accounts: int, callers: int, *, hot: bool = False) -> Load:
    return service.load(POST, POST_SCRIPT, {"accounts": accounts, "hot": hot}, callers)


def _compared(rows: dict[str, Row], hand: str) -> tuple[Comparison, ...]:
    values = {name: row.values for name, row in rows.items()}
    many = values[_posting(256)]
    return (
        ratio("by no-op, c = 256", many, values[_noop(256)], at_least(0.80)),
        ratio("by no-op, c = 64", values[_posting(64)], values[_noop(64)], at_least(0.70)),
        ratio("c = 256 by the hand-written transaction", many, values[hand], at_least(1.5)),
        ratio("hot by uniform, c = 256", values[_HOT], many, at_least(0.95)),
        # The time of a call is the reciprocal of the rate of one caller.
        ratio("time of a call alone by that of a batch of one", values[_BATCH_OF_ONE], values[_ALONE], at_most(1.05)),
    )


if __name__ == "__main__":
    main("post_unary", __doc__ or "", measure)
