"""The command `stripe-sandbox`."""

import asyncio
from typing import Annotated

import orjson
import typer

from stripe_sandbox.runner import serve_until_stopped
from stripe_sandbox.settings import ConfigurationError, load_settings

_EXIT_CONFIGURATION = 2
_EXIT_ADDRESS = 1

app = typer.Typer(
    help="A stateful double of Stripe over HTTP, for running and testing without keys.",
    no_args_is_help=True,
    add_completion=False,
)


@app.callback()
def _commands() -> None:
    """Makes `serve` a command of its own, so that others can join it."""


@app.command()
def serve(
    address: Annotated[str | None, typer.Option(help="host:port; port 0 takes a free one.")] = None,
    webhook_url: Annotated[str | None, typer.Option(help="Where signed events go.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of ids and faults.")] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
) -> None:
    """Serves until Ctrl-C. Prints one line of JSON with the address once it listens; logs go to standard error.

    Every option can be given by environment, SANDBOX_ADDRESS and so on; secrets only so: SANDBOX_API_KEYS,
    SANDBOX_WEBHOOK_SECRET (or their _FILE).
    """
    try:
        settings = load_settings(address=address, webhook_url=webhook_url, seed=seed, log_level=log_level)
        asyncio.run(serve_until_stopped(settings, _announce))
    except ConfigurationError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(_EXIT_CONFIGURATION) from error
    except OSError as error:
        typer.echo(str(error.strerror or error), err=True)
        raise typer.Exit(_EXIT_ADDRESS) from error


def _announce(address: str) -> None:
    typer.echo(orjson.dumps({"event": "ready", "address": address}).decode())


def main() -> None:
    """Entry point of the console script."""
    app()


if __name__ == "__main__":
    main()
