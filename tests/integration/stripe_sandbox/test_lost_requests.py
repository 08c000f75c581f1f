"""A client that dies in the middle of a request: nothing of it is done, and its key is as if never used."""

import asyncio
from urllib.parse import urlencode

import httpx
import pytest

from stripe_sandbox.runner import SandboxThread
from stripe_sandbox.settings import DEFAULT_API_KEY

CUSTOMERS = "/v1/customers"
FORM = {"name": "Ada Byron", "email": "ada@example.com"}
"""No field of a customer is required, so that half a form would do for one."""


@pytest.mark.parametrize("share", [0.0, 0.25], ids=["nothing of the body", "a part of it"])
async def test_of_half_a_request_nothing_is_done(sandbox: SandboxThread, raw: httpx.AsyncClient, share: float) -> None:
    await _begin_and_die(sandbox, share)
    assert (await raw.get(CUSTOMERS)).json()["data"] == []

    whole = await raw.post(CUSTOMERS, data=FORM, headers={"idempotency-key": "k"})
    assert (whole.status_code, whole.json()["name"]) == (200, "Ada Byron")
    assert "idempotent-replayed" not in whole.headers


async def _begin_and_die(sandbox: SandboxThread, share: float) -> None:
    """Send the head of a request and a share of its body, and hang up."""
    body = urlencode(FORM).encode()
    head = (
        f"POST {CUSTOMERS} HTTP/1.1\r\nHost: sandbox\r\nAuthorization: Bearer {DEFAULT_API_KEY}\r\n"
        f"Idempotency-Key: k\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    host, _, port = sandbox.url.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(head.encode() + body[: int(len(body) * share)])
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
