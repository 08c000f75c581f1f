"""A Starlette endpoint that reads the body and answers, on the gateway's own server set-up: `… noop_http serve`."""

import asyncio
import contextlib
import json
import os
import signal
import threading
from collections.abc import Iterator

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PATH = "/stripe/webhook"
LIFELINE = "BENCH_LIFELINE_FD"


async def _accept(request: Request) -> Response:
    await request.body()
    return Response(b'{"received":true}', media_type="application/json")


class _Server(uvicorn.Server):
    """uvicorn's server without its signal handling, as the gateway has it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve() -> None:
    app = Starlette(routes=[Route(PATH, _accept, methods=["POST"])])
    server = _Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=0,
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=75,
        )
    )

    def stop() -> None:
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    lifeline = int(os.environ[LIFELINE])
    threading.Thread(target=lambda: (os.read(lifeline, 1), loop.call_soon_threadsafe(stop)), daemon=True).start()
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn offers no event
        await asyncio.sleep(0.01)
    if not serving.done():
        port = server.servers[0].sockets[0].getsockname()[1]
        print(json.dumps({"event": "ready", "address": f"127.0.0.1:{port}"}), flush=True)
    await serving


def main() -> None:
    """Serve until a signal or the end of the lifeline."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve())


if __name__ == "__main__":
    main()
