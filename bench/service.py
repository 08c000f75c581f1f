"""The service as it is measured: `payments serve` with everything on, in the clear on loopback."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from bench.calls import Load
from bench.options import Options
from bench.place import Place
from bench.program import Program
from bench.report import Books
from payments_service.cli.development import SANDBOX_API_KEY
from payments_service.config import load_settings
from payments_service.transport.development_token import DEVELOPMENT_SCOPES, mint_development_token

NO_STRIPE = "http://127.0.0.1:1"
"""Where nothing listens, for what never calls Stripe; on loopback, so that development tokens work."""

FREE = "127.0.0.1:0"


@dataclass(frozen=True, slots=True)
class Service:
    """A running server.

    Attributes:
        program: its process, with others below it when there are several.
        token: opens everything that a backend needs, and RecordEvent.
    """

    program: Program
    token: str

    def load(self, method: str, script: str, arguments: Mapping[str, Any], callers: int) -> Load:
        """Calls of a method, by `module:Class` of their script."""
        return Load((self.program,), self.program.address, script, arguments, callers, method, self.token)

    async def check_calls(self, *loads: Load, effects_per_call: int = 1) -> Books:
        """Whether it has counted as many good calls as its callers have, and no others; and each had its effects.

        Args:
            loads: all calls of one method that were made.
            effects_per_call: that each reply should have acknowledged.
        """
        calls, effects = sum(load.calls for load in loads), sum(load.effects for load in loads)
        counted = await self.counted(loads[0].method)
        name = loads[0].method.rpartition("/")[2]
        problems = []
        if counted != {"OK": calls}:
            problems.append(f"the server has counted {counted} calls of {name}, and its callers {calls:,} good ones")
        if effects != calls * effects_per_call:
            problems.append(f"{calls:,} calls of {name} have acknowledged {effects:,} effects")
        checked = () if problems else (f"{calls:,} calls of {name}, as the server counts them, with the right replies",)
        return Books(checked, tuple(problems))

    async def counted(self, method: str) -> dict[str, int]:
        """How many calls of a method it has answered, by canonical code, by its own metrics."""
        async with httpx.AsyncClient(timeout=20, trust_env=False) as client:
            text = (await client.get(f"http://{self.program.metrics_address}/metrics")).text
        samples = [
            sample
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == "payments_rpc_calls_total" and sample.labels["method"] == method
        ]
        return {sample.labels["code"]: int(sample.value) for sample in samples}


async def start_service(
    place: Place,
    database_url: str,
    *,
    processes: int,
    stripe_base: str = NO_STRIPE,
    module: str = "payments_service",
    name: str = "server",
) -> Service:
    """Start a server.

    Args:
        place: where it runs.
        database_url: migrated.
        processes: how many serve.
        stripe_base: the sandbox, when Stripe is called.
        module: what is run: the service, or a reference that takes the same command line.
        name: of its log.

    Raises:
        CommandError: it does not start; says why.
    """
    variables = place.keys | {
        "PAYMENTS_DATABASE_URL": database_url,
        "PAYMENTS_STRIPE_API_BASE": stripe_base,
        "PAYMENTS_STRIPE_API_KEY": SANDBOX_API_KEY,
        "PAYMENTS_GRPC_ADDRESS": FREE,
        "PAYMENTS_GRPC_PROCESSES": str(processes),
        "PAYMENTS_GRPC_DRAIN_SECONDS": "1",
        "PAYMENTS_METRICS_ADDRESS": FREE,
        "PAYMENTS_WORKER_METRICS_ADDRESS": "",
        "PAYMENTS_LIFELINE_FD": str(place.lifeline),
    }
    program = await place.start(name, [module, "serve"], place.environment(**variables))
    token = mint_development_token(load_settings(variables), scopes=(*DEVELOPMENT_SCOPES, "events.ingest"))
    return Service(program, token)


def service_setting(options: Options) -> str:
    """In words: how servers and clients are set up."""
    return (
        f"{options.processes} server processes and {options.clients} clients on this machine, plaintext on loopback, "
        "authentication, validation, metrics and the log on"
    )
