"""Stripe's search language."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripe_sandbox.http.errors import StripeError
from stripe_sandbox.http.search import parse_query

FIELDS = frozenset({"status", "amount", "customer"})
ITEM: dict[str, Any] = {
    "status": "succeeded",
    "amount": 1_000,
    "customer": None,
    "metadata": {"order": "7", "it's": 'a "b"', "n": "12"},
}


@pytest.mark.parametrize(
    ("query", "matches"),
    [
        ("status:'succeeded'", True),
        ('status:"SUCCEEDED"', True),
        ("-status:'succeeded'", False),
        ("status~'ceed'", True),
        ("amount:1000", True),
        ("amount>999 AND amount<=1000", True),
        ("amount>1000", False),
        ("amount>1000 OR status:'succeeded'", True),
        ("amount>1000 and status:'succeeded'", False),
        ("status:'succeeded' amount<1000", False),
        ("customer:null", True),
        ("-customer:null", False),
        ("metadata['order']:'7'", True),
        ("metadata['order']:'8'", False),
        ("metadata['none']:null", True),
        ("""metadata["it's"]:'a "b"'""", True),
        (r"""metadata["it's"]:"a \"b\"" """, True),
        ("metadata['n']:'12'", True),
    ],
)
def test_a_query_selects(query: str, matches: bool) -> None:
    assert parse_query(query, FIELDS)(ITEM) == matches


@pytest.mark.parametrize(
    "query",
    ["", "status", "status:", "status:succeeded", "status>'a'", "status>null", "colour:'red'", "metadata:'x'",
     "status['x']:'y'", "status:'a' AND", "status:'a' AND amount>1 OR amount<5", "status:'a'; drop"],
)  # fmt: skip
def test_what_is_no_query_is_refused(query: str) -> None:
    with pytest.raises(StripeError) as refusal:
        parse_query(query, FIELDS)
    assert (refusal.value.status, refusal.value.param) == (400, "query")


@given(st.text(alphabet="ab status:'\"-<>=~ANDORmetadata[]0123456789\\ ", max_size=60))
def test_any_text_is_a_query_or_a_refusal(text: str) -> None:
    status = 200
    try:
        parse_query(text, FIELDS)(ITEM)
    except StripeError as error:
        status = error.status
    assert status in {200, 400}
