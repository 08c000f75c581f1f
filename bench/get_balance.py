"""GetBalance against a no-op on the same server set-up, and the interceptor chain alone between the two."""

import asyncio
import random

from payments_api.v1 import ledger_service_pb2

from bench.calls import load_arm
from bench.command import main
from bench.figures import Summary, at_least, at_most
from bench.ledger.accounts import Ring, code, make_ring
from bench.ledger.books import check_ledger
from bench.place import Place
from bench.postgres import postgres_cpu
from bench.references.noop_grpc import noop_load
from bench.report import Comparison, Report, ratio
from bench.rounds import take_turns
from bench.service import service_setting, start_service

METHOD = "payments_api.v1.LedgerService/GetBalance"
CALLERS = 64
DATABASE = "balances"
SCRIPT = "bench.get_balance:Script"
_ACCOUNTS, _ACCOUNTS_QUICK = 10_000, 1_000
_TURNS = 5
_LOOK_AT = 16
"""One reply in so many is read; reading all of them would take from the server what it is measured on."""


class Script:
    """Balances of accounts at random (`bench.load.script.Script`)."""

    def __init__(self, accounts: int, version: int) -> None:
        """Take the number of accounts and the version that each of them has; 0: whatever the reply says."""
        self._requests = [
            ledger_service_pb2.GetBalanceRequest(code=code(number)).SerializeToString() for number in range(accounts)
        ]
        self._version = version
        self._replies = 0

    def next(self) -> bytes:
        """The balance of one account."""
        return random.choice(self._requests)  # noqa: S311 - no secret

    def effects(self, reply: bytes) -> int:
        """1 when the reply is the balance that is in the books."""
        self._replies += 1
        if not self._version or self._replies % _LOOK_AT:
            return 1
        return int(ledger_service_pb2.GetBalanceResponse.FromString(reply).balance.version == self._version)


async def measure(place: Place) -> Report:
    """Measure."""
    options = place.options
    accounts = options.sized(_ACCOUNTS, _ACCOUNTS_QUICK) + 1
    ring = Ring(accounts, accounts * _TURNS)
    server = await place.postgres()
    url = await place.ledger(server, DATABASE)
    await make_ring(server.postgres_url(DATABASE), ring, place.say)
    processes = options.processes
    noop, chain, service = await asyncio.gather(
        start_service(place, url, processes=processes, module="bench.references.noop_grpc", name="no-op"),
        start_service(place, url, processes=processes, module="bench.references.chain_only", name="interceptors"),
        start_service(place, url, processes=processes),
    )
    crew = await place.crew(options.clients)
    balances = service.load(METHOD, SCRIPT, {"accounts": accounts, "version": 2 * _TURNS}, CALLERS)
    constants = chain.load(METHOD, SCRIPT, {"accounts": accounts, "version": 0}, CALLERS)
    arms = (
        load_arm("no-op", crew, noop_load(noop, CALLERS), options),
        load_arm("interceptors alone", crew, constants, options),
        load_arm("GetBalance", crew, balances, options, postgres=await postgres_cpu(server.postgres_url())),
    )
    rows = await take_turns(arms, options.rounds, place.say)
    resident = service.program.resident_mib()
    place.say("checking the books")
    books = await check_ledger(server.postgres_url(DATABASE), ring.transactions) + await service.check_calls(balances)
    noops, chains, gets = (rows[arm.name].values for arm in arms)
    return Report(
        name="get_balance",
        title=f"GetBalance, {CALLERS} callers, against a no-op",
        setting=(service_setting(options), f"{accounts:,} accounts, {2 * ring.transactions:,} entries"),
        rows=tuple(rows.values()),
        comparisons=(
            ratio("GetBalance by no-op", gets, noops, at_least(0.75)),
            ratio("interceptors alone by no-op", chains, noops),
            Comparison("resident memory of a server process after it", "MiB", Summary.of([resident]), at_most(150)),
        ),
        books=books,
    )


if __name__ == "__main__":
    main("get_balance", __doc__ or "", measure)
