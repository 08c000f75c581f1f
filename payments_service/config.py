"""Settings of the service, read once from the environment (`PAYMENTS_…`) into frozen objects.

Any variable may be given as `…_FILE` instead, naming a file that holds the value; not those that name a file
themselves, `PAYMENTS_TLS_…_FILE`. A bad or missing value stops the start with one line that names the variable.
"""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from payments_service.domain.currency import SUPPORTED
from payments_service.domain.fee.schedule import BASIS_POINTS
from payments_service.domain.money import AMOUNT_MINOR_MAX

PREFIX = "PAYMENTS_"
_MAY_BE_EMPTY = frozenset({"metrics_address", "worker_metrics_address", "grpc_mtls_address"})
"""Settings that an empty variable turns off; for all others empty means unset."""

LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")

List = Annotated[tuple[str, ...], NoDecode]

STRIPE_CALL_MS_MAX = 240_000
"""All attempts of one call together. Whoever takes a call over waits for as long, and has 15 minutes in all."""

SPIFFE_ID_LENGTH_MAX = 255
"""As long as a caller's name may be; SPIFFE itself allows 2,048 bytes."""

_SPIFFE_ID = re.compile(r"spiffe://[a-z0-9._-]+(/(?!\.{1,2}(/|$))[A-Za-z0-9._-]+)+")
_SCOPE = re.compile(r"[a-z_]+\.[a-z_]+")

STRIPE_CARD_PRICES = {
    "usd": (290, 30), "eur": (290, 25), "gbp": (290, 20), "cad": (290, 30), "aud": (290, 30), "jpy": (290, 30),
}  # fmt: skip
"""Basis points and fixed minor units (stripe.com/pricing and support.stripe.com, fees for supported currencies)."""


class ConfigurationError(Exception):
    """A setting is missing or wrong. The message is one line a setting, and names the variable."""


class CertificateGrant(BaseModel):
    """What the holder of a client certificate may do.

    Attributes:
        scopes: these and no others, for example `events.ingest`.
        owner_ids: the owners on whose behalf it acts; None: all of them, as a backend.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scopes: tuple[str, ...] = Field(min_length=1)
    owner_ids: tuple[str, ...] | None = None

    @field_validator("scopes")
    @classmethod
    def _are_scopes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for scope in value:
            if not _SCOPE.fullmatch(scope):
                raise ValueError(f"{scope!r} is no scope: write one like payments.read")
        return value


class Settings(BaseSettings):
    """All settings of the service. Field `x` is the variable `PAYMENTS_X`; `.env.example` shows them all."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True)

    database_url: SecretStr | None = Field(
        default=None, description="Postgres 14 or later; unset: an embedded one under data_dir"
    )
    migration_database_url: SecretStr | None = Field(
        default=None, description="The owner of the tables, for `payments migrate`; unset: database_url"
    )
    database_role: str = Field(
        default="payments_app", pattern=r"^[a-z_][a-z0-9_]*$", description="Role that the service takes on in Postgres"
    )
    database_pool_size: int = Field(
        default=10, ge=1, le=200, description="Connections a process, and up to 3 more for work of one statement"
    )
    data_dir: Path = Field(default=Path(".payments"), description="Where the embedded Postgres keeps its data")

    grpc_address: str = Field(default="127.0.0.1:50051", description="Where gRPC listens")
    grpc_mtls_address: str = Field(
        default="",
        description="Where gRPC listens for callers with a client certificate, beside grpc_address for those without; "
        "empty: nowhere",
    )
    grpc_processes: int = Field(default=1, ge=1, le=64, description="Server processes on that one port")
    grpc_concurrency_max: int = Field(default=512, ge=1, description="Calls in progress a process before it sheds load")
    grpc_deadline_default_ms: int = Field(default=30_000, ge=100, description="For mutating calls without a deadline")
    grpc_deadline_max_ms: int = Field(default=120_000, ge=100, description="Longer deadlines are cut to this")
    grpc_message_bytes_max: int = Field(default=1_048_576, ge=1024, description="Largest request")
    grpc_drain_seconds: int = Field(default=20, ge=0, le=600, description="How long a stop waits for calls in progress")
    rate_limit_per_second: int = Field(default=0, ge=0, description="Calls a second for each caller; 0: no limit")
    metrics_address: str = Field(default="127.0.0.1:9464", description="Where /metrics listens; empty: nowhere")
    worker_metrics_address: str = Field(
        default="127.0.0.1:9465", description="Where a worker's /metrics listens; port 0: a free one; empty: nowhere"
    )

    tls_cert_file: Path | None = Field(
        default=None, description="PEM certificate of the gRPC server and its chain; unset: no TLS, loopback only"
    )
    tls_key_file: Path | None = Field(default=None, description="PEM private key of that certificate, no password")
    tls_client_ca_file: Path | None = Field(
        default=None,
        description="PEM certificates of who issues client certificates; set: each caller needs one, on "
        "grpc_mtls_address where that is set, else on grpc_address",
    )
    tls_ca_file: Path | None = Field(
        default=None,
        description="PEM certificates that `payments demo` and the stack of `payments up` check the server's against; "
        "unset: the stack's own",
    )

    stripe_api_key: SecretStr | None = Field(default=None, description="Stripe's secret or restricted key")
    stripe_api_base: str | None = Field(default=None, description="Unset: Stripe itself; else for example the sandbox")
    stripe_timeout_ms: int = Field(default=15_000, ge=100, description="For one attempt of one call")
    stripe_attempts_max: int = Field(
        default=3, ge=1, le=10, description="Attempts of a call before its outcome is unknown"
    )
    stripe_page_size: int = Field(default=100, ge=1, le=100, description="Objects a page in lists")
    stripe_fee_estimate: dict[str, tuple[int, int]] = Field(
        default=STRIPE_CARD_PRICES,
        description="JSON: what Stripe takes by currency, for estimates: basis points and a fixed part in minor units. "
        "The default is a US account's price for domestic cards",
    )

    auth_key: SecretStr | None = Field(default=None, description="Shared key (HS256) or PEM public key of tokens")
    auth_jwks_url: str | None = Field(default=None, description="JWKS of the identity provider, instead of auth_key")
    auth_algorithms: List = Field(default=("HS256", "RS256", "ES256"), description="Accepted signature algorithms")
    auth_issuer: str = Field(default="payments-dev", description="Required `iss`")
    auth_audience: str = Field(default="payments", description="Required `aud`")
    auth_owner_claim: str = Field(default="owner_ids", description="Claim with the caller's owner ids")
    auth_roles_claim: str = Field(default="roles", description="Claim with the caller's roles")
    auth_scope_claim: str = Field(default="scope", description="Claim with scopes, space-separated or a list")
    auth_role_scopes: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="JSON: which scopes a role brings"
    )
    auth_spiffe_scopes: dict[str, CertificateGrant] = Field(
        default_factory=dict,
        description="JSON: what client certificates with this SPIFFE ID may do without a token, for example "
        '{"spiffe://shop.example/orders": {"scopes": ["payments.read"]}}; with owner_ids beside scopes for these '
        "owners only",
    )
    encryption_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(), description="id:base64 of 32 bytes each; the first encrypts, all decrypt"
    )

    seal_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(),
        description="id:base64 of 32 bytes each, for workers: the first signs seals of the ledger; unset: no seals",
    )
    seal_public_keys: List = Field(
        default=(), description="The same of public keys that have signed seals, beside those of seal_keys"
    )
    seal_poll_ms: int = Field(default=1_000, ge=10, description="How often new ledger transactions are sealed")

    return_url_origins: List = Field(
        default=(), description="Allowed origins of return URLs, for example https://shop.example"
    )

    worker_poll_ms: int = Field(
        default=100, ge=10, description="How often an idle worker looks for work, if OUTBOX_POLL_MS is not less"
    )
    worker_batch_max: int = Field(default=100, ge=1, le=100, description="Events leased at once")
    settlement_sweep_seconds: int = Field(default=60, ge=1, description="How often accounts are settled anyway")
    settlement_sweep_connected_seconds: int = Field(
        default=3_600,
        ge=1,
        description="The same for each connected account; what the platform sends them is seen at once",
    )
    event_poll_seconds: int = Field(
        default=60, ge=1, description="How often the platform is asked for events that Stripe could not deliver"
    )
    event_poll_connected_seconds: int = Field(default=3_600, ge=1, description="The same for each connected account")
    event_poll_grace_seconds: int = Field(
        default=60, ge=0, description="How old such an event must be: younger ones may still be on their way here"
    )
    event_body_days: int = Field(default=30, ge=1, description="How long the bodies of Stripe's events are kept")
    event_days: int = Field(default=90, ge=4, description="How long Stripe's events are kept that are done")
    idempotency_key_days: int = Field(default=30, ge=30, description="How long idempotency keys are kept")
    event_attempts_max: int = Field(
        default=8, ge=1, description="Attempts of an event before it is parked as dead; outages do not count"
    )
    outbox_poll_ms: int = Field(
        default=100, ge=5, description="How often new events are numbered, and looked for while PullEvents calls wait"
    )
    outbox_waiters_max: int = Field(default=5_000, ge=1, description="PullEvents calls that may wait in a process")

    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$", description="What is logged")
    lifeline_fd: int | None = Field(
        default=None, ge=0, description="Inherited descriptor; server and worker stop when it reads end-of-file"
    )

    @field_validator("auth_algorithms", "return_url_origins", "seal_public_keys", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("encryption_keys", "seal_keys", mode="before")
    @classmethod
    def _split_keys(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("stripe_fee_estimate", mode="before")
    @classmethod
    def _json_of_prices(cls, value: object) -> object:
        example = '{"usd": [290, 30]}: basis points and a fixed part in minor units'
        try:
            prices = json.loads(value) if isinstance(value, str) else value
        except json.JSONDecodeError:
            prices = None
        if not isinstance(prices, dict):
            raise ValueError(f"must be JSON such as {example}")  # noqa: TRY004 - pydantic reports no TypeError
        for currency, price in prices.items():
            if currency not in SUPPORTED:
                raise ValueError(f"{currency!r} is no currency that Stripe supports: write one like usd, in lower case")
            if not _is_price(price):
                raise ValueError(f"{currency}: {price!r} is no price: write JSON such as {example}, none below 0")
        return prices

    @field_validator("auth_role_scopes", mode="before")
    @classmethod
    def _json(cls, value: object) -> object:
        try:
            return json.loads(value) if isinstance(value, str) else value
        except json.JSONDecodeError:
            raise ValueError('must be JSON such as {"admin": ["payments.read"]}') from None

    @field_validator("auth_spiffe_scopes", mode="before")
    @classmethod
    def _json_of_grants(cls, value: object) -> object:
        try:
            return json.loads(value) if isinstance(value, str) else value
        except json.JSONDecodeError:
            raise ValueError(
                'must be JSON such as {"spiffe://shop.example/orders": {"scopes": ["payments.read"]}}'
            ) from None

    @field_validator("auth_spiffe_scopes")
    @classmethod
    def _are_spiffe_ids(cls, value: dict[str, CertificateGrant]) -> dict[str, CertificateGrant]:
        for name in value:
            if not _SPIFFE_ID.fullmatch(name) or len(name) > SPIFFE_ID_LENGTH_MAX:
                raise ValueError(f"{name!r} is no SPIFFE ID: write one like spiffe://shop.example/orders")
        return value

    @field_validator("grpc_address", "grpc_mtls_address", "metrics_address", "worker_metrics_address")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}", value):
            raise ValueError("must be host:port, for example 127.0.0.1:50051")
        return value

    @field_validator("stripe_api_base")
    @classmethod
    def _base(cls, value: str | None) -> str | None:
        if value and not re.match(r"https?://[^/]+$", value):
            raise ValueError("must be an origin such as https://api.stripe.com, without a path")
        return value or None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.stripe_timeout_ms * self.stripe_attempts_max > STRIPE_CALL_MS_MAX:
            raise ValueError(
                "PAYMENTS_STRIPE_TIMEOUT_MS times PAYMENTS_STRIPE_ATTEMPTS_MAX must be at most "
                f"{STRIPE_CALL_MS_MAX}: a call whose outcome is unknown could not be repeated in time"
            )
        if self.grpc_deadline_default_ms > self.grpc_deadline_max_ms:
            raise ValueError("PAYMENTS_GRPC_DEADLINE_DEFAULT_MS must not be above PAYMENTS_GRPC_DEADLINE_MAX_MS")
        return self

    @model_validator(mode="after")
    def _tls_consistent(self) -> Self:
        for present, missing in (("tls_cert_file", "tls_key_file"), ("tls_key_file", "tls_cert_file")):
            if getattr(self, present) is not None and getattr(self, missing) is None:
                raise ValueError(f"{_variable(missing)}: is required with {_variable(present)}")
        needed = (
            ("tls_client_ca_file", self.tls_client_ca_file, "tls_cert_file", self.tls_cert_file),
            ("auth_spiffe_scopes", self.auth_spiffe_scopes, "tls_client_ca_file", self.tls_client_ca_file),
        )
        for name, value, other, other_value in needed:
            if value and other_value is None:
                raise ValueError(f"{_variable(name)}: does nothing without {_variable(other)}: set that too")
        return self

    @property
    def grpc_is_loopback(self) -> bool:
        """Whether only this machine can reach the gRPC ports."""
        addresses = [address for address in (self.grpc_address, self.grpc_mtls_address) if address]
        return all(address.rpartition(":")[0] in LOOPBACK for address in addresses)

    @property
    def stripe_is_sandbox(self) -> bool:
        """Whether Stripe is a double on this machine."""
        base = self.stripe_api_base or ""
        return base.partition("://")[2].rpartition(":")[0] in LOOPBACK


def load_settings(environment: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """Read the settings.

    Args:
        environment: variables; the process's own by default.
        overrides: fields that win over variables, for example from the command line.

    Raises:
        ConfigurationError: a variable has a bad value, or names a file that cannot be read.
    """
    values = {**_from_environment(os.environ if environment is None else environment), **overrides}
    try:
        # _env_file and the process environment are left out: `values` already holds what was asked for.
        return _Explicit(**values)  # type: ignore[arg-type]  # pydantic checks the types
    except ValidationError as error:
        lines = []
        for problem in error.errors(include_url=False, include_input=False):
            path = [str(part) for part in problem["loc"]]
            names = [_variable(path[0]), *path[1:]] if path else []
            lines.append(": ".join([*names, problem["msg"].removeprefix("Value error, ")]))
        raise ConfigurationError("\n".join(lines)) from None


def _is_price(value: object) -> bool:
    """Whether it is whole basis points and whole minor units, within bounds."""
    if not isinstance(value, list | tuple) or [type(part) for part in value] != [int, int]:
        return False
    return all(0 <= part <= most for part, most in zip(value, (BASIS_POINTS, AMOUNT_MINOR_MAX), strict=True))


def _variable(field: str) -> str:
    return f"{PREFIX}{field.upper()}"


class _Explicit(Settings):
    """Settings from the given values only."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def _from_environment(environment: Mapping[str, str]) -> dict[str, object]:
    values: dict[str, object] = {}
    for field in Settings.model_fields:
        name = _variable(field)
        text = environment.get(name)
        if text is None and not field.endswith("_file") and (path := environment.get(f"{name}_FILE")):
            try:
                text = Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise ConfigurationError(f"{name}_FILE: cannot read {path}: {error.strerror}") from None
        if text is None or (text == "" and field not in _MAY_BE_EMPTY):
            continue
        values[field] = text
    return values
