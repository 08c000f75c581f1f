import pytest

from bench.load.http_phase import http_request, whole_reply

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nx: y\r\n\r\n"


def test_a_request_says_how_long_it_is() -> None:
    assert http_request("/path", "127.0.0.1:80", {"stripe-signature": "t=1"}, b"{}") == (
        b"POST /path HTTP/1.1\r\nhost: 127.0.0.1:80\r\ncontent-type: application/json\r\ncontent-length: 2\r\n"
        b"stripe-signature: t=1\r\n\r\n{}"
    )


def test_a_reply_is_whole_once_its_body_is() -> None:
    assert [whole_reply((HEAD + b"body")[:length]) for length in range(len(HEAD) + 4)] == [None] * (len(HEAD) + 4)
    assert whole_reply(HEAD + b"body") == ("", b"body")


def test_a_status_other_than_200_is_a_failure_with_its_body() -> None:
    reply = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 3\r\n\r\nwhy"
    assert whole_reply(reply) == ("HTTP/1.1 503 Service Unavailable: why", b"why")


def test_a_reply_without_a_length_is_refused() -> None:
    with pytest.raises(ValueError, match="without a length"):
        whole_reply(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
