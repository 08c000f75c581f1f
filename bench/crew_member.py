"""One process of a crew: `python -m bench.crew_member`. Orders come as lines of JSON, and so do results.

It lives in a session of its own, so that a Ctrl-C in the terminal reaches only the benchmark itself, and it ends with
its standard input: when the benchmark is done with it, or has died.
"""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

import orjson
import uvloop

from bench.load.script import named


def main() -> None:
    """Work until there are no more orders."""
    lines, told = os.pipe()
    threading.Thread(target=_watch, args=(told,), daemon=True).start()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, os.fdopen(lines, "rb") as orders:
        for line in orders:
            sys.stdout.buffer.write(orjson.dumps(_answer(runner, orjson.loads(line))) + b"\n")
            sys.stdout.buffer.flush()


def _answer(runner: asyncio.Runner, order: dict[str, Any]) -> dict[str, Any]:
    """The result of a task, or how it failed: in words, for whoever reads the benchmark's output."""
    try:
        task: Callable[..., Any] = named(order["task"])
        return {"result": runner.run(task(**order["arguments"]))}
    except Exception as error:  # noqa: BLE001 - handed on to the process that reports it
        return {"error": f"{order['task']}: {type(error).__name__}: {error}"}


def _watch(orders: int) -> None:
    """Hand on the orders; at their end nobody waits for a task in progress any more, so it ends too."""
    while data := os.read(sys.stdin.fileno(), 65_536):
        os.write(orders, data)
    os._exit(0)


if __name__ == "__main__":
    main()
