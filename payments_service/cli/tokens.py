"""`payments token`: a development token."""

import re
from collections.abc import Sequence

import typer

from payments_service.cli.data_folder import DataFolder
from payments_service.cli.development import SANDBOX_ADDRESS, with_development_keys
from payments_service.cli.errors import EXIT_USAGE, CommandError
from payments_service.cli.stack.state import read_stack
from payments_service.config import Settings, load_settings
from payments_service.transport.development_token import DEVELOPMENT_SCOPES, mint_development_token

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_LIFETIME = re.compile(r"(\d{1,9})([smhd])")


def run_token(*, subject: str, scopes: Sequence[str] | None, owners: Sequence[str] | None, expires: str) -> None:
    """Print a token for the running stack, or for what the settings describe.

    Raises:
        ConfigurationError: the service that the settings describe would not accept it.
        CommandError: the lifetime cannot be read, or the data folder cannot be used.
    """
    seconds = lifetime_seconds(expires)
    settings = _of_the_stack(load_settings())
    typer.echo(
        mint_development_token(
            with_development_keys(settings, DataFolder(settings.data_dir)),
            subject=subject,
            scopes=scopes or DEVELOPMENT_SCOPES,
            owner_ids=owners or None,
            lifetime_seconds=seconds,
        )
    )


def lifetime_seconds(text: str) -> int:
    """Seconds in a lifetime such as 12h.

    Raises:
        CommandError: it is not one.
    """
    found = _LIFETIME.fullmatch(text.strip())
    if not found or not int(found[1]):
        raise CommandError(f"--expires: {text!r} is not a lifetime: write 90s, 30m, 12h or 7d", EXIT_USAGE)
    return int(found[1]) * _SECONDS[found[2]]


def _of_the_stack(settings: Settings) -> Settings:
    """With nothing set about Stripe, the token is for the stack of `payments up`, which uses the sandbox."""
    if settings.stripe_api_base is not None or settings.stripe_api_key is not None:
        return settings
    stack = read_stack(DataFolder(settings.data_dir))
    base = stack.stripe_api_base if stack else f"http://{SANDBOX_ADDRESS}"
    return settings.model_copy(update={"stripe_api_base": base})
