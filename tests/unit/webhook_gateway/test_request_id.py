"""Request ids: a proxy's is kept if it is fit to be logged."""

import pytest

from webhook_gateway.request_id import request_id_of


@pytest.mark.parametrize("given", [b"a", b"req_1.2-3", b"x" * 64])
def test_a_fit_id_is_kept(given: bytes) -> None:
    assert request_id_of([(b"host", b"h"), (b"x-request-id", given)]) == given.decode()


@pytest.mark.parametrize("given", [b"", b"x" * 65, b"a b", b"a\nb", b"\xff", b'"', b"\xc3\xa9"])
def test_an_unfit_id_is_replaced(given: bytes) -> None:
    replaced = request_id_of([(b"x-request-id", given)])
    assert len(replaced) == 32
    assert replaced.isalnum()


def test_every_request_has_its_own() -> None:
    assert request_id_of([]) != request_id_of([])
