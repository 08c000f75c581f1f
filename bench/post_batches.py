"""The ledger's writer in batches, uniform and on one hot account, against TPC-B and a hand-written transaction."""

from bench.command import main
from bench.figures import at_least, best
from bench.ledger.accounts import Ring
from bench.ledger.books import check_ledger
from bench.ledger.writing import make_ledger, writing_arm
from bench.place import Place
from bench.references.pgbench import check_tpc_b, hand_written, tpc_b, tpc_b_arms
from bench.report import Comparison, Report, Row, ratio
from bench.rounds import take_turns

SIZES = (10, 100, 256, 1000)
SHAPES = ("uniform", "hot")
_ACCOUNTS = 100_000
_DATABASE = "batches"


async def measure(place: Place) -> Report:
    """Measure."""
    options = place.options
    accounts = options.sized(_ACCOUNTS, _ACCOUNTS)
    server = await place.postgres()
    ledger = await make_ledger(place, server, _DATABASE, Ring(accounts, 0))
    tpc = await tpc_b(place, server)
    hand = await hand_written(place, server, accounts)
    crew = await place.crew(options.processes)
    arms = [
        *tpc_b_arms(tpc, options.seconds),
        *(hand.arm(shape, options.seconds) for shape in SHAPES),
        *(
            writing_arm(_name(size, shape), crew, ledger, size, hot=shape == "hot", options=options)
            for shape in SHAPES
            for size in SIZES
        ),
    ]
    rows = await take_turns(arms, options.rounds, place.say)
    place.say("checking the books")
    books = await check_ledger(ledger.owner_url, ledger.expected) + await check_tpc_b(tpc) + await hand.check()
    return Report(
        name="post_batches",
        title="The ledger's writer, in batches",
        setting=(
            f"{crew.size} processes, one connection and one batch in flight each; {accounts:,} accounts",
            "pgbench with prepared statements; the hand-written transaction has no foreign keys: the ledger has none",
        ),
        rows=tuple(rows.values()),
        comparisons=_compared(rows, [arm.name for arm in arms]),
        books=books,
    )


def _name(size: int, shape: str) -> str:
    return f"batches of {size}, {shape}"


def _compared(rows: dict[str, Row], names: list[str]) -> tuple[Comparison, ...]:
    best_tpc = best(*(rows[name].values for name in names if name.startswith("TPC-B")))
    hands = {
        shape: rows[name].values
        for shape in SHAPES
        for name in names
        if name.startswith(f"hand-written transaction, {shape}")
    }
    uniform = {size: rows[_name(size, "uniform")].values for size in SIZES}
    hot = {size: rows[_name(size, "hot")].values for size in SIZES}
    return (
        ratio("batches of 1000 by TPC-B's best", uniform[1000], best_tpc, at_least(5)),
        *(ratio(f"batches of {size} by TPC-B's best", uniform[size], best_tpc) for size in SIZES[:-1]),
        ratio("batches of 100 by the hand-written transaction, uniform", uniform[100], hands["uniform"]),
        ratio("batches of 100 by the hand-written transaction, hot", hot[100], hands["hot"]),
        ratio("batches of 256, hot by uniform", hot[256], uniform[256], at_least(0.95)),
    )


if __name__ == "__main__":
    main("post_batches", __doc__ or "", measure)
