"""The command `webhook-gateway`."""

import asyncio
import os
import sys

import orjson
import typer

from webhook_gateway.address import Address
from webhook_gateway.errors import ConfigurationError

EXIT_CONFIGURATION = 2

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Receives Stripe's webhooks, verifies them and hands them to the payments service.",
)


@cli.callback()
def _commands() -> None:
    """Keeps `serve` a command of its own; typer drops the name of an only command."""


@cli.command()
def serve() -> None:
    """Serve until SIGTERM or Ctrl-C. Settings are environment variables GATEWAY_…; see .env.example.

    GATEWAY_STRIPE_SECRETS (or GATEWAY_STRIPE_SECRETS_FILE) has no default: the signing secrets of Stripe's endpoint.
    """
    # gRPC's core reads both when it is imported. It writes to standard error in a form of its own, also what is no
    # trouble. And it polls sockets on threads of its own, besides the one of grpc.aio: twice as dear (decision 0066).
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    os.environ.setdefault("GRPC_EXPERIMENTS", "-event_engine_client,-event_engine_listener")
    import uvloop

    from webhook_gateway.lifecycle import Gateway, run_until_signalled
    from webhook_gateway.logs import bridge_standard_logging, open_log
    from webhook_gateway.metrics import Metrics
    from webhook_gateway.settings import load_settings

    async def run() -> None:
        settings = load_settings()
        metrics = Metrics()
        log = open_log(settings.log_level, metrics.log_lines_lost)
        bridge_standard_logging(log)

        def on_ready(address: Address) -> None:
            _say_ready(address)
            if not settings.stripe_connect_secrets:
                log.warning("connect_endpoint_closed", message="GATEWAY_STRIPE_CONNECT_SECRETS is unset: 401 for all")

        await run_until_signalled(Gateway(settings, metrics, log, on_ready), settings.lifeline_fd)

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run())
    except ConfigurationError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_CONFIGURATION) from None


def _say_ready(address: Address) -> None:
    """Tells whoever started this process where it listens: one line, for programs."""
    sys.stdout.buffer.write(orjson.dumps({"event": "ready", "address": str(address)}) + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    """Runs the command line."""
    cli()


if __name__ == "__main__":
    main()
