"""`payments events list|show|replay`: Stripe's events in the inbox, over the public API."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import grpc
import typer
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from payments_api.v1 import admin_service_pb2 as pb
from payments_api.v1 import admin_service_pb2_grpc, stripe_event_pb2
from rich.console import Console
from rich.table import Table

from payments_service.cli.channel import ChannelTls, open_channel
from payments_service.cli.data_folder import DataFolder
from payments_service.cli.development import with_development_keys
from payments_service.cli.errors import EXIT_FAILURE, EXIT_USAGE, CommandError
from payments_service.cli.stack.state import read_stack
from payments_service.config import load_settings
from payments_service.transport.development_token import mint_development_token

CALL_SECONDS = 30
_STATE = "STRIPE_EVENT_STATE_"
STATES = tuple(name.removeprefix(_STATE).lower() for name in stripe_event_pb2.StripeEventState.keys()[1:])

T = TypeVar("T", bound=Message)


@dataclass(frozen=True, slots=True)
class Where:
    """Which service to ask, and as whom; what is None is taken from the running stack of `payments up`."""

    target: str | None = None
    token: str | None = None
    ca_file: Path | None = None


def run_list(
    where: Where, *, states: Sequence[str], types: Sequence[str], account: str, limit: int, as_json: bool
) -> int:
    """Print events, newest first; returns the exit code.

    Raises:
        CommandError: the service cannot be asked, or refuses.
    """
    request = pb.ListStripeEventsRequest(
        states=[_state(state) for state in states], types=types, stripe_account_id=account, page_size=limit
    )
    reply: pb.ListStripeEventsResponse = _ask(where, "ListStripeEvents", request)
    if as_json:
        _print_json(reply)
        return 0
    if not reply.stripe_events:
        typer.echo("no such events in the inbox")
        return 0
    table = Table("id", "Stripe's id", "type", "account", "state", "attempts", "received", "last error")
    for event in reply.stripe_events:
        table.add_row(
            event.id,
            event.stripe_event_id,
            event.type,
            event.stripe_account_id or "platform",
            _state_name(event),
            str(event.attempts),
            event.receive_time.ToJsonString(),
            event.last_error,
        )
    console = Console(highlight=False)
    console.print(table)
    if any(_state_name(event) == "dead" for event in reply.stripe_events):
        console.print("dead: mend the cause in `last error`, then `payments events replay ID` or `--all-dead`")
    if reply.next_page_token:
        console.print(f"there are more: raise --limit, at most 1000 (now {limit}), or filter")
    return 0


def run_show(where: Where, name: str, *, as_json: bool) -> int:
    """Print one event and what may be shown of its body; returns the exit code.

    Raises:
        CommandError: there is no such event, or the service cannot be asked.
    """
    reply: pb.GetStripeEventResponse = _ask(where, "GetStripeEvent", pb.GetStripeEventRequest(id=name))
    if as_json:
        _print_json(reply)
        return 0
    for field, value in MessageToDict(reply.stripe_event, preserving_proto_field_name=True).items():
        shown = value if isinstance(value, str) else json.dumps(value)
        typer.echo(f"{field:<18} {shown.removeprefix(_STATE).lower() if field == 'state' else shown}")
    typer.echo(f"{'body':<18} {f'{reply.body_bytes} bytes' if reply.body_bytes else 'removed'}")
    if reply.content_json:
        typer.echo(reply.content_json)
    if _state_name(reply.stripe_event) == "dead":
        typer.echo(f"next: mend the cause, then `payments events replay {reply.stripe_event.id}`")
    return 0


def run_replay(where: Where, names: Sequence[str], *, all_dead: bool, types: Sequence[str], as_json: bool) -> int:
    """Have events worked on once more, and print which; exit code 1 when there was none.

    Raises:
        CommandError: an event does not exist or cannot be replayed, or the service cannot be asked.
    """
    if all_dead == bool(names):
        raise CommandError("name the events to replay, or give --all-dead", EXIT_USAGE)
    if types and not all_dead:
        raise CommandError("--type: chooses among dead events: give it with --all-dead", EXIT_USAGE)
    replayed: list[str] = []
    more = True
    while more:
        request = pb.ReplayStripeEventsRequest(
            idempotency_key=f"cli-{uuid.uuid4()}", ids=names, all_dead=all_dead, types=types
        )
        reply: pb.ReplayStripeEventsResponse = _ask(where, "ReplayStripeEvents", request)
        replayed += reply.replayed_ids
        more = reply.has_more
    if as_json:
        typer.echo(json.dumps({"replayed_ids": replayed}, indent=2))
    elif replayed:
        for event_id in replayed:
            typer.echo(event_id)
        typer.echo(f"{len(replayed)} will be worked on again; `payments events list --state dead` shows what fails")
    else:
        typer.echo("no dead events: nothing to replay")
    return 0 if replayed else EXIT_FAILURE


def _state(name: str) -> str:
    if name.lower() not in STATES:
        raise CommandError(f"--state: {name!r} is no state: must be one of {', '.join(STATES)}", EXIT_USAGE)
    return _STATE + name.upper()


def _state_name(event: stripe_event_pb2.StripeEvent) -> str:
    return stripe_event_pb2.StripeEventState.Name(event.state).removeprefix(_STATE).lower()


def _print_json(message: Message) -> None:
    shown = MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    typer.echo(json.dumps(shown, indent=2))


def _ask(where: Where, method: str, request: Message) -> Any:  # noqa: ANN401 - the reply of the method
    found = _found(where)
    try:
        return asyncio.run(_call(found, method, request))
    except grpc.aio.AioRpcError as error:
        code = error.code().name
        advice = "; it needs a token with the scopes admin.read and admin.write" if code == "PERMISSION_DENIED" else ""
        raise CommandError(f"{method}: {error.details()} ({code}){advice}") from None


async def _call(where: Where, method: str, request: Message) -> Message:
    tls = None if where.ca_file is None else ChannelTls(where.ca_file)
    async with open_channel(where.target or "", tls) as channel:
        stub = admin_service_pb2_grpc.AdminServiceStub(channel)
        call: Callable[..., Awaitable[Message]] = getattr(stub, method)
        metadata = (("authorization", f"Bearer {where.token}"),)
        return await call(request, metadata=metadata, timeout=CALL_SECONDS)


def _found(where: Where) -> Where:
    """With what was left out taken from the running stack: there a token for it is made on the spot."""
    if where.target is not None:
        if not where.token:
            raise CommandError("--token: give a bearer token with the scopes admin.read and admin.write", EXIT_USAGE)
        return where
    settings = load_settings()
    folder = DataFolder(settings.data_dir)
    stack = read_stack(folder)
    if stack is None:
        raise CommandError(
            f"no stack is running on {folder.folder}: start one with `payments up`, or give --target and --token"
        )
    ca_file = where.ca_file or (Path(stack.ca_file) if stack.ca_file else None)
    if where.token:
        return Where(stack.grpc_address, where.token, ca_file)
    ours = settings.model_copy(update={"stripe_api_base": settings.stripe_api_base or stack.stripe_api_base})
    token = mint_development_token(with_development_keys(ours, folder), scopes=("admin.read", "admin.write"))
    return Where(stack.grpc_address, token, ca_file)
