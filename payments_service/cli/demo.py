"""`payments demo`: the purchase against a stack that is already running."""

import asyncio
from functools import partial
from pathlib import Path

from payments_service.cli.channel import ChannelTls
from payments_service.cli.data_folder import DataFolder
from payments_service.cli.errors import EXIT_FAILURE, EXIT_USAGE, CommandError
from payments_service.cli.output import print_outcome
from payments_service.cli.purchase.check import problems
from payments_service.cli.purchase.client import BalanceAtStripe, purchase_client
from payments_service.cli.purchase.sandbox import balance_at_stripe
from payments_service.cli.stack.state import read_stack
from payments_service.config import load_settings


def run_demo(
    *,
    target: str | None,
    token: str | None,
    ca_file: Path | None,
    cert_file: Path | None,
    key_file: Path | None,
    as_json: bool,
) -> int:
    """Play the purchase and print what came of it; returns the exit code.

    Raises:
        ConfigurationError: a setting is wrong.
        CommandError: no stack is running, or a call failed.
    """
    at_stripe: BalanceAtStripe | None = None
    if target is None:
        folder = DataFolder(load_settings().data_dir)
        stack = read_stack(folder)
        if stack is None:
            raise CommandError(
                f"no stack is running on {folder.folder}: start one with `payments up`, or give --target and --token"
            )
        target, token = stack.grpc_address, token or stack.token
        if ca_file is None and stack.ca_file:
            ca_file = Path(stack.ca_file)
        if stack.stripe_api_key:
            at_stripe = partial(balance_at_stripe, stack.stripe_api_base, stack.stripe_api_key)
    if not token:
        raise CommandError("--token: give a bearer token, for example from `payments token`", EXIT_USAGE)
    if ca_file is None and (cert_file or key_file):
        raise CommandError("--ca-file: is required with --cert-file and --key-file", EXIT_USAGE)
    tls = None if ca_file is None else ChannelTls(ca_file, cert_file, key_file)
    return asyncio.run(_play(target, token, at_stripe, tls, as_json=as_json))


async def _play(
    target: str, token: str, at_stripe: BalanceAtStripe | None, tls: ChannelTls | None, *, as_json: bool
) -> int:
    async with purchase_client(target, token, at_stripe, tls) as client:
        facts = await client.play()
    found = problems(facts)
    print_outcome((), client.steps, facts, found, as_json=as_json)
    return EXIT_FAILURE if found else 0
