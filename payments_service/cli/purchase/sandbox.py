"""What the sandbox is asked directly, over plain HTTP, as proof that does not come from the service itself."""

import httpx

from payments_service.cli.errors import CommandError

_TIMEOUT_SECONDS = 5.0


async def balance_at_stripe(api_base: str, api_key: str) -> dict[str, int]:
    """Available and pending together, in minor units by currency, from `GET /v1/balance`.

    Raises:
        CommandError: it does not answer as Stripe does.
    """
    async with _client(api_base) as client:
        try:
            response = await client.get("/v1/balance", auth=(api_key, ""))
            response.raise_for_status()
            balance = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise CommandError(f"{api_base}/v1/balance does not answer: {error}") from None
    sums: dict[str, int] = {}
    for part in ("available", "pending"):
        for line in balance[part]:
            sums[line["currency"]] = sums.get(line["currency"], 0) + int(line["amount"])
    return sums


async def is_sandbox(api_base: str) -> bool:
    """Whether our sandbox answers there, rather than some other double of Stripe.

    Raises:
        CommandError: nothing answers there.
    """
    async with _client(api_base) as client:
        try:
            response = await client.get("/_sandbox/clock")
        except httpx.HTTPError as error:
            raise CommandError(
                f"PAYMENTS_STRIPE_API_BASE: nothing answers at {api_base} ({type(error).__name__}): start it with "
                "`stripe-sandbox serve`, or unset the variable"
            ) from None
    return response.is_success


async def point_webhooks_at(api_base: str, url: str, secret: str) -> None:
    """Tell a sandbox that was running already where its events go from now on.

    Raises:
        CommandError: it refuses.
    """
    async with _client(api_base) as client:
        try:
            response = await client.put("/_sandbox/webhooks/endpoint", json={"url": url, "secret": secret})
            response.raise_for_status()
        except httpx.HTTPError as error:
            raise CommandError(f"the sandbox at {api_base} does not take a webhook endpoint: {error}") from None


def _client(api_base: str) -> httpx.AsyncClient:
    # The environment's proxies are not for talking to a process next door.
    return httpx.AsyncClient(base_url=api_base, timeout=_TIMEOUT_SECONDS, trust_env=False)
