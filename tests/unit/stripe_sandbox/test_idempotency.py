"""The life of an idempotency key."""

import pytest

from stripe_sandbox.http.errors import StripeError
from stripe_sandbox.http.idempotency import Claim, IdempotencyKeys
from stripe_sandbox.http.reply import Reply

PATH = "/v1/customers"


def claim(
    keys: IdempotencyKeys,
    form: dict[str, str] | None = None,
    *,
    key: str = "k",
    path: str = PATH,
    now: int = 0,
    account: str = "acct_a",
) -> Claim:
    return keys.claim(account, key, path, dict(form or {}), now, "req_1")


def answered(keys: IdempotencyKeys, form: dict[str, str] | None = None) -> Reply:
    reply = Reply(200, b"{}")
    claim(keys, form).reply = reply
    return reply


def test_the_first_answer_is_given_again() -> None:
    keys = IdempotencyKeys(100)
    reply = answered(keys, {"a": "1", "b": "2"})
    assert claim(keys, {"b": "2", "a": "1"}).reply is reply


def test_while_the_first_is_under_way_the_second_conflicts() -> None:
    keys = IdempotencyKeys(100)
    claim(keys)
    with pytest.raises(StripeError) as refusal:
        claim(keys)
    assert (refusal.value.status, refusal.value.code) == (409, "idempotency_key_in_use")


@pytest.mark.parametrize(("form", "path"), [({"a": "2"}, PATH), ({"a": "1"}, "/v1/refunds")])
def test_another_request_with_the_key_is_refused(form: dict[str, str], path: str) -> None:
    keys = IdempotencyKeys(100)
    answered(keys, {"a": "1"})
    with pytest.raises(StripeError) as refusal:
        claim(keys, form, path=path)
    assert (refusal.value.status, refusal.value.kind) == (400, "idempotency_error")


def test_a_key_belongs_to_its_account() -> None:
    keys = IdempotencyKeys(100)
    answered(keys)
    assert claim(keys, account="acct_b").reply is None


def test_a_key_is_forgotten_after_its_time() -> None:
    keys = IdempotencyKeys(100)
    answered(keys)
    assert claim(keys, now=99).reply is not None
    assert claim(keys, now=100).reply is None


def test_a_released_key_is_free() -> None:
    keys = IdempotencyKeys(100)
    claim(keys, {"a": "1"})
    keys.release("acct_a", "k")
    assert claim(keys, {"a": "2"}).reply is None


def test_a_key_longer_than_255_characters_is_refused() -> None:
    with pytest.raises(StripeError, match="longer than 255"):
        claim(IdempotencyKeys(100), key="k" * 256)
