"""The sandbox's configuration: environment variables with the prefix SANDBOX_, read once and frozen."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "SANDBOX_"
DEFAULT_API_KEY = "sk_test_sandbox_0000000000000000"
_DAY_S = 86_400
_PORT_MAX = 65_535


class ConfigurationError(ValueError):
    """A setting is missing or wrong; the message is one line that names the variable."""


class SandboxSettings(BaseSettings):
    """Everything that can be set from outside.

    Attributes:
        address: `host:port` to listen on; port 0 takes a free one.
        api_keys: Secret keys of the platform account, comma-separated. Any of them is accepted.
        platform_account: Id of the account that the keys belong to.
        webhook_url: Where signed events of the platform account go. Unset: nowhere until an endpoint is created.
        webhook_secret: Signing secret for `webhook_url`. Unset: a random one, shown by `/_sandbox/state`.
        connect_webhook_url: Where signed events of connected accounts go. Unset: nowhere until an endpoint is.
        connect_webhook_secret: Signing secret for `connect_webhook_url`. Unset: a random one, as above.
        seed: Seed of every random choice (object ids, faults). Unset: different each run.
        log_level: `info` writes one line for each request, `warning` only what went wrong.
        lifeline_fd: Inherited descriptor; the sandbox ends when it reads end-of-file.
        settlement_delay_s: Seconds from a charge to the moment its funds are available (rounded up to midnight UTC).
        capture_delay_ms: Time an asynchronous capture takes to show its balance transaction.
        refund_delay_ms: Time until a refund of `pm_card_pendingRefund` succeeds, or one of `pm_card_refundFail` fails.
        dispute_delay_ms: Time until the dispute of a card for it opens, and until evidence that decides is read.
        dispute_fee: Whether the fee of a dispute that was won is `kept` or `returned`.
        payout_delay_s: Seconds until a standard payout arrives; of a day or more rounded up to midnight UTC.
        payout_interval: How often accounts are paid out by themselves, unless their balance settings say otherwise.
        debit_delay_ms: Time until the bank of most test accounts answers a direct debit.
        debit_booked: Whether a direct debit moves the balance only on `success`, or while it is `pending`.
        topup_delay_s: Seconds until a top-up arrives.
        reserves: Whether a reserve is booked on the balance of `payments` only, or on `both` balances that it moves.
        partial_capture: How a partial capture is booked: only what was captured, the rest a `release`; or all that was
            authorised and a `reversal` of the rest, as with some payment methods.
        connected_fee_refund: How an application fee that comes back with a refund shows on the connected account: as a
            negative fee `on_refund`, or as a `line` of its own.
        webhook_concurrency: Deliveries under way at once for each endpoint. 1 keeps strict order.
        webhook_timeout_ms: Time a receiver has to answer one delivery.
        webhook_retry_initial_ms: Wait before the second attempt; it doubles with each further one.
        webhook_retry_max_ms: Longest wait between two attempts.
        webhook_attempts_max: Attempts before a delivery is given up.
        idempotency_ttl_s: Sandbox time after which an idempotency key is forgotten.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True)

    address: str = "127.0.0.1:12111"
    api_keys: Annotated[tuple[SecretStr, ...], NoDecode] = (SecretStr(DEFAULT_API_KEY),)
    platform_account: str = Field(default="acct_1SandboxPlatform", pattern=r"^acct_[A-Za-z0-9]{4,64}$")
    webhook_url: str | None = Field(default=None, pattern=r"^https?://")
    webhook_secret: SecretStr | None = None
    connect_webhook_url: str | None = Field(default=None, pattern=r"^https?://")
    connect_webhook_secret: SecretStr | None = None
    seed: int | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    lifeline_fd: int | None = Field(default=None, ge=0)
    settlement_delay_s: int = Field(default=2 * _DAY_S, ge=0)
    capture_delay_ms: int = Field(default=150, ge=0)
    refund_delay_ms: int = Field(default=500, ge=0)
    dispute_delay_ms: int = Field(default=500, ge=0)
    dispute_fee: Literal["kept", "returned"] = "kept"
    payout_delay_s: int = Field(default=2 * _DAY_S, ge=0)
    payout_interval: Literal["manual", "daily"] = "manual"
    debit_delay_ms: int = Field(default=500, ge=0)
    debit_booked: Literal["success", "pending"] = "success"
    topup_delay_s: int = Field(default=2 * _DAY_S, ge=0)
    reserves: Literal["payments", "both"] = "payments"
    partial_capture: Literal["release", "reversal"] = "release"
    connected_fee_refund: Literal["on_refund", "line"] = "on_refund"
    webhook_concurrency: int = Field(default=16, ge=1, le=256)
    webhook_timeout_ms: int = Field(default=10_000, ge=1)
    webhook_retry_initial_ms: int = Field(default=250, ge=1)
    webhook_retry_max_ms: int = Field(default=10_000, ge=1)
    webhook_attempts_max: int = Field(default=40, ge=1)
    idempotency_ttl_s: int = Field(default=_DAY_S, ge=1)

    @field_validator("api_keys", mode="before")
    @classmethod
    def _split_keys(cls, value: object) -> object:
        keys = [key.strip() for key in value.split(",") if key.strip()] if isinstance(value, str) else value
        if not keys:
            raise ValueError("give at least one key, separated by commas")
        return keys

    @field_validator("address")
    @classmethod
    def _check_address(cls, value: str) -> str:
        split_address(value)
        return value

    @property
    def keys(self) -> tuple[str, ...]:
        """The accepted secret keys in clear."""
        return tuple(key.get_secret_value() for key in self.api_keys)


def split_address(address: str) -> tuple[str, int]:
    """Splits `host:port`.

    Raises:
        ValueError: The address has no host or its port is not a number from 0 to 65535.
    """
    host, separator, port = address.rpartition(":")
    if not separator or not host or not port.isascii() or not port.isdigit() or int(port) > _PORT_MAX:
        raise ValueError(f"{address!r} is not host:port, for example 127.0.0.1:12111")
    return host.strip("[]"), int(port)


def load_settings(**overrides: str | int | None) -> SandboxSettings:
    """Reads the settings from the environment; `overrides` (from the command line) win.

    Raises:
        ConfigurationError: A variable is wrong; the message names it.
    """
    try:
        given: dict[str, Any] = {
            **_secrets_from_files(os.environ),
            **{k: v for k, v in overrides.items() if v is not None},
        }
        return SandboxSettings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper() if first["loc"] else PREFIX + "*"
        raise ConfigurationError(f"{name}: {first['msg'].removeprefix('Value error, ')}") from error


def _secrets_from_files(environ: Mapping[str, str]) -> dict[str, str]:
    """The secrets given as SANDBOX_…_FILE."""
    found: dict[str, str] = {}
    for field in ("api_keys", "webhook_secret", "connect_webhook_secret"):
        variable = f"{PREFIX}{field.upper()}_FILE"
        path = environ.get(variable)
        if path is None:
            continue
        try:
            found[field] = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigurationError(f"{variable}: cannot read {path!r}: {error.strerror}") from error
    return found
