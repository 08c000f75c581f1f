"""Customers are sent only to origins that are allowed."""

import pytest

from payments_service.application.payments.return_url import ReturnUrls
from payments_service.domain.errors import PaymentsError, Reason

ALLOWED = ReturnUrls(frozenset({"https://shop.example", "http://localhost:3000"}))


@pytest.mark.parametrize(
    "url",
    ["", "https://shop.example", "https://shop.example/done?x=1#y", "HTTPS://SHOP.example/a", "http://localhost:3000/"],
)
def test_allowed(url: str) -> None:
    ALLOWED.require_allowed(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example",
        "https://shop.example.evil.example",
        "https://shop.example@evil.example",
        "http://shop.example",
        "https://shop.example:8443",
        "//shop.example",
        "javascript:alert(1)",
        "https://[",
        "shop.example",
    ],
)
def test_refused_with_the_field_and_what_to_do(url: str) -> None:
    with pytest.raises(PaymentsError) as raised:
        ALLOWED.require_allowed(url)

    assert raised.value.reason is Reason.RETURN_URL_NOT_ALLOWED
    assert raised.value.violations[0].field == "return_url"
