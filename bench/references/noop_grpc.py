"""A gRPC method that echoes 200 bytes, on the service's own server set-up without its interceptors.

The same options, listening, TLS, event loop and number of processes; no chain, no health probe, no metrics, no log.
`python -m bench.references.noop_grpc serve` with the service's settings.
"""

import asyncio
import os
import subprocess
import sys
from contextlib import ExitStack

import grpc
import uvloop

from bench.calls import Load
from bench.service import Service
from payments_service.cli.lifeline import hold_lifeline
from payments_service.config import load_settings
from payments_service.observability.logging import configure_logging
from payments_service.transport.addresses import Addresses, reserve
from payments_service.transport.announcement import announce_ready
from payments_service.transport.collector import settle_collector
from payments_service.transport.listening import listen
from payments_service.transport.serve import SIGNALS
from payments_service.transport.server import _options as server_options  # it must not drift from the service's own

_SERVICE, _METHOD = "bench.NoOp", "Echo"
MESSAGE_BYTES = 200
_STOP_SECONDS = 1.0
_ARGUMENTS = 2
"""Where in `sys.argv` a process finds the address that it shares: behind the program and `serve`."""


class Script:
    """Requests of 200 bytes (`bench.load.script.Script`)."""

    def __init__(self) -> None:
        self._request = os.urandom(MESSAGE_BYTES)

    def next(self) -> bytes:
        """Always the same."""
        return self._request

    def effects(self, reply: bytes) -> int:
        """One for each echo, so that the counts of all arms can be told."""
        return int(reply == self._request)


def noop_load(service: Service, callers: int) -> Load:
    """Echoes by this server."""
    return service.load(f"{_SERVICE}/{_METHOD}", "bench.references.noop_grpc:Script", {}, callers)


async def _echo(request: bytes, _: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
    return request


async def _serve(address: str, *, share_port: bool) -> None:
    stop = asyncio.Event()
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    settings = load_settings()
    server = grpc.aio.server(options=server_options(settings, share_port=share_port))
    methods: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {_METHOD: grpc.unary_unary_rpc_method_handler(_echo)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_SERVICE, methods),))
    addresses = listen(server, settings, Addresses(address), share_port=share_port)
    await server.start()
    settle_collector()
    announce_ready(addresses, "")
    await stop.wait()
    await server.stop(_STOP_SECONDS)


def main() -> None:
    """Serve until a signal or the end of the lifeline, with as many processes as the settings say."""
    os.environ["GRPC_VERBOSITY"] = "ERROR"
    settings = load_settings()
    configure_logging("error")
    with ExitStack() as stack:
        address, shared = settings.grpc_address, settings.grpc_processes > 1
        if len(sys.argv) > _ARGUMENTS:
            address = sys.argv[_ARGUMENTS]
        elif shared:
            reserved, address = reserve(address)
            stack.enter_context(reserved)
            for _ in range(settings.grpc_processes - 1):
                _start_another(stack, address, settings.lifeline_fd)
        hold_lifeline(settings)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(address, share_port=shared))


def _start_another(stack: ExitStack, address: str, lifeline: int | None) -> None:
    """Start a process that shares the port; returns when it serves."""
    process = subprocess.Popen(  # noqa: S603 - this module itself
        [sys.executable, "-m", "bench.references.noop_grpc", "serve", address],
        stdout=subprocess.PIPE,
        pass_fds=[] if lifeline is None else [lifeline],
    )
    stack.callback(process.wait)
    stack.callback(process.terminate)
    if process.stdout is not None:
        stack.enter_context(process.stdout).readline()


if __name__ == "__main__":
    main()
