"""A page token goes on where its own list stopped, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from payments_api.v1 import ledger_service_pb2, payment_service_pb2

from payments_service.domain.errors import PaymentsError, Reason
from payments_service.transport.page_token import (
    decode_page_token,
    decode_page_token_with_id,
    encode_page_token,
    page_size,
)

REQUEST = payment_service_pb2.ListPaymentsRequest(owner_id="user_1", page_size=10)


@given(st.binary(max_size=40))
def test_a_position_survives_the_round_trip(position: bytes) -> None:
    assert decode_page_token(REQUEST, encode_page_token(REQUEST, position)) == position


def test_the_first_page_has_no_token() -> None:
    assert decode_page_token(REQUEST, "") is None


def test_the_page_size_may_change_between_pages() -> None:
    token = encode_page_token(REQUEST, b"here")
    other = payment_service_pb2.ListPaymentsRequest(owner_id="user_1", page_size=500, page_token=token)

    assert decode_page_token(other, token) == b"here"


@pytest.mark.parametrize(
    "other",
    [
        payment_service_pb2.ListPaymentsRequest(owner_id="user_2"),
        payment_service_pb2.ListPaymentsRequest(owner_id="user_1", needs_follow_up=True),
        ledger_service_pb2.ListEntriesRequest(code="user_1"),
    ],
)
def test_with_other_filters_or_on_another_list_it_is_refused(
    other: payment_service_pb2.ListPaymentsRequest | ledger_service_pb2.ListEntriesRequest,
) -> None:
    with pytest.raises(PaymentsError) as raised:
        decode_page_token(other, encode_page_token(REQUEST, b"here"))

    assert raised.value.reason is Reason.PAGE_TOKEN_INVALID
    assert raised.value.violations[0].field == "page_token"


@given(st.text(min_size=1))
def test_any_other_text_is_refused_and_breaks_nothing(text: str) -> None:
    with pytest.raises(PaymentsError):
        decode_page_token(REQUEST, text)


def test_page_sizes_have_a_default_and_a_limit() -> None:
    assert [page_size(n) for n in (0, 1, 50, 1000, 1001, 2**31 - 1)] == [50, 1, 50, 1000, 1000, 1000]


@pytest.mark.parametrize("position", [b"", b"short", bytes(15), bytes(17), bytes(4096)])
def test_a_made_up_token_with_something_else_than_an_id_is_refused(position: bytes) -> None:
    with pytest.raises(PaymentsError) as error:
        decode_page_token_with_id(REQUEST, encode_page_token(REQUEST, position))
    assert error.value.reason is Reason.PAGE_TOKEN_INVALID
