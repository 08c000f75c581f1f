"""The commands and their options. Each hands over to the module of its name."""

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from payments_service.cli import events_app
from payments_service.cli.errors import EXIT_FAILURE, EXIT_USAGE, CommandError
from payments_service.config import ConfigurationError
from payments_service.transport.grpc_core import tell_grpc_core

app = typer.Typer(
    name="payments",
    help="A payments service with a double-entry ledger that reconciles with Stripe. Start with `payments up`.",
    epilog="Settings are environment variables PAYMENTS_…, see .env.example. Exit codes: 0 done, 1 failed, 2 wrong "
    "usage or configuration.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

app.add_typer(events_app.app)

_AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]


@app.command()
def up(
    once: Annotated[bool, typer.Option("--once", help="Stop after the purchase; exit 1 if any figure is off.")] = False,
    as_json: _AsJson = False,
    plaintext: Annotated[
        bool, typer.Option("--plaintext", help="gRPC without TLS, for tools that cannot do it.")
    ] = False,
) -> None:
    """Start the whole stack, play one purchase through it, and serve until Ctrl-C.

    Postgres (embedded, unless PAYMENTS_DATABASE_URL is set), the Stripe sandbox (unless PAYMENTS_STRIPE_API_KEY or
    PAYMENTS_STRIPE_API_BASE is set), the gRPC server, a worker and the webhook gateway. Data and logs: .payments/.
    gRPC speaks TLS with a certificate of the stack's own, unless PAYMENTS_TLS_CERT_FILE names another: .payments/tls/.
    """
    from payments_service.cli.up import run_up

    raise typer.Exit(run_up(once=once, as_json=as_json, plaintext=plaintext))


@app.command()
def demo(
    target: Annotated[
        str | None, typer.Option(help="host:port of the gRPC server; default: the stack of `payments up`.")
    ] = None,
    token: Annotated[
        str | None, typer.Option(help="Bearer token; default: that of the stack.", envvar="PAYMENTS_TOKEN")
    ] = None,
    sandbox: Annotated[
        str | None,
        typer.Option(
            help="http://host:port of the Stripe sandbox that the service uses; default: that of the stack.",
            envvar="PAYMENTS_STRIPE_API_BASE",
        ),
    ] = None,
    ca_file: Annotated[
        Path | None,
        typer.Option(
            help="PEM certificates that the server's is checked against; default: that of the stack; with --target "
            "alone there is no TLS.",
            envvar="PAYMENTS_TLS_CA_FILE",
        ),
    ] = None,
    cert_file: Annotated[
        Path | None, typer.Option(help="PEM client certificate, for a server that asks for one.")
    ] = None,
    key_file: Annotated[Path | None, typer.Option(help="PEM key of that certificate.")] = None,
    as_json: _AsJson = False,
) -> None:
    """Play the purchase against a stack that is already running; exit 1 if any figure is off.

    A seller is opened and onboarded, a customer pays 100.00 usd, and 40.00 are refunded: against our sandbox only. As
    often as you like, also at the same time.
    """
    from payments_service.cli.demo import run_demo

    raise typer.Exit(
        run_demo(
            target=target,
            token=token,
            sandbox=sandbox,
            ca_file=ca_file,
            cert_file=cert_file,
            key_file=key_file,
            as_json=as_json,
        )
    )


@app.command()
def serve(
    processes: Annotated[
        int | None, typer.Option(min=1, max=64, help="Server processes on the one port; default: the setting.")
    ] = None,
    address: Annotated[
        str | None, typer.Option(help="host:port to listen on; port 0 takes a free one; default: the setting.")
    ] = None,
) -> None:
    """Serve gRPC until SIGTERM or Ctrl-C; then finish the calls in progress. Prints one JSON line when ready."""
    from payments_service.cli.serve import run_serve

    raise typer.Exit(run_serve(processes=processes, address=address))


@app.command()
def worker() -> None:
    """Apply Stripe's events, settle, and finish open operations, until SIGTERM or Ctrl-C.

    Run as many as you like. Prints one JSON line when ready.
    """
    from payments_service.cli.worker import run_worker

    raise typer.Exit(run_worker())


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema; says from which to which."""
    from payments_service.cli.migrate import run_migrate

    run_migrate()


@app.command()
def token(
    scope: Annotated[
        list[str] | None, typer.Option(help="May be given several times; default: all that a backend needs.")
    ] = None,
    owner: Annotated[
        list[str] | None, typer.Option(help="Act for this owner only; may be given several times; default: all.")
    ] = None,
    subject: Annotated[str, typer.Option(help="Who the token speaks for.")] = "developer",
    expires: Annotated[str, typer.Option(help="Lifetime: 90s, 30m, 12h or 7d.")] = "24h",
) -> None:
    """Print a development token. It works only while the service is bound to loopback and uses the sandbox."""
    from payments_service.cli.tokens import run_token

    run_token(subject=subject, scopes=scope, owners=owner, expires=expires)


@app.command()
def verify(
    check: Annotated[
        list[str] | None,
        typer.Option(help="Only this check or invariant, for example I2; may be given several times; default: all."),
    ] = None,
    as_json: _AsJson = False,
) -> None:
    """Recompute the ledger and name the first rows that differ; exit 1 when there are any.

    It reads in short stretches, beside whatever is being posted, and can be stopped with Ctrl-C. Seals are checked
    with PAYMENTS_SEAL_PUBLIC_KEYS or, where neither that nor PAYMENTS_SEAL_KEYS is set, the data folder's key. The
    mirrors of Stripe's balances are compared with Stripe, where PAYMENTS_STRIPE_API_KEY is set or the stack of
    `payments up` runs on the data folder; else it is said that they were not checked.
    """
    from payments_service.cli.verify import run_verify

    raise typer.Exit(run_verify(only=check, as_json=as_json))


@app.command()
def key(
    name: Annotated[
        str | None, typer.Option(help="Id of the key, stored with what it encrypts; default: today's date.")
    ] = None,
    seal: Annotated[
        bool, typer.Option("--seal", help="A key pair that signs the ledger's seals, as two settings.")
    ] = False,
) -> None:
    """Print a new encryption key for PAYMENTS_ENCRYPTION_KEYS. Put it first there and keep the old ones behind it.

    With --seal: a private key for the workers' PAYMENTS_SEAL_KEYS and its public key for PAYMENTS_SEAL_PUBLIC_KEYS of
    all others, and for whoever checks proofs.
    """
    from payments_service.cli.keys import run_key

    run_key(name, seal=seal)


def main() -> None:
    """Run the command line. What a user can cause is one line and an exit code, never a stack trace."""
    tell_grpc_core()
    signal.signal(signal.SIGTERM, _terminated)
    try:
        code = app(sys.argv[1:] or ["--help"], standalone_mode=False)
    except typer.TyperException as error:
        _complain(f"{_said(error)} (`{Path(sys.argv[0]).name} --help` shows the usage)")
        code = EXIT_USAGE
    except ConfigurationError as error:
        _complain(str(error))
        code = EXIT_USAGE
    except CommandError as error:
        _complain(str(error))
        code = error.exit_code
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody to complain to.
        code = EXIT_FAILURE
    sys.exit(code)


def _terminated(*_: object) -> None:
    """SIGTERM before or after a command's own handling: end, letting `finally` blocks run."""
    sys.exit(128 + signal.SIGTERM)


def _said(error: typer.TyperException) -> str:
    """What the parser has to say, on one line."""
    text = getattr(error, "format_message", lambda: str(error))()
    return " ".join(str(text).split())


def _complain(text: str) -> None:
    typer.echo(f"payments: {text}", err=True)
