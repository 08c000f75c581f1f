"""pgbench, which comes with the embedded Postgres: TPC-B, and a posting written by hand as single statements."""

import asyncio
import contextlib
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from bench.place import Place
from bench.postgres import CPU, postgres_cpu
from bench.report import Books, Sample
from bench.rounds import Arm
from payments_service.cli.errors import CommandError
from payments_service.storage.embedded import EmbeddedPostgres, create_database
from payments_service.storage.embedded.binaries import locate_binaries

UNIT = "transactions/s"
SCALE = 10
_THREADS_MAX = 2
_RATE = re.compile(r"^tps = ([\d.]+) \(without initial connection time\)", re.MULTILINE)
_DONE = re.compile(r"^number of transactions actually processed: (\d+)", re.MULTILINE)


@dataclass(slots=True)
class PgBench:
    """pgbench on one database.

    Attributes:
        program: its path.
        url: the database, as its owner.
        cpu_seconds: what its server has used so far.
        done: transactions so far, by what was run.
    """

    program: str
    url: str
    cpu_seconds: Callable[[], float]
    done: dict[str, int] = field(default_factory=dict)

    @classmethod
    async def on(cls, server: EmbeddedPostgres, database: str) -> "PgBench":
        """Make a new database for it.

        Raises:
            CommandError: there is no pgbench.
        """
        packaged = locate_binaries().installation / "bin" / "pgbench"
        program = str(packaged) if packaged.is_file() else shutil.which("pgbench")
        if program is None:
            raise CommandError(f"no pgbench: neither {packaged} nor one on PATH; install Postgres' client programs")
        await asyncio.to_thread(create_database, server.postgres_url(), database)
        url = server.postgres_url(database)
        return cls(program, url, await postgres_cpu(url))

    async def run(self, *options: str) -> str:
        """Run it to its end; returns what it printed.

        Raises:
            CommandError: it failed; says how.
        """
        parts = psycopg.conninfo.conninfo_to_dict(self.url)
        names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
        process = await asyncio.create_subprocess_exec(
            self.program,
            *options,
            env=dict(os.environ) | {variable: str(parts[name]) for name, variable in names.items()},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            output, errors = await process.communicate()
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode != 0:
            lines = [
                line for line in errors.decode(errors="replace").splitlines() if "ERROR" in line or "error" in line
            ]
            raise CommandError(f"pgbench failed: {lines[0] if lines else process.returncode}")
        return output.decode()

    def arm(self, name: str, clients: int, seconds: float, *what: str) -> Arm:
        """An arm whose figure is transactions a second.

        Args:
            name: of its row; transactions of arms with one name are counted together.
            clients: connections that work at once.
            seconds: of a turn; pgbench takes whole ones.
            what: options that say what is run.
        """

        async def turn() -> Sample:
            threads = min(clients, _THREADS_MAX)
            timing = ("--time", str(max(1, round(seconds))), "--no-vacuum", "--protocol", "prepared")
            before = self.cpu_seconds()
            printed = await self.run(*timing, "--client", str(clients), "--jobs", str(threads), *what)
            rate, done = figures_of(printed)
            self.done[name] = self.done.get(name, 0) + done
            return Sample(rate, {CPU: (self.cpu_seconds() - before) / max(done, 1) * 1e6})

        return Arm(name, UNIT, turn)


def figures_of(printed: str) -> tuple[float, int]:
    """Transactions a second and how many were done, from what pgbench prints.

    Raises:
        CommandError: it prints something else.
    """
    rate, done = _RATE.search(printed), _DONE.search(printed)
    if rate is None or done is None:
        raise CommandError(f"pgbench printed no figures: {printed.strip()[-300:]}")
    return float(rate[1]), int(done[1])


async def tpc_b(place: Place, server: EmbeddedPostgres) -> PgBench:
    """TPC-B's database at scale 10: a million accounts, 100 tellers, 10 branches."""
    place.say("making the database of TPC-B")
    pgbench = await PgBench.on(server, "tpc_b")
    await pgbench.run("--initialize", "--quiet", "--scale", str(SCALE))
    return pgbench


def tpc_b_arms(pgbench: PgBench, seconds: float) -> tuple[Arm, ...]:
    """TPC-B at the two numbers of clients of which the better counts."""
    return tuple(
        pgbench.arm(f"TPC-B, c = {clients}", clients, seconds, "--builtin", "tpcb-like") for clients in (8, 16)
    )


async def check_tpc_b(pgbench: PgBench) -> Books:
    """Whether the balances are the sum of the history, and the history as long as pgbench says."""
    statement = """
        SELECT (SELECT count(*) FROM pgbench_history), (SELECT coalesce(sum(delta), 0) FROM pgbench_history),
               (SELECT sum(abalance) FROM pgbench_accounts), (SELECT sum(tbalance) FROM pgbench_tellers),
               (SELECT sum(bbalance) FROM pgbench_branches)
    """
    async with await psycopg.AsyncConnection.connect(pgbench.url) as connection:
        row = await (await connection.execute(statement)).fetchone()
    rows, delta, *sums = row or (0, 0)
    expected = sum(pgbench.done.values())
    if rows != expected or sums != [delta] * 3:
        return Books((), (f"TPC-B: {rows} rows of history for {expected} transactions, sums {sums} for {delta}",))
    return Books((f"TPC-B: {rows:,} transactions, and its sums agree",))


@dataclass(frozen=True, slots=True)
class HandWritten:
    """A posting as one would write it by hand: six statements between BEGIN and COMMIT, a round trip each.

    Attributes:
        pgbench: on its database.
        scripts: by name: `uniform` or `hot`.
    """

    pgbench: PgBench
    scripts: dict[str, Path]

    def arm(self, shape: str, seconds: float) -> Arm:
        """Its arm with 16 clients."""
        return self.pgbench.arm(
            f"hand-written transaction, {shape}, c = 16", 16, seconds, "--file", str(self.scripts[shape])
        )

    async def check(self) -> Books:
        """Whether each transaction has two entries, and the balances are their sum."""
        async with await psycopg.AsyncConnection.connect(self.pgbench.url) as connection:
            row = await (await connection.execute(_CHECK)).fetchone()
        transactions, entries, total, different = row or (0, 0, 0, 0)
        expected = sum(self.pgbench.done.values())
        if (transactions, entries, total, different) != (expected, 2 * expected, 0, 0):
            found = f"{transactions} transactions, {entries} entries, sum {total}, {different} balances differ"
            return Books((), (f"hand-written: {found}; {expected} were done",))
        return Books((f"hand-written: {transactions:,} transactions, and its sums agree",))


async def hand_written(place: Place, server: EmbeddedPostgres, accounts: int) -> HandWritten:
    """Its database with so many accounts."""
    place.say("making the database of the hand-written transaction")
    pgbench = await PgBench.on(server, "hand_written")
    async with await psycopg.AsyncConnection.connect(pgbench.url, autocommit=True) as connection:
        await connection.execute(_TABLES)
        await connection.execute("INSERT INTO accounts SELECT n, 0, 0 FROM generate_series(1, %s) n", [accounts])
        await connection.execute("VACUUM (ANALYZE) accounts")
    scripts = {}
    for shape, first in (("uniform", f"random(1, {accounts} - 1)"), ("hot", "1")):
        scripts[shape] = place.folder / f"{shape}.sql"
        lines = (f"\\set low {first}", f"\\set high random(:low + 1, {accounts})", *_SCRIPT)
        scripts[shape].write_text("\n".join(lines) + "\n")
    return HandWritten(pgbench, scripts)


_TABLES = """
CREATE TABLE accounts (id bigint PRIMARY KEY, balance bigint NOT NULL, version bigint NOT NULL) WITH (fillfactor = 50);
CREATE TABLE transactions (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, reference text NOT NULL UNIQUE,
                           time timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE entries (account_id bigint NOT NULL, version bigint NOT NULL, transaction_id bigint NOT NULL,
                      amount bigint NOT NULL, balance bigint NOT NULL, PRIMARY KEY (account_id, version));
CREATE INDEX ON entries (transaction_id);
"""
"""No foreign keys, as in ours: with them the reference would be slower."""

_UPDATE = "UPDATE accounts SET balance = balance + :{by}, version = version + 1 WHERE id = :{which}"
_RETURNING = r"RETURNING version AS v, balance AS b \gset {which}_"

_SCRIPT = (
    r"\set amount random(1, 1000)",
    r"\set taken 0 - :amount",
    r"\set name random(1, 9223372036854775807)",
    "BEGIN;",
    r"INSERT INTO transactions (reference) VALUES ('hand-' || :name) RETURNING id \gset",
    f"{_UPDATE} {_RETURNING}".format(by="taken", which="low"),
    f"{_UPDATE} {_RETURNING}".format(by="amount", which="high"),
    "INSERT INTO entries VALUES (:low, :low_v, :id, :taken, :low_b);",
    "INSERT INTO entries VALUES (:high, :high_v, :id, :amount, :high_b);",
    "COMMIT;",
)
"""The lower account first, so that none deadlock."""

_CHECK = """
SELECT (SELECT count(*) FROM transactions), (SELECT count(*) FROM entries), (SELECT sum(balance) FROM accounts),
       (SELECT count(*) FROM accounts a
        LEFT JOIN (SELECT account_id, sum(amount) AS balance, count(*) AS version FROM entries GROUP BY account_id) e
               ON e.account_id = a.id
        WHERE (a.balance, a.version) IS DISTINCT FROM (coalesce(e.balance, 0), coalesce(e.version, 0)))
"""
