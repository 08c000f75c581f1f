"""`payments events …`: the commands and their options."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="events",
    help="Look into the inbox of Stripe's events, and have events worked on once more. Needs the scopes admin.read and "
    "admin.write.",
    rich_markup_mode=None,
    no_args_is_help=True,
)

_Target = Annotated[
    str | None, typer.Option("--target", help="host:port of the gRPC server; default: the stack of `payments up`.")
]
_Token = Annotated[
    str | None,
    typer.Option("--token", help="Bearer token; default: one for the stack.", envvar="PAYMENTS_ADMIN_TOKEN"),
]
_CaFile = Annotated[
    Path | None,
    typer.Option(
        "--ca-file",
        help="PEM certificates that the server's is checked against; default: those of the stack.",
        envvar="PAYMENTS_TLS_CA_FILE",
    ),
]
_AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
_Types = Annotated[
    list[str] | None, typer.Option("--type", help="Of this type, for example charge.updated; may be repeated.")
]


@app.command("list")
def list_events(
    state: Annotated[
        list[str] | None, typer.Option(help="pending, done, dead or refused; may be given several times.")
    ] = None,
    event_type: _Types = None,
    account: Annotated[str, typer.Option(help="Of this connected account, acct_….")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 50,
    target: _Target = None,
    token: _Token = None,
    ca_file: _CaFile = None,
    as_json: _AsJson = False,
) -> None:
    """List events in the inbox, newest first: `payments events list --state dead`."""
    from payments_service.cli.events import Where, run_list

    where = Where(target, token, ca_file)
    raise typer.Exit(
        run_list(where, states=state or (), types=event_type or (), account=account, limit=limit, as_json=as_json)
    )


@app.command()
def show(
    event: Annotated[str, typer.Argument(help="Its id: sev_… or Stripe's evt_….")],
    target: _Target = None,
    token: _Token = None,
    ca_file: _CaFile = None,
    as_json: _AsJson = False,
) -> None:
    """Show one event, why it failed, and what may be shown of its body."""
    from payments_service.cli.events import Where, run_show

    raise typer.Exit(run_show(Where(target, token, ca_file), event, as_json=as_json))


@app.command()
def replay(
    events: Annotated[list[str] | None, typer.Argument(help="Ids: sev_… or Stripe's evt_….")] = None,
    all_dead: Annotated[bool, typer.Option("--all-dead", help="All dead events instead.")] = False,
    event_type: _Types = None,
    target: _Target = None,
    token: _Token = None,
    ca_file: _CaFile = None,
    as_json: _AsJson = False,
) -> None:
    """Have events worked on once more, from the beginning; exit 1 when there are none.

    It can move no money twice: an event only leads to Stripe being asked.
    """
    from payments_service.cli.events import Where, run_replay

    where = Where(target, token, ca_file)
    raise typer.Exit(run_replay(where, events or (), all_dead=all_dead, types=event_type or (), as_json=as_json))
