"""What a stack will be: its addresses, its keys, whose Stripe it uses, and what each process is told."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from pydantic import SecretStr

from payments_service.cli.data_folder import DataFolder
from payments_service.cli.development import SANDBOX_ADDRESS, SANDBOX_API_KEY, is_development, with_development_keys
from payments_service.cli.errors import EXIT_USAGE, CommandError
from payments_service.cli.stack.addresses import Address, AddressBook
from payments_service.cli.stack.tls import StackTls, plan_tls
from payments_service.config import Settings
from payments_service.transport.development_token import DEVELOPMENT_SCOPES, mint_development_token
from payments_service.transport.tls import check_tls

TOKEN_LIFETIME = timedelta(days=30)
"""Development tokens open nothing but this stack, and it should not go deaf while it runs."""

GATEWAY_DEFAULT = "127.0.0.1:8080"
MTLS_DEFAULT = "127.0.0.1:50052"
WEBHOOK_PATH = "/stripe/webhook"
CONNECT_WEBHOOK_PATH = "/stripe/connect/webhook"
_DRAIN_SECONDS = 3
"""How long the server waits for calls in progress at Ctrl-C, unless it is set."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a stack.

    Attributes:
        settings: of server and worker, complete but for the database.
        folder: where data, keys and logs are.
        environment: of `payments up` itself.
        grpc: where the gRPC server listens.
        mtls: where it listens for callers with a client certificate; None when the stack issues none.
        gateway: where the webhook gateway listens.
        sandbox: where the stack's own sandbox listens; None when it uses another Stripe.
        webhook_secret: what the stack's sandbox signs the platform's events with; empty when another Stripe does.
        connect_webhook_secret: what it signs events of connected accounts with.
        token: the development token; empty when Stripe is no double on this machine.
        tls: certificates; None when gRPC speaks in the clear.
    """

    settings: Settings
    folder: DataFolder
    environment: Mapping[str, str]
    grpc: Address
    mtls: Address | None
    metrics: Address | None
    worker_metrics: Address | None
    gateway: Address
    sandbox: Address | None
    webhook_secret: str
    connect_webhook_secret: str
    token: str
    tls: StackTls | None

    @property
    def development(self) -> bool:
        """Whether Stripe is a double on this machine."""
        return bool(self.token)

    @property
    def webhook_url(self) -> str:
        """Where the sandbox sends the platform's events."""
        return f"http://{self.gateway.reachable}{WEBHOOK_PATH}"

    @property
    def connect_webhook_url(self) -> str:
        """Where the sandbox sends events of connected accounts."""
        return f"http://{self.gateway.reachable}{CONNECT_WEBHOOK_PATH}"

    @property
    def moved(self) -> list[tuple[str, Address]]:
        """Addresses that are not the default because another program uses that, with the setting of each."""
        chosen = {
            "PAYMENTS_GRPC_ADDRESS": self.grpc,
            "PAYMENTS_GRPC_MTLS_ADDRESS": self.mtls,
            "PAYMENTS_METRICS_ADDRESS": self.metrics,
            "PAYMENTS_WORKER_METRICS_ADDRESS": self.worker_metrics,
            "GATEWAY_ADDRESS": self.gateway,
            "SANDBOX_ADDRESS": self.sandbox,
        }
        return [(variable, address) for variable, address in chosen.items() if address and address.instead_of]

    def service_environment(self, database_url: str, lifeline: int) -> dict[str, str]:
        """The environment of server and worker."""
        settings = self.settings
        told = {
            "PAYMENTS_DATABASE_URL": database_url,
            "PAYMENTS_DATA_DIR": str(self.folder.folder),
            "PAYMENTS_GRPC_ADDRESS": self.grpc.text,
            "PAYMENTS_GRPC_MTLS_ADDRESS": self.mtls.text if self.mtls else "",
            "PAYMENTS_GRPC_DRAIN_SECONDS": str(settings.grpc_drain_seconds),
            "PAYMENTS_METRICS_ADDRESS": self.metrics.text if self.metrics else "",
            "PAYMENTS_WORKER_METRICS_ADDRESS": self.worker_metrics.text if self.worker_metrics else "",
            "PAYMENTS_LIFELINE_FD": str(lifeline),
            "PAYMENTS_TLS_CERT_FILE": str(settings.tls_cert_file or ""),
            "PAYMENTS_TLS_KEY_FILE": str(settings.tls_key_file or ""),
            "PAYMENTS_TLS_CLIENT_CA_FILE": str(settings.tls_client_ca_file or ""),
            "PAYMENTS_STRIPE_API_BASE": settings.stripe_api_base or "",
            "PAYMENTS_STRIPE_API_KEY": _secret(settings.stripe_api_key),
            "PAYMENTS_AUTH_KEY": _secret(settings.auth_key),
            "PAYMENTS_AUTH_SPIFFE_SCOPES": json.dumps(
                {name: grant.model_dump() for name, grant in settings.auth_spiffe_scopes.items()}
            ),
            "PAYMENTS_ENCRYPTION_KEYS": ",".join(key.get_secret_value() for key in settings.encryption_keys),
            "PAYMENTS_SEAL_KEYS": ",".join(key.get_secret_value() for key in settings.seal_keys),
        }
        return _without(self.environment, "GATEWAY_", "SANDBOX_") | told

    def gateway_environment(self, lifeline: int) -> dict[str, str]:
        """The environment of the webhook gateway, which gets no database and no Stripe key."""
        told = {
            "GATEWAY_ADDRESS": self.gateway.text,
            "GATEWAY_PAYMENTS_TARGET": self.grpc.reachable,
            "GATEWAY_LIFELINE_FD": str(lifeline),
        }
        local = self.tls.local if self.tls else None
        if self.tls:
            told["GATEWAY_PAYMENTS_CA_FILE"] = str(self.tls.ca_file)
        if self.development:
            told["GATEWAY_STRIPE_SECRETS"] = self.webhook_secret
            told["GATEWAY_STRIPE_CONNECT_SECRETS"] = self.connect_webhook_secret
        if local and self.mtls:
            told["GATEWAY_PAYMENTS_TARGET"] = self.mtls.reachable
            told["GATEWAY_PAYMENTS_CERT_FILE"] = str(local.gateway.certificate)
            told["GATEWAY_PAYMENTS_KEY_FILE"] = str(local.gateway.key)
        elif self.development:
            told["GATEWAY_PAYMENTS_TOKEN"] = _mint(self.settings, "webhook-gateway", ("events.ingest",))
        # With Stripe itself token and signing secrets are the user's; how to get through to this stack never is.
        ours = ("GATEWAY_PAYMENTS_", "GATEWAY_STRIPE_") if self.development else ("GATEWAY_PAYMENTS_CA_FILE",)
        return _without(self.environment, "PAYMENTS_", "SANDBOX_", *ours) | told

    def sandbox_environment(self, lifeline: int) -> dict[str, str]:
        """The environment of the stack's own sandbox."""
        told = {
            "SANDBOX_ADDRESS": self.sandbox.text if self.sandbox else "",
            "SANDBOX_API_KEYS": self.environment.get("SANDBOX_API_KEYS") or SANDBOX_API_KEY,
            "SANDBOX_WEBHOOK_URL": self.webhook_url,
            "SANDBOX_WEBHOOK_SECRET": self.webhook_secret,
            "SANDBOX_CONNECT_WEBHOOK_URL": self.connect_webhook_url,
            "SANDBOX_CONNECT_WEBHOOK_SECRET": self.connect_webhook_secret,
            "SANDBOX_LIFELINE_FD": str(lifeline),
        }
        return _without(self.environment, "PAYMENTS_", "GATEWAY_", *_SANDBOX_FILES) | told


def make_plan(settings: Settings, environment: Mapping[str, str], book: AddressBook, *, plaintext: bool) -> Plan:
    """The plan of a stack by the settings and the environment of this process.

    Args:
        settings: of this process.
        environment: of this process.
        book: chooses the addresses.
        plaintext: let gRPC speak in the clear.

    Raises:
        CommandError: an address that was set is taken, or a variable is missing that Stripe itself needs.
        ConfigurationError: the settings do not go together.
    """
    folder = DataFolder(settings.data_dir)
    folder.make()
    tls = plan_tls(settings, folder, plaintext=plaintext)
    given = settings.model_fields_set
    own = settings.stripe_api_base is None and settings.stripe_api_key is None
    sandbox = book.choose("SANDBOX_ADDRESS", SANDBOX_ADDRESS, environment.get("SANDBOX_ADDRESS")) if own else None
    gateway = book.choose("GATEWAY_ADDRESS", GATEWAY_DEFAULT, environment.get("GATEWAY_ADDRESS") or None)

    def of_settings(field: str, default: str = "") -> Address | None:
        text: str = getattr(settings, field) or ("" if field in given else default)
        variable = f"PAYMENTS_{field.upper()}"
        return book.choose(variable, text, text if field in given else None) if text else None

    grpc, metrics, worker = (of_settings(name) for name in _ADDRESSES)
    # Client certificates of the stack's own open as much as development tokens do, so only where those are made.
    certificates = tls is not None and tls.local is not None and (own or is_development(settings))
    mtls = of_settings("grpc_mtls_address", MTLS_DEFAULT if certificates else "")
    if grpc is None:
        raise CommandError("PAYMENTS_GRPC_ADDRESS: must be host:port, for example 127.0.0.1:50051", EXIT_USAGE)
    if tls is not None:
        settings = settings.model_copy(update=tls.server_settings(mtls.text if mtls and certificates else ""))
    settings = _complete(settings, folder, environment, grpc, sandbox)
    check_tls(settings)
    development = is_development(settings)
    if not development:
        _require_for_stripe(environment)
    return Plan(
        settings=settings,
        folder=folder,
        environment=environment,
        grpc=grpc,
        mtls=mtls,
        metrics=metrics,
        worker_metrics=worker,
        gateway=gateway,
        sandbox=sandbox,
        webhook_secret=_new_webhook_secret() if development else "",
        connect_webhook_secret=_new_webhook_secret() if development else "",
        token=_mint(settings, "developer", DEVELOPMENT_SCOPES) if development else "",
        tls=tls,
    )


_SANDBOX_FILES = ("SANDBOX_API_KEYS_FILE", "SANDBOX_WEBHOOK_SECRET_FILE", "SANDBOX_CONNECT_WEBHOOK_SECRET_FILE")
"""They would win over what the sandbox is told here."""

_ADDRESSES = ("grpc_address", "metrics_address", "worker_metrics_address")


def _complete(
    settings: Settings, folder: DataFolder, environment: Mapping[str, str], grpc: Address, sandbox: Address | None
) -> Settings:
    """The settings with addresses, the sandbox and development keys."""
    told: dict[str, object] = {"grpc_address": grpc.text}
    if sandbox is not None:
        told["stripe_api_base"] = f"http://{sandbox.reachable}"
        first_key = (environment.get("SANDBOX_API_KEYS") or SANDBOX_API_KEY).split(",")[0].strip()
        told["stripe_api_key"] = SecretStr(first_key)
    if "grpc_drain_seconds" not in settings.model_fields_set:
        told["grpc_drain_seconds"] = _DRAIN_SECONDS
    return with_development_keys(settings.model_copy(update=told), folder)


def _require_for_stripe(environment: Mapping[str, str]) -> None:
    """With Stripe itself nothing is made up: what the gateway needs must be there."""
    for variable, what in _NEEDED_WITH_STRIPE.items():
        if not environment.get(variable) and not environment.get(f"{variable}_FILE"):
            raise CommandError(f"{variable}: is required with Stripe itself: {what}", EXIT_USAGE)


_NEEDED_WITH_STRIPE = {
    "GATEWAY_STRIPE_SECRETS": "the signing secret of the webhook endpoint (`stripe listen` prints one)",
    "GATEWAY_PAYMENTS_TOKEN": "a token with the scope events.ingest from your identity provider",
}


def _new_webhook_secret() -> str:
    return f"whsec_{secrets.token_urlsafe(24)}"


def _mint(settings: Settings, subject: str, scopes: tuple[str, ...]) -> str:
    return mint_development_token(
        settings, subject=subject, scopes=scopes, lifetime_seconds=int(TOKEN_LIFETIME.total_seconds())
    )


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""


def _without(environment: Mapping[str, str], *prefixes: str) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith(prefixes)}
