"""Arms that are several writers at once: a process each, one batch in flight a process."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bench.crew import Crew
from bench.latencies import Latencies
from bench.ledger.accounts import Ring, make_ring
from bench.options import Options
from bench.place import Place
from bench.postgres import CPU, postgres_cpu
from bench.report import Sample
from bench.rounds import Arm
from payments_service.storage.embedded import EmbeddedPostgres

UNIT = "postings/s"


@dataclass(slots=True)
class Ledger:
    """A database that writers post to.

    Attributes:
        url: with the service's login.
        owner_url: for the checks.
        accounts: how many it has.
        cpu_seconds: what its server has used so far.
        seeded: transactions that it had before anybody posted.
        posted: transactions that writers have posted since.
    """

    url: str
    owner_url: str
    accounts: int
    cpu_seconds: Callable[[], float]
    seeded: int = 0
    posted: int = field(default=0, init=False)

    @property
    def expected(self) -> int:
        """How many transactions must be in the books."""
        return self.seeded + self.posted


async def make_ledger(place: Place, server: EmbeddedPostgres, name: str, ring: Ring) -> Ledger:
    """A new database with the accounts and the history of a ring."""
    url, owner_url = await place.ledger(server, name), server.postgres_url(name)
    await make_ring(owner_url, ring, place.say)
    return Ledger(url, owner_url, ring.accounts, await postgres_cpu(owner_url), ring.transactions)


def writing_arm(name: str, crew: Crew, ledger: Ledger, size: int, *, hot: bool, options: Options) -> Arm:
    """The arm whose figure is postings a second in batches of a size."""

    async def turn() -> Sample:
        order = {
            "url": ledger.url,
            "size": size,
            "accounts": ledger.accounts,
            "hot": hot,
            "warm_seconds": options.warm_seconds,
            "seconds": options.seconds,
        }
        before = ledger.cpu_seconds()
        results = await crew.run("bench.ledger.writer:write", [order] * min(options.processes, crew.size))
        used = ledger.cpu_seconds() - before
        posted = sum(result["posted"] for result in results)
        ledger.posted += posted
        counted = sum(result["counted"] for result in results)
        latencies = Latencies.merged(result["latencies"] for result in results)
        details = {
            "p50 ms": latencies.quantile_ms(0.5),
            "p99 ms": latencies.quantile_ms(0.99),
            "writers' CPU µs": sum(result["cpu_seconds"] for result in results) / counted * 1e6,
            CPU: used / posted * 1e6,
            "retries": float(sum(result["retries"] for result in results)),
        }
        return Sample(sum(result["per_second"] for result in results), details)

    return Arm(name, UNIT, turn)
