"""Bodies are collected within a limit, counted as they arrive; refused ones are read off so that the answer is seen."""

from collections.abc import Sequence

import pytest

from webhook_gateway.body import DISCARD_BYTES_MAX, Body
from webhook_gateway.errors import BodyEncodedError, BodyTooLargeError

LIMIT = 10
ASKS = (b"expect", b"100-continue")


class Client:
    """Plays a client that sends its body in parts as long as somebody waits for them."""

    def __init__(self, parts: Sequence[bytes]) -> None:
        self.unread = list(parts)

    def send(self, body: Body) -> bytes:
        while self.unread and not body.done:
            body.feed(self.unread.pop(0))
        if not body.done:
            body.end()
        return body.take()


def read(client: Client, *headers: tuple[bytes, bytes]) -> bytes:
    return client.send(Body(headers, LIMIT))


@pytest.mark.parametrize("parts", [[], [b""], [b"0123456789"], [b"01234", b"56789"], [b"", b"0123456789", b""]])
def test_a_body_up_to_the_limit_is_read(parts: list[bytes]) -> None:
    assert read(Client(parts)) == b"".join(parts)


@pytest.mark.parametrize("parts", [[b"0123456789+"], [b"0123456789", b"+"], [b"0"] * 11])
def test_a_byte_more_is_too_large_whatever_was_announced(parts: list[bytes]) -> None:
    for headers in ([], [(b"content-length", b"3")]):
        client = Client(parts)
        with pytest.raises(BodyTooLargeError, match="longer than 10 bytes"):
            read(client, *headers)
        assert client.unread == []


def test_an_announced_length_beyond_the_limit_is_too_large_and_read_off() -> None:
    client = Client([b"0123456789", b"+"])
    with pytest.raises(BodyTooLargeError):
        read(client, (b"content-length", b"11"))
    assert client.unread == []


@pytest.mark.parametrize("length", [str(DISCARD_BYTES_MAX + 1).encode(), b"9" * 19, b"9" * 5000])
def test_a_huge_announced_length_is_refused_unread(length: bytes) -> None:
    client = Client([b"x"])
    with pytest.raises(BodyTooLargeError):
        read(client, (b"content-length", length))
    assert client.unread == [b"x"]


def test_a_client_that_waits_to_be_asked_is_refused_unread() -> None:
    client = Client([b"x"])
    with pytest.raises(BodyTooLargeError):
        read(client, (b"content-length", b"11"), ASKS)
    assert client.unread == [b"x"]


def test_a_client_that_waits_to_be_asked_is_known_as_one() -> None:
    for headers, asks in (((ASKS,), True), ((), False), (((b"expect", b"something"),), False)):
        body = Body(headers, LIMIT)
        assert (body.asks, body.done) == (asks, False)


def test_an_endless_body_is_read_off_only_so_far() -> None:
    client = Client([b"x" * 100_000] * 30)
    with pytest.raises(BodyTooLargeError):
        read(client)
    assert 15 <= len(client.unread) < 30


@pytest.mark.parametrize("encoding", [b"gzip", b"br", b"deflate", b"identity, gzip", b"unheard-of"])
def test_a_compressed_body_is_refused(encoding: bytes) -> None:
    with pytest.raises(BodyEncodedError):
        read(Client([b"{}"]), (b"content-encoding", encoding))


@pytest.mark.parametrize("encoding", [b"identity", b" Identity ", b""])
def test_identity_is_no_compression(encoding: bytes) -> None:
    assert read(Client([b"{}"]), (b"content-encoding", encoding)) == b"{}"


def test_nothing_is_kept_of_a_body_that_was_taken() -> None:
    body = Body((), LIMIT)
    body.feed(b"{}")
    body.end()
    assert (body.take(), body.take()) == (b"{}", b"")
