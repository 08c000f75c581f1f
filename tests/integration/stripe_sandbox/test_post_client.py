"""The webhook sender's HTTP client against receivers that behave badly."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from stripe_sandbox.webhooks.post_client import PostClient

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


@contextlib.asynccontextmanager
async def receiver(behaviour: Behaviour) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await behaviour(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook?a=1"


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    size = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
    return head + await reader.readexactly(size)


@pytest.fixture
async def client() -> AsyncIterator[PostClient]:
    client = PostClient(timeout_s=0.5)
    yield client
    client.close()


async def test_a_connection_is_used_again(client: PostClient) -> None:
    seen: list[list[bytes]] = []

    async def polite(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append([])
        while True:
            seen[-1].append(await read_request(reader))
            writer.write(ANSWER)

    async with receiver(polite) as url:
        for _ in range(3):
            assert await client.post(url, {"x-a": "b"}, b"hello") == 204
        client.close()
    assert [len(requests) for requests in seen] == [3]
    assert seen[0][0].startswith(b"POST /hook?a=1 HTTP/1.1\r\nhost: 127.0.0.1:")
    assert seen[0][0].endswith(b"x-a: b\r\n\r\nhello")


async def test_an_idle_connection_that_was_closed_is_replaced(client: PostClient) -> None:
    async def one_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(ANSWER)

    async with receiver(one_only) as url:
        assert [await client.post(url, {}, b"x") for _ in range(3)] == [204, 204, 204]


async def test_a_receiver_that_hangs_up_without_an_answer_is_an_error(client: PostClient) -> None:
    async def rude(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await read_request(reader)

    async with receiver(rude) as url:
        with pytest.raises(ConnectionResetError):
            await client.post(url, {}, b"x")


async def test_a_receiver_that_never_answers_is_a_timeout(client: PostClient) -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with receiver(silent) as url:
        with pytest.raises(TimeoutError):
            await client.post(url, {}, b"x")


async def test_an_answer_that_is_no_http_is_an_error(client: PostClient) -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"hello yourself\r\n\r\n")
        await writer.drain()

    async with receiver(babble) as url:
        with pytest.raises(ConnectionError, match="no HTTP"):
            await client.post(url, {}, b"x")


@pytest.mark.parametrize("url", ["nowhere", "ftp://127.0.0.1/", "http:///path", "http://127.0.0.1:99999/"])
async def test_an_impossible_url_is_refused(client: PostClient, url: str) -> None:
    with pytest.raises(ValueError, match=r"no URL to send to|[Pp]ort"):
        await client.post(url, {}, b"x")
