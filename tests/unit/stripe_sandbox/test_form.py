"""Stripe's form encoding, as real clients write it."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe._encode import _api_encode

from stripe_sandbox.http.errors import StripeError
from stripe_sandbox.http.form import DEPTH_MAX, FIELDS_MAX, parse_form

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="[]"), min_size=1, max_size=8)
VALUES = st.text(st.characters(codec="utf-8"), max_size=12)
TREES = st.dictionaries(
    NAMES, st.recursive(VALUES, lambda inner: st.dictionaries(NAMES, inner, min_size=1), max_leaves=8)
)


def flat(tree: dict[str, object], prefix: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, value in tree.items():
        name = f"{prefix}[{key}]" if prefix else key
        pairs += flat(value, name) if isinstance(value, dict) else [(name, str(value))]
    return pairs


@given(TREES)
def test_whatever_is_nested_comes_back_as_it_was(tree: dict[str, object]) -> None:
    if len(flat(tree)) <= FIELDS_MAX and all(name.count("[") < DEPTH_MAX for name, _ in flat(tree)):
        assert parse_form(urlencode(flat(tree)).encode()) == tree


@given(st.binary(max_size=200))
def test_any_bytes_are_a_form_or_a_refusal_with_400(junk: bytes) -> None:
    refused = None
    try:
        form = parse_form(junk)
    except StripeError as error:
        form, refused = None, error
    assert isinstance(form, dict) if refused is None else (refused.status == 400 and refused.message)


def test_what_stripe_python_encodes_is_understood() -> None:
    params = {"amount": 100, "confirm": True, "metadata": {"a": "1"}, "expand": ["x", "y"], "created": {"gte": 5}}
    encoded = urlencode(list(_api_encode(params))).encode()
    assert parse_form(encoded) == {
        "amount": "100",
        "confirm": "true",
        "metadata": {"a": "1"},
        "expand": {"0": "x", "1": "y"},
        "created": {"gte": "5"},
    }


def test_empty_brackets_make_a_list() -> None:
    assert parse_form(b"expand[]=a&expand[]=b&items[][price]=p1&items[][price]=p2") == {
        "expand": ["a", "b"],
        "items": [{"price": "p1"}, {"price": "p2"}],
    }


@pytest.mark.parametrize(
    "body",
    [
        b"a=1&a[b]=2",
        b"a[b]=2&a=1",
        b"a[]=1&a[b]=2",
        b"a[b=1",
        b"[a]=1",
        b"a=%ff",
        "ä=1".encode(),
        b"a" + b"[b]" * 11 + b"=1",
    ],
)
def test_what_contradicts_itself_or_is_malformed_is_refused(body: bytes) -> None:
    with pytest.raises(StripeError) as refusal:
        parse_form(body)
    assert refusal.value.status == 400


def test_too_many_fields_are_refused() -> None:
    with pytest.raises(StripeError, match="more than 1000"):
        parse_form(b"&".join(b"a%d=1" % n for n in range(FIELDS_MAX + 1)))
