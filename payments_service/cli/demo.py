"""`payments demo`: the purchase against a stack that is already running."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from payments_service.cli.channel import ChannelTls
from payments_service.cli.data_folder import DataFolder
from payments_service.cli.development import SANDBOX_API_KEY
from payments_service.cli.errors import EXIT_FAILURE, EXIT_USAGE, CommandError
from payments_service.cli.output import print_outcome
from payments_service.cli.purchase.check import problems
from payments_service.cli.purchase.client import purchase_client
from payments_service.cli.purchase.sandbox import Sandbox, is_sandbox
from payments_service.cli.stack.state import StackState, read_stack
from payments_service.config import Settings, load_settings

_BY_HAND = (
    "with Stripe itself, call AccountService.CreateAccount, let the seller go through Stripe's onboarding, wait until "
    "GetAccount says ACTIVE, and name the account in CreatePayment"
)


@dataclass(frozen=True, slots=True)
class _Where:
    """Where the purchase is played."""

    target: str
    token: str
    sandbox: Sandbox
    tls: ChannelTls | None


def run_demo(
    *,
    target: str | None,
    token: str | None,
    sandbox: str | None,
    ca_file: Path | None,
    cert_file: Path | None,
    key_file: Path | None,
    as_json: bool,
) -> int:
    """Play the purchase and print what came of it; returns the exit code.

    Raises:
        ConfigurationError: a setting is wrong.
        CommandError: no stack is running, Stripe is not our sandbox, or a call failed.
    """
    settings = load_settings()
    api_key = settings.stripe_api_key.get_secret_value() if settings.stripe_api_key else SANDBOX_API_KEY
    if target is None:
        stack = _running_stack(settings)
        target, token = stack.grpc_address, token or stack.token
        if ca_file is None and stack.ca_file:
            ca_file = Path(stack.ca_file)
        sandbox, api_key = (stack.stripe_api_base, stack.stripe_api_key) if stack.stripe_api_key else (None, "")
    if not token:
        raise CommandError("--token: give a bearer token, for example from `payments token`", EXIT_USAGE)
    if ca_file is None and (cert_file or key_file):
        raise CommandError("--ca-file: is required with --cert-file and --key-file", EXIT_USAGE)
    if not sandbox:
        raise CommandError(
            "--sandbox: the demonstration opens a seller and does its onboarding, which only our sandbox lets it do; "
            + _BY_HAND,
            EXIT_USAGE,
        )
    tls = None if ca_file is None else ChannelTls(ca_file, cert_file, key_file)
    return asyncio.run(_play(_Where(target, token, Sandbox(sandbox, api_key), tls), as_json=as_json))


def _running_stack(settings: Settings) -> StackState:
    folder = DataFolder(settings.data_dir)
    stack = read_stack(folder)
    if stack is None:
        raise CommandError(
            f"no stack is running on {folder.folder}: start one with `payments up`, or give --target, --token and "
            "--sandbox"
        )
    return stack


async def _play(where: _Where, *, as_json: bool) -> int:
    if not await is_sandbox(where.sandbox.api_base, "--sandbox"):
        raise CommandError(f"--sandbox: {where.sandbox.api_base} is not our sandbox; {_BY_HAND}", EXIT_USAGE)
    async with purchase_client(where.target, where.token, where.sandbox, where.tls) as client:
        facts = await client.play()
    found = problems(facts)
    print_outcome((), client.steps, facts, found, as_json=as_json)
    return EXIT_FAILURE if found else 0
