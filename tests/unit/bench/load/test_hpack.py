import pytest

from bench.load.hpack import literal_fields, request_headers


def test_the_first_request_spells_headers_out_and_later_ones_point_at_them() -> None:
    headers = request_headers([(":method", "POST"), ("te", "trailers")])
    assert headers.first == b"\x40\x07:method\x04POST" + b"\x40\x02te\x08trailers"
    # RFC 7541, section 2.3.3: behind 61 static entries, the newest first.
    assert headers.later == bytes([0x80 | 63, 0x80 | 62])


def test_long_values_have_long_lengths() -> None:
    headers = request_headers([("authorization", "x" * 300)])
    # RFC 7541, section 5.1: 300 - 127 = 173 in groups of seven bits.
    assert headers.first.startswith(b"\x40\x0dauthorization\x7f\xad\x01x")


def test_headers_that_do_not_fit_into_the_table_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        request_headers([("authorization", "x" * 4_096)])


def test_fields_with_names_of_their_own_are_read_and_static_ones_are_skipped() -> None:
    block = b"\x20" + b"\x88" + b"\x0f\x10\x10application/grpc" + b"\x00\x0bgrpc-status\x0216" + b"\x40\x01a\x00"
    assert literal_fields(block) == {"grpc-status": "16", "a": ""}


@pytest.mark.parametrize("block", [b"\xbe", b"\x00\x81\xff\x00"])
def test_what_this_client_does_not_read_is_refused(block: bytes) -> None:
    with pytest.raises(ValueError, match=r"table that it may not have|Huffman"):
        literal_fields(block)
