"""BatchPostTransactions with 1000 transactions a call, against TPC-B."""

from bench.calls import Load, load_arm
from bench.command import main
from bench.figures import at_least, best
from bench.ledger.accounts import Ring
from bench.ledger.books import check_ledger
from bench.ledger.posting import BATCH, BATCH_SCRIPT
from bench.ledger.writing import UNIT, make_ledger
from bench.place import Place
from bench.references.pgbench import check_tpc_b, tpc_b, tpc_b_arms
from bench.report import Report, ratio
from bench.rounds import Arm, take_turns
from bench.service import service_setting, start_service

SIZE = 1_000
CALLERS = 4
_ACCOUNTS = 100_000
_DATABASE = "batch_rpc"


async def measure(place: Place) -> Report:
    """Measure."""
    options = place.options
    size = options.sized(SIZE, SIZE)
    accounts = options.sized(_ACCOUNTS, _ACCOUNTS)
    server = await place.postgres()
    ledger = await make_ledger(place, server, _DATABASE, Ring(accounts, 0))
    tpc = await tpc_b(place, server)
    service = await start_service(place, ledger.url, processes=options.processes)
    crew = await place.crew(options.clients)
    uniform, hot = (
        service.load(BATCH, BATCH_SCRIPT, {"accounts": accounts, "hot": hot, "size": size}, CALLERS)
        for hot in (False, True)
    )

    def arm(name: str, load: Load) -> Arm:
        return load_arm(name, crew, load, options, per_call=size, unit=UNIT, postgres=ledger.cpu_seconds)

    tpc_arms = tpc_b_arms(tpc, options.seconds)
    arms = (
        *tpc_arms,
        arm(f"batches of {size}, uniform", uniform),
        arm(f"batches of {size}, hot", hot),
    )
    rows = await take_turns(arms, options.rounds, place.say)
    place.say("checking the books")
    books = await check_ledger(ledger.owner_url, uniform.effects + hot.effects) + await check_tpc_b(tpc)
    books += await service.check_calls(uniform, hot, effects_per_call=size)
    best_tpc = best(*(rows[arm.name].values for arm in tpc_arms))
    uniforms, hots = (rows[arm.name].values for arm in arms[-2:])
    return Report(
        name="post_batch_rpc",
        title=f"BatchPostTransactions({size})",
        setting=(service_setting(options), f"{CALLERS} callers; {accounts:,} accounts of callers; each item alone"),
        rows=tuple(rows.values()),
        comparisons=(
            ratio("by TPC-B's best", uniforms, best_tpc, at_least(5)),
            ratio("hot by uniform", hots, uniforms),
        ),
        books=books,
    )


if __name__ == "__main__":
    main("post_batch_rpc", __doc__ or "", measure)
