"""Fuzzes a real gateway process for minutes: no 5xx, no crash, no growth, nothing acknowledged that is not recorded.

The payments service behind it is a double that records everything, so whatever goes wrong is the gateway's. Run it with
`make fuzz`, or `make fuzz ARGS="--minutes 10 --seed 7"`; a failing seed fails again.
"""

import argparse
import asyncio
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import psutil
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from payments_api.internal.v1.stripe_event_service_pb2 import RecordEventsItem, RecordEventsResult

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.integration.webhook_gateway.harness import PLATFORM_SECRETS, PaymentsDouble  # noqa: E402 - needs the path
from tests.integration.webhook_gateway.odd_requests import (  # noqa: E402 - needs the path
    REQUESTS,
    OddRequest,
    complaint,
    send,
    statuses,
)

BATCH = 50
SILENCE_S = 0.3
"""How long a connection may be silent before it is given up: many requests never end."""

WARM_UP_SHARE = 0.3
GROWTH_BYTES_MAX = 8 * 1_048_576
_EVENT_ID = re.compile(rb'"received":true,"event_id":"([^"]+)"')


class Recorder(PaymentsDouble):
    """A payments service that remembers ids only, or its own memory would be what grows."""

    def _record(self, item: RecordEventsItem) -> RecordEventsResult:
        self.requests.clear()
        self.metadata.clear()
        self.groups.clear()
        return super()._record(item)

    def has(self, event_id: str) -> bool:
        """Whether an event was recorded."""
        return event_id in self._seen


async def start_gateway(target: str) -> tuple[asyncio.subprocess.Process, str]:
    """Starts the gateway's command on a free port; returns its process and address."""
    own = {
        "GATEWAY_ADDRESS": "127.0.0.1:0",
        "GATEWAY_STRIPE_SECRETS": ",".join(PLATFORM_SECRETS),
        "GATEWAY_PAYMENTS_TARGET": target,
        "GATEWAY_LOG_LEVEL": "error",
    }
    inherited = {name: value for name, value in os.environ.items() if not name.upper().startswith("GATEWAY_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "webhook_gateway", "serve", stdout=asyncio.subprocess.PIPE, env=inherited | own, cwd=ROOT
    )
    if process.stdout is None:
        raise RuntimeError("no pipe")
    return process, json.loads(await process.stdout.readline())["address"]


async def send_all(address: str, requests: Sequence[OddRequest]) -> list[bytes]:
    """Sends requests, each over a connection of its own, all at the same time."""
    return await asyncio.gather(
        # What is signed and whole gets an answer, however busy this machine is.
        *(send(address, request, *([] if request.signed else [SILENCE_S])) for request in requests)
    )


class Fuzzer:
    """Sends batch after batch, and keeps the score."""

    def __init__(self, runner: asyncio.Runner, service: Recorder, address: str, process: psutil.Process) -> None:
        self._runner = runner
        self._service = service
        self._address = address
        self._process = process
        self.counts: Counter[str] = Counter()
        self.warm_bytes = 0

    def round(self, number: int, examples: int) -> None:
        """Sends some batches.

        Raises:
            AssertionError: The gateway answered as it must not.
        """

        @seed(number)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.lists(REQUESTS, min_size=BATCH, max_size=BATCH))
        def batch(requests: list[OddRequest]) -> None:
            responses = self._runner.run(send_all(self._address, requests))
            for request, response in zip(requests, responses, strict=True):
                self._check(request, response)

        batch()

    def resident_bytes(self) -> int:
        """Memory of the gateway's process now."""
        return int(self._process.memory_info().rss)

    def _check(self, request: OddRequest, response: bytes) -> None:
        if problem := complaint(request, response):
            raise AssertionError(problem)
        for event_id in _EVENT_ID.findall(response):
            if not self._service.has(event_id.decode()):
                raise AssertionError(f"acknowledged and not recorded: {event_id.decode()}")
        self.counts.update(str(status) for status in statuses(response))
        self.counts["requests"] += 1
        self.counts["without an answer"] += not response


def fuzz(minutes: float, first_seed: int) -> int:
    """Runs it; returns the exit code."""
    service = Recorder()
    with asyncio.Runner() as runner:
        runner.run(service.start())
        process, address = runner.run(start_gateway(service.address))
        fuzzer = Fuzzer(runner, service, address, psutil.Process(process.pid))
        began, number = time.monotonic(), first_seed
        try:
            while time.monotonic() - began < minutes * 60:
                fuzzer.round(number, examples=10)
                number += 1
                if not fuzzer.warm_bytes and time.monotonic() - began > minutes * 60 * WARM_UP_SHARE:
                    fuzzer.warm_bytes = fuzzer.resident_bytes()
        except Exception as error:  # noqa: BLE001 - whatever it is, the seed has to be told
            causes = error.exceptions if isinstance(error, ExceptionGroup) else [error]
            print(*(f"seed {number}: {str(cause)[:3_000]}" for cause in causes), sep="\n", file=sys.stderr)
            return 1
        finally:
            alive = process.returncode is None
            end_bytes = fuzzer.resident_bytes() if alive else 0
            if alive:
                process.terminate()
            exit_code = runner.run(process.wait())
            runner.run(service.stop())
    grown = end_bytes - fuzzer.warm_bytes
    print(
        json.dumps(
            {
                "seeds": [first_seed, number - 1],
                "seconds": round(time.monotonic() - began),
                "counts": dict(sorted(fuzzer.counts.items())),
                "resident_bytes": {"after warm-up": fuzzer.warm_bytes, "end": end_bytes, "grown": grown},
                "exit_code": exit_code,
            },
            indent=2,
        )
    )
    return int(not alive or exit_code != 0 or grown > GROWTH_BYTES_MAX)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=3.0, help="how long (3)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the first seed (the time)")
    options = parser.parse_args()
    sys.exit(fuzz(options.minutes, options.seed))


if __name__ == "__main__":
    main()
