"""Arms that are calls of a server: a crew of clients makes them, and the server's own CPU time is told with them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.crew import Crew
from bench.latencies import Latencies
from bench.options import Options
from bench.postgres import CPU as POSTGRES_CPU
from bench.program import Program
from bench.report import Sample
from bench.rounds import Arm
from payments_service.cli.errors import CommandError

_CONNECTIONS_MAX = 32
"""Over all clients: enough for the kernel to spread them over the processes of a server about evenly."""

_GRPC, _HTTP = "bench.load.grpc_phase:run", "bench.load.http_phase:run"
P50, P99, CPU = "p50 ms", "p99 ms", "server CPU µs"


@dataclass(slots=True)
class Load:
    """Calls of one kind, and what has come of them so far.

    Attributes:
        programs: the server, and what works behind it, whose CPU time counts.
        target: host:port.
        script: `module:Class` of the requests.
        arguments: of the script.
        callers: calls in progress at any time.
        method: `package.Service/Method`; empty: HTTP.
        token: bearer token for gRPC.
        calls: good ones so far, warm-ups included.
        effects: what their replies acknowledged.
        durations_ms: of the last turn's calls in their order, when there is one caller.
        warm_calls: how many of these ended before anything counted.
    """

    programs: tuple[Program, ...]
    target: str
    script: str
    arguments: Mapping[str, Any]
    callers: int
    method: str = ""
    token: str = ""
    calls: int = field(default=0, init=False)
    effects: int = field(default=0, init=False)
    durations_ms: list[float] = field(default_factory=list, init=False)
    warm_calls: int = field(default=0, init=False)


def load_arm(
    name: str,
    crew: Crew,
    load: Load,
    options: Options,
    *,
    per_call: int = 1,
    unit: str = "calls/s",
    postgres: Callable[[], float] | None = None,
) -> Arm:
    """The arm whose figure is calls a second, or what they carry a second.

    Args:
        name: of its row.
        crew: who calls.
        load: what is called.
        options: how long.
        per_call: how many units each call carries; CPU times are a unit's too.
        unit: of the figure.
        postgres: what the database behind it has used so far, where there is one to tell of.
    """

    async def turn() -> Sample:
        clients = min(crew.size, load.callers)
        timing = {"warm_seconds": options.warm_seconds, "seconds": options.seconds}
        orders = [_orders(load, clients, number) | timing for number in range(clients)]
        before, postgres_before = _cpu_seconds(load), postgres() if postgres else 0.0
        results = await crew.run(_GRPC if load.method else _HTTP, orders)
        used = _cpu_seconds(load) - before
        _refuse_failures(name, results)
        total = sum(result["total"] for result in results)
        load.calls += total
        load.effects += sum(result["effects"] for result in results)
        load.durations_ms, load.warm_calls = results[0]["durations_ms"], results[0]["warm_calls"]
        latencies = Latencies.merged(result["latencies"] for result in results)
        details = {
            P50: latencies.quantile_ms(0.5),
            P99: latencies.quantile_ms(0.99),
            CPU: used / max(total * per_call, 1) * 1e6,
        }
        if postgres:
            details[POSTGRES_CPU] = (postgres() - postgres_before) / max(total * per_call, 1) * 1e6
        return Sample(per_call * sum(result["per_second"] for result in results), details)

    return Arm(name, unit, turn)


def _orders(load: Load, clients: int, number: int) -> dict[str, Any]:
    """The share of one of the clients."""
    callers = _share(load.callers, clients, number)
    orders = {"target": load.target, "script": load.script, "arguments": dict(load.arguments), "callers": callers}
    if not load.method:
        return orders
    connections = _share(min(load.callers, _CONNECTIONS_MAX), clients, number)
    return orders | {"method": load.method, "token": load.token, "connections": connections}


def _share(total: int, parts: int, number: int) -> int:
    return total // parts + (number < total % parts)


def _cpu_seconds(load: Load) -> float:
    return sum(program.cpu_seconds() for program in load.programs)


def _refuse_failures(name: str, results: list[dict[str, Any]]) -> None:
    """Figures of calls that failed would be of something else."""
    failures = [f"{count} of {failure}" for result in results for failure, count in result["failures"].items()]
    if failures:
        raise CommandError(f"{name}: calls failed, so there is nothing to measure: {'; '.join(failures[:3])}")
