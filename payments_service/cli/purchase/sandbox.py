"""The sandbox over plain HTTP: proof that does not come from the service itself, and what people do at Stripe."""

from collections.abc import Iterable
from typing import Any

import httpx

from payments_service.cli.errors import CommandError
from payments_service.cli.purchase.facts import Booking

_TIMEOUT_SECONDS = 5.0


class Sandbox:
    """Our sandbox, asked with the platform's key."""

    def __init__(self, api_base: str, api_key: str) -> None:
        self.api_base = api_base
        self._api_key = api_key

    async def balance(self, stripe_account: str = "") -> dict[str, int]:
        """Available and pending together, in minor units by currency; the platform's unless an account is named.

        Raises:
            CommandError: it does not answer as Stripe does.
        """
        balance = await self._get("/v1/balance", stripe_account)
        sums: dict[str, int] = {}
        for part in ("available", "pending"):
            for line in balance[part]:
                sums[line["currency"]] = sums.get(line["currency"], 0) + int(line["amount"])
        return sums

    async def bookings(
        self, paid: Iterable[str], application_fee: str, refunded: Iterable[str], stripe_account: str
    ) -> tuple[Booking, ...]:
        """The balance transactions of a purchase, oldest first: those in the platform's balance, then the seller's.

        Args:
            paid: Stripe's ids of what moved the platform's money when the customer paid; empty ones are passed over.
            application_fee: the platform's fee; what was given back of it is found through it.
            refunded: Stripe's ids of what moved the platform's money with the refund.
            stripe_account: the seller.

        Raises:
            CommandError: it does not answer as Stripe does.
        """
        given_back: list[str] = []
        if application_fee:
            fee = await self._get(f"/v1/application_fees/{application_fee}")
            given_back = [refund["id"] for refund in fee["refunds"]["data"]]
        platforms: list[dict[str, Any]] = []
        for source in filter(None, (*paid, application_fee, *refunded, *given_back)):
            platforms += (await self._get("/v1/balance_transactions", source=source))["data"]
        sellers = (await self._get("/v1/balance_transactions", stripe_account, limit="100"))["data"][::-1]
        return (*_in_order(platforms, of_seller=False), *_in_order(sellers, of_seller=True))

    async def complete_onboarding(self, stripe_account: str) -> None:
        """Do what the account's owner does in the browser: give Stripe all that it asks for, and be verified.

        Raises:
            CommandError: it refuses.
        """
        async with _client(self.api_base) as client:
            try:
                response = await client.post(f"/_sandbox/accounts/{stripe_account}/complete_onboarding")
                response.raise_for_status()
            except httpx.HTTPError as error:
                raise CommandError(
                    f"the sandbox at {self.api_base} does not onboard {stripe_account}: {_said(error)}; is it the "
                    "one that this service uses?"
                ) from None

    async def _get(self, path: str, stripe_account: str = "", **query: str) -> dict[str, Any]:
        headers = {"stripe-account": stripe_account} if stripe_account else {}
        async with _client(self.api_base) as client:
            try:
                response = await client.get(path, params=query, headers=headers, auth=(self._api_key, ""))
                response.raise_for_status()
                answer: dict[str, Any] = response.json()
            except (httpx.HTTPError, ValueError) as error:
                raise CommandError(f"{self.api_base}{path} does not answer as Stripe does: {_said(error)}") from None
        return answer


async def is_sandbox(api_base: str, setting: str = "PAYMENTS_STRIPE_API_BASE") -> bool:
    """Whether our sandbox answers there, rather than some other double of Stripe; `setting` is what named it.

    Raises:
        CommandError: nothing answers there.
    """
    async with _client(api_base) as client:
        try:
            response = await client.get("/_sandbox/clock")
        except httpx.HTTPError as error:
            raise CommandError(
                f"{setting}: nothing answers at {api_base} ({type(error).__name__}): start it with "
                f"`stripe-sandbox serve`, or leave {setting} out"
            ) from None
    return response.is_success


async def point_webhooks_at(api_base: str, url: str, secret: str, *, connect: bool) -> None:
    """Tell a sandbox that was running already where its events go from now on.

    Args:
        api_base: the sandbox.
        url: where they go.
        secret: what it signs them with.
        connect: events of connected accounts, and not the platform's own.

    Raises:
        CommandError: it refuses.
    """
    async with _client(api_base) as client:
        try:
            response = await client.put(
                "/_sandbox/webhooks/endpoint", json={"url": url, "secret": secret, "connect": connect}
            )
            response.raise_for_status()
        except httpx.HTTPError as error:
            raise CommandError(f"the sandbox at {api_base} does not take a webhook endpoint: {_said(error)}") from None


def _in_order(transactions: list[dict[str, Any]], *, of_seller: bool) -> list[Booking]:
    """Oldest first; those of one second as they were found."""
    return [
        Booking(
            id=found["id"],
            type=found["type"],
            amount_minor=found["amount"],
            fee_minor=found["fee"],
            net_minor=found["net"],
            currency=found["currency"],
            of_seller=of_seller,
        )
        for found in sorted(transactions, key=lambda found: int(found["created"]))
    ]


def _said(error: Exception) -> str:
    """What went wrong, on one line: httpx would say it on two, with a link."""
    if isinstance(error, httpx.HTTPStatusError):
        return f"HTTP {error.response.status_code}"
    return f"{type(error).__name__} {error}".strip()


def _client(api_base: str) -> httpx.AsyncClient:
    # The environment's proxies are not for talking to a process next door.
    return httpx.AsyncClient(base_url=api_base, timeout=_TIMEOUT_SECONDS, trust_env=False)
