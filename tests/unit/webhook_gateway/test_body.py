"""Bodies are read within limits, counted as they arrive, and refused ones are read off so that the answer is seen."""

import asyncio
from collections.abc import Sequence

import pytest
from starlette.types import Message

from webhook_gateway.body import DISCARD_BYTES_MAX, BodyReader
from webhook_gateway.errors import BodyAbortedError, BodyEncodedError, BodySlowError, BodyTooLargeError

LIMIT = 10


class Client:
    """Plays a client that sends its body in parts, and then nothing more."""

    def __init__(self, parts: Sequence[bytes], *, complete: bool = True) -> None:
        self.unread = list(parts)
        self._complete = complete

    async def receive(self) -> Message:
        if not self.unread:
            await asyncio.get_running_loop().create_future()
        part = self.unread.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(self.unread) or not self._complete}


async def read(client: Client, *headers: tuple[bytes, bytes], timeout_s: float = 5) -> bytes:
    return await BodyReader(LIMIT, timeout_s).read(headers, client.receive)


@pytest.mark.parametrize("parts", [[b""], [b"0123456789"], [b"01234", b"56789"], [b"", b"0123456789", b""]])
async def test_a_body_up_to_the_limit_is_read(parts: list[bytes]) -> None:
    assert await read(Client(parts)) == b"".join(parts)


@pytest.mark.parametrize("parts", [[b"0123456789+"], [b"0123456789", b"+"], [b"0"] * 11])
async def test_a_byte_more_is_too_large_whatever_was_announced(parts: list[bytes]) -> None:
    for headers in ([], [(b"content-length", b"3")]):
        client = Client(parts)
        with pytest.raises(BodyTooLargeError, match="longer than 10 bytes"):
            await read(client, *headers)
        assert client.unread == []


async def test_an_announced_length_beyond_the_limit_is_too_large_and_read_off() -> None:
    client = Client([b"0123456789", b"+"])
    with pytest.raises(BodyTooLargeError):
        await read(client, (b"content-length", b"11"))
    assert client.unread == []


@pytest.mark.parametrize("length", [str(DISCARD_BYTES_MAX + 1).encode(), b"9" * 19, b"9" * 5000])
async def test_a_huge_announced_length_is_refused_unread(length: bytes) -> None:
    client = Client([b"x"])
    with pytest.raises(BodyTooLargeError):
        await read(client, (b"content-length", length))
    assert client.unread == [b"x"]


async def test_a_client_that_waits_to_be_asked_is_refused_unread() -> None:
    client = Client([b"x"])
    with pytest.raises(BodyTooLargeError):
        await read(client, (b"content-length", b"11"), (b"expect", b"100-continue"))
    assert client.unread == [b"x"]


async def test_an_endless_body_is_read_off_only_so_far() -> None:
    parts = [b"x" * 100_000] * 30
    client = Client(parts)
    with pytest.raises(BodyTooLargeError):
        await read(client)
    assert 15 <= len(client.unread) < 30


@pytest.mark.parametrize("encoding", [b"gzip", b"br", b"deflate", b"identity, gzip", b"unheard-of"])
async def test_a_compressed_body_is_refused(encoding: bytes) -> None:
    with pytest.raises(BodyEncodedError):
        await read(Client([b"{}"]), (b"content-encoding", encoding))


@pytest.mark.parametrize("encoding", [b"identity", b" Identity ", b""])
async def test_identity_is_no_compression(encoding: bytes) -> None:
    assert await read(Client([b"{}"]), (b"content-encoding", encoding)) == b"{}"


async def test_a_body_that_does_not_end_is_slow() -> None:
    with pytest.raises(BodySlowError, match=r"within 0\.01 s"):
        await read(Client([b"{"], complete=False), timeout_s=0.01)


async def test_a_client_that_leaves_is_noticed() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    with pytest.raises(BodyAbortedError):
        await BodyReader(LIMIT, 5).read((), receive)
