"""The gateway's settings: environment variables `GATEWAY_…`, read once, checked, and never changed."""

import json
import os
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, FilePath, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from webhook_gateway.address import Address, is_loopback, parse_address
from webhook_gateway.errors import ConfigurationError
from webhook_gateway.secret_files import SecretFileSource

SECRETS_MAX = 8
_PREFIX = "GATEWAY_"
_SECRET_FIELDS = ("stripe_secrets", "stripe_connect_secrets", "payments_token")


def _secret(text: str) -> SecretStr:
    """Checks a secret without ever repeating it in a message."""
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("a secret is printable ASCII without spaces, and not empty")
    return SecretStr(text)


def _parse_secret(value: object) -> object:
    return _secret(value.strip()) if isinstance(value, str) else value


def _parse_secrets(value: object) -> object:
    """Reads a list of secrets: JSON, or separated by commas or line ends."""
    if not isinstance(value, str):
        return value
    items: object = value.replace("\n", ",").split(",")
    if value.lstrip().startswith("["):
        try:
            items = json.loads(value)
        except json.JSONDecodeError:
            # The decoder's message is dropped: it carries the text, which is secret.
            raise ValueError("expected a JSON list of strings, or secrets separated by commas") from None
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError("expected a JSON list of strings, or secrets separated by commas")
    return tuple(_secret(item.strip()) for item in items if item.strip())


def _parse_address(value: object) -> object:
    return parse_address(value) if isinstance(value, str) else value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


Secrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_parse_secrets)]


class Settings(BaseSettings):
    """What a gateway is told at its start.

    Attributes:
        address: Where to listen; port 0 takes a free one.
        stripe_secrets: Signing secrets (`whsec_…`) of the platform endpoint; several while they are being rotated.
        stripe_connect_secrets: Signing secrets of the endpoint for connected accounts; with none it refuses everything.
        payments_target: The payments service.
        payments_token: Bearer token with the scope `events.ingest`.
        payments_ca_file: Certificates (PEM) that the payments service's is checked against. Unset: no TLS, allowed only
            to this machine.
        payments_cert_file: Our client certificate (PEM), where the payments service asks for one.
        payments_key_file: The key of that certificate (PEM).
        tolerance_seconds: How far a signature's time may be from ours, in either direction.
        body_bytes_max: The longest body that is accepted. The payments service takes no more than 256 KiB.
        body_timeout_ms: How long a body may take to arrive.
        rpc_timeout_ms: How long the payments service may take to make an event durable.
        drain_delay_ms: How long to go on serving after a stop signal, unready, so that load balancers notice first.
        log_level: `debug`, `info`, `warning` or `error`; deliveries are logged at `info`, refusals at `warning`.
        lifeline_fd: An inherited descriptor; the gateway stops when it reads the end of file, so it never outlives the
            process that holds the other end.
    """

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, frozen=True, env_ignore_empty=True, hide_input_in_errors=True, extra="ignore"
    )

    address: Annotated[Address, NoDecode, BeforeValidator(_parse_address)] = Address("127.0.0.1", 8080)
    stripe_secrets: Secrets = Field(min_length=1, max_length=SECRETS_MAX)
    stripe_connect_secrets: Secrets = Field(default=(), max_length=SECRETS_MAX)
    payments_target: Annotated[Address, NoDecode, BeforeValidator(_parse_address)] = Address("127.0.0.1", 50051)
    payments_token: Annotated[SecretStr, BeforeValidator(_parse_secret)] | None = None
    payments_ca_file: FilePath | None = None
    payments_cert_file: FilePath | None = None
    payments_key_file: FilePath | None = None
    tolerance_seconds: int = Field(default=300, ge=1, le=3600)
    body_bytes_max: int = Field(default=262_144, ge=1024, le=262_144)
    body_timeout_ms: int = Field(default=5_000, ge=10, le=60_000)
    rpc_timeout_ms: int = Field(default=5_000, ge=10, le=60_000)
    drain_delay_ms: int = Field(default=0, ge=0, le=60_000)
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = "info"
    lifeline_fd: int | None = Field(default=None, ge=0)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the base class passes it
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the base class passes it
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Reads arguments, then the environment, then the files that the environment names."""
        return init_settings, env_settings, SecretFileSource(settings_cls, _SECRET_FIELDS)

    @model_validator(mode="after")
    def _check_transport(self) -> Self:
        """Keeps tokens and events off the wire unless they are encrypted."""
        if self.payments_ca_file is None and not is_loopback(self.payments_target.host):
            raise ValueError(
                f"GATEWAY_PAYMENTS_CA_FILE: missing, and GATEWAY_PAYMENTS_TARGET={self.payments_target} is another"
                " machine; name the file with the certificates that the payments service's is checked against"
            )
        if (self.payments_cert_file is None) != (self.payments_key_file is None):
            raise ValueError("GATEWAY_PAYMENTS_CERT_FILE, GATEWAY_PAYMENTS_KEY_FILE: set both or neither")
        if self.payments_cert_file is not None and self.payments_ca_file is None:
            raise ValueError(
                "GATEWAY_PAYMENTS_CERT_FILE: needs GATEWAY_PAYMENTS_CA_FILE, for without it there is no TLS"
            )
        return self

    @model_validator(mode="after")
    def _check_lifeline(self) -> Self:
        """Refuses a lifeline that is not there: it would look like one that has ended."""
        if self.lifeline_fd is not None:
            try:
                os.fstat(self.lifeline_fd)
            except OSError as error:
                raise ValueError(
                    f"GATEWAY_LIFELINE_FD: descriptor {self.lifeline_fd} is not open: {error.strerror}"
                ) from error
        return self

    def rpc_metadata(self) -> tuple[tuple[str, str], ...]:
        """Returns what every call to the payments service carries."""
        if self.payments_token is None:
            return ()
        return (("authorization", f"Bearer {self.payments_token.get_secret_value()}"),)


def load_settings() -> Settings:
    """Reads the settings from the environment.

    Raises:
        ConfigurationError: One is bad or missing; the message is one line that names the variables.
    """
    try:
        return Settings()  # type: ignore[call-arg]  # the environment has what is not given here
    except ValidationError as error:
        raise ConfigurationError("; ".join(_complaints(error))) from None


def _complaints(error: ValidationError) -> list[str]:
    """Says of each variable what is wrong with it, and never what a secret was."""
    complaints = []
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        message = problem["msg"].removeprefix("Value error, ")
        if not problem["loc"]:
            complaints.append(message)  # a check over several variables names them itself
            continue
        field = str(problem["loc"][0])
        variable = f"{_PREFIX}{field}".upper()
        if field == "stripe_secrets" and problem["type"] in {"missing", "too_short"}:
            message = "missing; set it to the signing secrets of Stripe's webhook endpoint, or name a file with them"
            message += f" in {variable}_FILE"
        elif field not in _SECRET_FIELDS:
            message = f"{message[:1].lower()}{message[1:]}, got {_given(variable)!r}"
        complaints.append(f"{variable}: {message}")
    return complaints


def _given(variable: str) -> str:
    """Returns what a variable was set to, in any case of its name, bounded for a message."""
    values = [value for name, value in os.environ.items() if name.upper() == variable]
    return values[0][:100] if values else ""
