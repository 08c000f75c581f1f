"""Stripe's search language (https://docs.stripe.com/search#search-query-language), as far as objects here have fields.

`status:'succeeded' AND metadata['order']:'7' AND amount>1000`; `-` before a clause negates it, `~` looks for a part of
a text, and either AND or OR joins the clauses, not both.
"""

import operator
import re
from collections.abc import Callable

from stripe_sandbox.http.errors import StripeError, invalid
from stripe_sandbox.json_types import JsonObject

_CLAUSE = re.compile(
    r"""\s*(?P<negated>-?)(?P<field>[a-z_]+)(?:\[(?P<quote>["'])(?P<key>.*?)(?P=quote)\])?\s*(?P<operator>:|~|>=|<=|>|<)\s*
        (?:(?P<value_quote>["'])(?P<text>(?:\\.|(?!(?P=value_quote)).)*)(?P=value_quote)|(?P<bare>null|-?\d{1,18}))\s*""",
    re.VERBOSE,
)
_JOIN = re.compile(r"(AND|OR)\b|(?=-?[a-z])", re.IGNORECASE)
_COMPARE: dict[str, Callable[[int, int], bool]] = {
    ":": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_CLAUSES_MAX = 10
Condition = Callable[[JsonObject], bool]


def parse_query(query: str, fields: frozenset[str]) -> Condition:
    """The condition that a query stands for; only the named fields and `metadata` can be asked about.

    Raises:
        StripeError: 400, the query is no query.
    """
    clauses: list[Condition] = []
    joins: set[str] = set()
    position = 0
    while True:
        match = _CLAUSE.match(query, position)
        if match is None or len(clauses) == _CLAUSES_MAX:
            raise _malformed(query)
        clauses.append(_condition(match, fields, query))
        position = match.end()
        if position == len(query):
            break
        join = _JOIN.match(query, position)
        if join is None:
            raise _malformed(query)
        joins.add((join[1] or "AND").upper())
        position = join.end()
    if len(joins) > 1:
        raise invalid("The query cannot mix AND with OR.", param="query")
    if joins == {"OR"}:
        return lambda item: any(clause(item) for clause in clauses)
    return lambda item: all(clause(item) for clause in clauses)


def _condition(match: "re.Match[str]", fields: frozenset[str], query: str) -> Condition:
    name, key, sign = match["field"], match["key"], match["operator"]
    if (key is None) == (name == "metadata") or (name != "metadata" and name not in fields):
        raise invalid(f"Field `{name}` is an unsupported search field for this resource.", param="query")
    found: Callable[[JsonObject], object] = (
        (lambda item: item[name]) if key is None else (lambda item: item["metadata"].get(key))
    )
    holds = _comparison(found, sign, match["text"], match["bare"], query)
    return (lambda item: not holds(item)) if match["negated"] else holds


def _comparison(
    found: Callable[[JsonObject], object], sign: str, text: str | None, bare: str | None, query: str
) -> Condition:
    if bare == "null":
        if sign != ":":
            raise _malformed(query)
        return lambda item: found(item) is None
    wanted = re.sub(r"\\(.)", r"\1", text) if text is not None else str(bare)
    if sign == "~":
        return lambda item: wanted.lower() in str(found(item) or "").lower()
    if re.fullmatch(r"-?\d{1,18}", wanted):
        number, compare = int(wanted), _COMPARE[sign]

        def by_number(item: JsonObject) -> bool:
            value = found(item)
            return compare(value, number) if isinstance(value, int) else sign == ":" and value == wanted

        return by_number
    if sign != ":":
        raise _malformed(query)
    return lambda item: str(found(item) or "").lower() == wanted.lower()


def _malformed(query: str) -> StripeError:
    return invalid(
        f"We were unable to parse your search query: {query[:200]}. See https://docs.stripe.com/search.", param="query"
    )
