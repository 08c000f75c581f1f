"""Posting to big books against posting to empty ones."""

from bench.command import main
from bench.figures import at_least
from bench.ledger.accounts import Ring
from bench.ledger.books import check_ledger
from bench.ledger.writing import make_ledger, writing_arm
from bench.place import Place
from bench.report import Report, ratio
from bench.rounds import take_turns

SIZES = (10, 100)
_ENTRIES, _ENTRIES_QUICK = 10_000_000, 200_000
_ACCOUNTS, _ACCOUNTS_QUICK = 100_000, 10_000
_EMPTY = "empty"


async def measure(place: Place) -> Report:
    """Measure."""
    options = place.options
    accounts = options.sized(_ACCOUNTS, _ACCOUNTS_QUICK) + 1
    transactions = options.sized(_ENTRIES, _ENTRIES_QUICK) // 2
    server = await place.postgres()
    empty = await make_ledger(place, server, _EMPTY, Ring(accounts, 0))
    big = await make_ledger(place, server, "big", Ring(accounts, transactions))
    crew = await place.crew(options.processes)
    grown = f"{2 * transactions:,} entries"
    books = {_EMPTY: empty, grown: big}
    names = {(size, which): f"batches of {size}, {which}" for size in SIZES for which in books}
    arms = [
        writing_arm(name, crew, books[which], size, hot=False, options=options) for (size, which), name in names.items()
    ]
    rows = await take_turns(arms, options.rounds, place.say)
    place.say("checking the books")
    checked = await check_ledger(empty.owner_url, empty.expected) + await check_ledger(big.owner_url, big.expected)
    return Report(
        name="growth",
        title="Posting to big books against empty ones",
        setting=(
            f"{crew.size} processes, one connection and one batch in flight each; {accounts:,} accounts",
            "both databases in one Postgres with 128 MB of buffers",
            "the empty books do not stay empty: what is measured is posted to them too",
        ),
        rows=tuple(rows.values()),
        comparisons=tuple(
            ratio(
                f"batches of {size}: {grown} by empty",
                rows[names[size, grown]].values,
                rows[names[size, _EMPTY]].values,
                at_least(0.80),
            )
            for size in SIZES
        ),
        books=checked,
    )


if __name__ == "__main__":
    main("growth", __doc__ or "", measure)
