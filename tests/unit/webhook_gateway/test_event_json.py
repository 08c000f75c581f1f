"""JSON, strictly."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook_gateway.errors import BodyMalformedError
from webhook_gateway.event_json import parse


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"hello",
        b"{",
        b"{}}",
        b"{} {}",
        b"{}\x00",
        b"{'id': 1}",
        b'{"a":1,}',
        b"[1,]",
        b"NaN",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b"1e999",
        b"-1e999",
        b"9" * 400,
        b"01",
        b"+1",
        b"0x1",
        b'"\xff"',
        b'{"\xc3\x28":1}',
        b'"\\ud800"',
        b'"\\x"',
        b'"\n"',
        b"\xef\xbb\xbf{}",
        b"[" * 1025 + b"]" * 1025,
        b"[" * 250_000,
        b'{"a":' * 50_000,
        "{}".encode("utf-16"),
        b"<event/>",
        b"id=evt_1&type=x",
    ],
)
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(BodyMalformedError, match="not JSON"):
        parse(body)


@pytest.mark.parametrize(
    ("body", "document"),
    [
        (b"null", None),
        (b"[]", []),
        (b"0", 0),
        (b'"x"', "x"),
        (b"true", True),
        (b" {} ", {}),
        (b'{"a":"\\u0000"}', {"a": "\x00"}),
        (b'{"a":1,"a":2}', {"a": 2}),
    ],
)
def test_anything_that_is_json_is_read(body: bytes, document: object) -> None:
    assert parse(body) == document


def test_nesting_up_to_the_limit_is_read() -> None:
    assert isinstance(parse(b"[" * 1000 + b"]" * 1000), list)


def test_the_message_repeats_nothing_of_the_body() -> None:
    with pytest.raises(BodyMalformedError) as caught:
        parse(b'{"email":"jenny@example.com" oops')
    assert "jenny" not in str(caught.value)


@given(st.binary(max_size=200))
def test_bytes_are_json_or_refused_and_nothing_else(body: bytes) -> None:
    refused = False
    try:
        parse(body)
    except BodyMalformedError:
        refused = True
    # The standard library's decoder takes a little more (NaN, a BOM in bytes), and never less.
    if not refused:
        json.loads(body)
