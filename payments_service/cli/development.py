"""What a stack on this machine with the sandbox gets by itself, so that nothing has to be set to try things out.

Keys are made once and kept in the data folder. Anywhere else, that is with Stripe itself or reachable from other
machines, nothing is made up: a missing setting stops the start.
"""

import secrets

from pydantic import SecretStr

from payments_service.application.sealing.keys import new_seal_key
from payments_service.cli.data_folder import DataFolder
from payments_service.config import Settings
from payments_service.storage.cipher import new_key

SANDBOX_ADDRESS = "127.0.0.1:12111"
SANDBOX_API_KEY = "sk_test_sandbox_0000000000000000"
"""The sandbox's own defaults; the two meet over HTTP only, so they are repeated here."""

_AUTH_KEY_BYTES = 48


def is_development(settings: Settings) -> bool:
    """Whether the service listens on loopback alone and its Stripe is a double on this machine."""
    api_key = settings.stripe_api_key.get_secret_value() if settings.stripe_api_key else ""
    return settings.grpc_is_loopback and settings.stripe_is_sandbox and not api_key.startswith(("sk_live_", "rk_live_"))


def with_development_keys(settings: Settings, folder: DataFolder) -> Settings:
    """The settings, with the keys that are missing for development; elsewhere just as they are.

    Raises:
        CommandError: the data folder cannot be used.
    """
    if not is_development(settings):
        return settings
    made: dict[str, object] = {}
    if settings.stripe_api_key is None:
        made["stripe_api_key"] = SecretStr(SANDBOX_API_KEY)
    if settings.auth_key is None and settings.auth_jwks_url is None:
        made["auth_key"] = SecretStr(folder.key("auth", lambda: secrets.token_urlsafe(_AUTH_KEY_BYTES)))
    if not settings.encryption_keys:
        made["encryption_keys"] = (SecretStr(folder.key("encryption", lambda: new_key("development"))),)
    if not settings.seal_keys:
        made["seal_keys"] = (SecretStr(folder.key("seal", lambda: new_seal_key("development")[0])),)
    return settings.model_copy(update=made)
