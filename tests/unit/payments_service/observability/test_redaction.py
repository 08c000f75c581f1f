"""Secrets and card numbers do not get through; what only looks like them does."""

import pytest

from payments_service.observability.redaction import LENGTH_MAX, scrub, scrub_fields

SECRETS = [
    "sk_live_51Habcdefghijklmnop",
    "rk_test_51Habcdefghijklmnop",
    "whsec_abcdefghijklmnop",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzaG9wIn0.c2lnbmF0dXJl",
    "Bearer abcdefghijklmnop",
    "4242424242424242",
    "4242 4242 4242 4242",
    "5555-5555-5555-4444",
    "378282246310005",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("text", ["{}", "refused: {}, try again", "key={}", "pay_1 {}\nsecond line"])
def test_a_secret_in_text_is_taken_out(secret: str, text: str) -> None:
    scrubbed = scrub(text.format(secret))
    assert "[redacted]" in scrubbed
    assert secret not in scrubbed
    assert "abcdefghijklmnop" not in scrubbed
    assert scrubbed.startswith(text.partition("{")[0])


def test_a_client_secret_keeps_the_id_it_belongs_to() -> None:
    assert scrub("pi_123_secret_456abc refused") == "pi_123_secret_[redacted] refused"


def test_the_password_in_a_url_is_taken_out() -> None:
    assert scrub("postgresql://app:hunter22@db:5432/payments") == "postgresql://app:[redacted]@db:5432/payments"


def test_a_private_key_is_taken_out_to_its_end() -> None:
    text = "read -----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY----- from file"
    assert scrub(text) == "read -----BEGIN RSA PRIVATE KEY-----[redacted] from file"


@pytest.mark.parametrize(
    "harmless",
    [
        "4242424242424241",  # fails the check digit
        "1700000000000",  # a time in milliseconds
        "pay_01h455vb4pex5vsknk084sn02q",
        "0af7651916cd43dd8448eb211c80319c",
        "amount_minor 2500000000000",
        "pi_3MtwBwLkdIwHu7ix28a3tqPa",
        "https://shop.example/return",
    ],
)
def test_harmless_text_stays_as_it_is(harmless: str) -> None:
    assert scrub(harmless) == harmless


def test_endless_text_is_cut() -> None:
    assert len(scrub("x" * 1_000_000)) == LENGTH_MAX + 1


def test_values_of_secret_keys_go_whatever_they_are() -> None:
    fields = {
        "Authorization": "anything",
        "client_secret": "anything",
        "stripe_api_key": ["anything"],
        "page_token": "anything",
        "card_number": 4242,
        "body": b"anything",
    }
    scrubbed = scrub_fields({key: value for key, value in fields.items() if not isinstance(value, int)})
    assert set(scrubbed.values()) == {"[redacted]"}
    assert "anything" not in str(scrubbed)


def test_values_inside_values_are_scrubbed_too() -> None:
    scrubbed = scrub_fields({"request": {"token": "t", "list": ["4242424242424242", 7], "bytes": b"abc"}})
    assert scrubbed == {"request": {"token": "[redacted]", "list": ["[redacted]", 7], "bytes": "[3 bytes]"}}


def test_endless_nesting_ends() -> None:
    nested: dict[str, object] = {}
    nested["self"] = nested
    assert "[nested too deeply]" in str(scrub_fields({"value": nested}))
