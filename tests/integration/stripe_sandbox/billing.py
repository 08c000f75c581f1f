"""What the tests of subscriptions and invoices share: a customer with a card, a price, the passing of time."""

from typing import Any

import httpx

from tests.integration.stripe_sandbox.harness import types_of_events

Form = dict[str, str]
DAY_S = 86_400


async def post(raw: httpx.AsyncClient, path: str, form: Form | None = None, status: int = 200) -> dict[str, Any]:
    """The answer to a POST, which must have this status."""
    reply = await raw.post(path, data=form or {})
    assert reply.status_code == status, reply.text
    shown: dict[str, Any] = reply.json()
    return shown


async def get(raw: httpx.AsyncClient, path: str, **query: str) -> dict[str, Any]:
    """The answer to a GET that succeeds."""
    reply = await raw.get(path, params=query)
    assert reply.status_code == 200, reply.text
    shown: dict[str, Any] = reply.json()
    return shown


async def a_customer(raw: httpx.AsyncClient, card: str = "pm_card_visa") -> str:
    """A customer whose invoices are charged to this test card."""
    form = {"email": "fan@example.com", "payment_method": card, "invoice_settings[default_payment_method]": card}
    identifier: str = (await post(raw, "/v1/customers", form))["id"]
    return identifier


async def a_price(raw: httpx.AsyncClient, amount: int = 1_000, interval: str = "month") -> str:
    """A recurring price of a product of its own."""
    form = {
        "product_data[name]": "Fan club",
        "currency": "usd",
        "unit_amount": str(amount),
        "recurring[interval]": interval,
    }
    identifier: str = (await post(raw, "/v1/prices", form))["id"]
    return identifier


async def subscribe(raw: httpx.AsyncClient, customer: str, price: str, **form: str) -> dict[str, Any]:
    """A subscription to one price."""
    return await post(raw, "/v1/subscriptions", {"customer": customer, "items[0][price]": price, **form})


async def pass_time(raw: httpx.AsyncClient, seconds: float) -> None:
    """Lets sandbox time pass; what is due on the way happens."""
    (await raw.post("/_sandbox/clock/advance", json={"seconds": seconds})).raise_for_status()


async def events_since(raw: httpx.AsyncClient, seen: list[str]) -> list[str]:
    """What has happened since `seen`, oldest first."""
    return (await types_of_events(raw))[len(seen) :]
