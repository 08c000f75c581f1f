"""A whole stack of real programs on free ports, each of which a test may stop, kill and start again."""

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import psycopg

from tests.authority import Authority, Issued
from tests.e2e.programs import Program, clean_environment
from tests.e2e.stripe import API_KEY, StripeApi, signed

WEBHOOK_SECRET = "whsec_end_to_end"
CONNECT_WEBHOOK_SECRET = "whsec_end_to_end_connect"


@dataclass(frozen=True)
class Credentials:
    """Keys and tokens, made with the commands that a user has for it, and the server's certificate."""

    auth_key: str
    encryption_key: str
    token: str
    gateway_token: str
    authority: Authority
    server: Issued


class Stack:
    """Sandbox, gRPC server, worker and gateway, on a database of their own."""

    def __init__(self, database_url: str, credentials: Credentials, folder: Path, **settings: str) -> None:
        self._database_url = database_url
        self._credentials = credentials
        self._folder = folder
        self._settings = settings
        self._running: dict[str, Program] = {}
        self.target = "127.0.0.1:0"
        self.sandbox_address = "127.0.0.1:0"
        self.gateway = ""
        self.sandbox: dict[str, str] = {}
        """Further settings of the sandbox, from its next start on."""

    @property
    def token(self) -> str:
        return self._credentials.token

    @property
    def ca_file(self) -> Path:
        """What callers check the server's certificate against."""
        return self._credentials.authority.ca_file

    @property
    def stripe(self) -> StripeApi:
        return StripeApi(f"http://{self.sandbox_address}")

    def start(self, **server_settings: str) -> None:
        """Start everything; those that need nobody else's address side by side."""
        self.start_sandbox()
        server = self._launch_server(**server_settings)
        worker = self._launch_worker()
        self.target = server.ready()["address"]
        worker.ready()
        gateway = self._launch(
            "gateway",
            ["webhook-gateway", "serve"],
            clean_environment(
                GATEWAY_ADDRESS="127.0.0.1:0",
                GATEWAY_STRIPE_SECRETS=WEBHOOK_SECRET,
                GATEWAY_STRIPE_CONNECT_SECRETS=CONNECT_WEBHOOK_SECRET,
                GATEWAY_PAYMENTS_TARGET=self.target,
                GATEWAY_PAYMENTS_TOKEN=self._credentials.gateway_token,
                GATEWAY_PAYMENTS_CA_FILE=str(self.ca_file),
            ),
        )
        self.gateway = f"http://{gateway.ready()['address']}"
        self.stripe.point_webhooks_at(f"{self.gateway}/stripe/webhook", WEBHOOK_SECRET)
        self.stripe.point_webhooks_at(f"{self.gateway}/stripe/connect/webhook", CONNECT_WEBHOOK_SECRET, connect=True)

    def start_sandbox(self) -> None:
        """Start the sandbox, on its port if it had one before."""
        environment = clean_environment(SANDBOX_ADDRESS=self.sandbox_address, SANDBOX_API_KEYS=API_KEY, **self.sandbox)
        self.sandbox_address = self._launch("sandbox", ["stripe-sandbox", "serve"], environment).ready()["address"]

    def start_server(self, **settings: str) -> None:
        """Start the gRPC server on the port that it had before."""
        self.target = self._launch_server(**settings).ready()["address"]

    def start_worker(self, **settings: str) -> None:
        """Start the worker again. What its predecessor held when it was killed is free now, not when the lease ends."""
        with psycopg.connect(self._database_url) as connection:
            connection.execute("UPDATE stripe_accounts SET lease_until = now()")
            connection.execute("UPDATE stripe_events SET lease_until = NULL WHERE lease_until IS NOT NULL")
        self._launch_worker(**settings).ready()

    @property
    def database_url(self) -> str:
        """The database, as its owner."""
        return self._database_url

    @property
    def admin(self) -> dict[str, str]:
        """What the command line needs to look after the service, as variables."""
        return {"PAYMENTS_AUTH_KEY": self._credentials.auth_key, "PAYMENTS_STRIPE_API_BASE": "http://127.0.0.1:1"}

    def program(self, name: str) -> Program:
        return self._running[name]

    async def deliver(self, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        """Post a webhook, correctly signed unless headers are given."""
        async with httpx.AsyncClient(timeout=20, trust_env=False, verify=False) as client:
            return await client.post(
                f"{self.gateway}/stripe/webhook",
                content=body,
                headers=signed(body, WEBHOOK_SECRET) if headers is None else headers,
            )

    def events_in(self, state: str) -> list[tuple[str, str]]:
        """Events in the inbox that are in this state: their types and what went wrong last."""
        query = "SELECT type, last_error FROM stripe_events WHERE state = %s"
        with psycopg.connect(self._database_url) as connection:
            return connection.execute(query, (state,)).fetchall()

    def unfinished_operations(self) -> int:
        """How many calls to Stripe the worker would finish."""
        with psycopg.connect(self._database_url) as connection:
            [(count,)] = connection.execute("SELECT count(*) FROM stripe_operations WHERE state = 'IN_PROGRESS'")
        return int(count)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for program in reversed(self._running.values()):
            program.kill()

    def _launch_server(self, **settings: str) -> Program:
        return self._launch("server", ["payments", "serve", "--address", self.target], self._service(**settings))

    def _launch_worker(self, **settings: str) -> Program:
        return self._launch("worker", ["payments", "worker"], self._service(**settings))

    def _launch(self, name: str, command: list[str], environment: dict[str, str]) -> Program:
        self._running[name] = Program(command, environment, self._folder / f"{name}.log")
        return self._running[name]

    def _service(self, **settings: str) -> dict[str, str]:
        told = {
            "PAYMENTS_DATABASE_URL": self._database_url,
            "PAYMENTS_STRIPE_API_BASE": f"http://{self.sandbox_address}",
            "PAYMENTS_STRIPE_API_KEY": API_KEY,
            "PAYMENTS_AUTH_KEY": self._credentials.auth_key,
            "PAYMENTS_ENCRYPTION_KEYS": self._credentials.encryption_key,
            "PAYMENTS_TLS_CERT_FILE": str(self._credentials.server.certificate),
            "PAYMENTS_TLS_KEY_FILE": str(self._credentials.server.key),
            "PAYMENTS_METRICS_ADDRESS": "127.0.0.1:0",
            "PAYMENTS_WORKER_METRICS_ADDRESS": "127.0.0.1:0",
            "PAYMENTS_WORKER_POLL_MS": "50",
        }
        return clean_environment(**told | self._settings | settings)
