"""List endpoints: cursors, `has_more` and the list object."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import invalid, no_such_object
from stripe_sandbox.http.params import Field, Integer, Params, Text
from stripe_sandbox.http.search import parse_query
from stripe_sandbox.http.time_filter import TimeFilter
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.collection import Collection, Query, UnknownCursorError

Item = TypeVar("Item")

LIMIT_DEFAULT = 10
LIMIT_MAX = 100

_CURSORS: dict[str, Field] = {
    "limit": Integer(minimum=1, maximum=LIMIT_MAX),
    "starting_after": Text(),
    "ending_before": Text(),
}


def list_params(fields: Mapping[str, Field] | None = None, *, created: bool = True) -> Params:
    """The parameters of a list endpoint: cursors, the filter on `created` unless there is none, and `fields`."""
    times: dict[str, Field] = {"created": TimeFilter()} if created else {}
    return Params({**_CURSORS, **times, **(fields or {})})


SEARCH_PARAMS = Params(
    {"query": Text(), "limit": _CURSORS["limit"], "page": Text()},
    required=("query",),
)


def search_objects(call: Call, url: str, collection: Collection[JsonObject], fields: frozenset[str]) -> JsonObject:
    """The search result for a call's `query`, newest first; `next_page` is the id that the next page starts after.

    Raises:
        StripeError: 400, the query or the page is none.
    """
    matches = parse_query(call.params["query"], fields)
    query: Query[JsonObject] = Query(
        limit=call.params.get("limit", LIMIT_DEFAULT),
        accepts=lambda item: "deleted" not in item and matches(item),
        starting_after=call.params.get("page"),
    )
    try:
        page = collection.page(query)
    except UnknownCursorError as error:
        raise invalid(f"Invalid page: {error.cursor[:40]}", param="page") from error
    return {
        "object": "search_result",
        "data": page.items,
        "has_more": page.has_more,
        "next_page": page.items[-1]["id"] if page.has_more else None,
        "url": url,
    }


def list_page(
    call: Call,
    url: str,
    collection: Collection[Item],
    where: Mapping[str, str] | None = None,
    accepts: Callable[[Item], bool] | None = None,
) -> tuple[list[Item], JsonObject]:
    """The items of the page that the call asks for, and the list object around them with `data` still to be filled.

    Raises:
        StripeError: 400, both cursors are given or one names nothing.
    """
    params = call.params
    if "starting_after" in params and "ending_before" in params:
        message = "You may only specify one of these parameters: ending_before, starting_after."
        raise invalid(message, param="ending_before")
    query: Query[Item] = Query(
        limit=params.get("limit", LIMIT_DEFAULT),
        where=where or {},
        created=params.get("created"),
        accepts=accepts,
        starting_after=params.get("starting_after"),
        ending_before=params.get("ending_before"),
    )
    try:
        page = collection.page(query)
    except UnknownCursorError as error:
        raise no_such_object(error.kind, error.cursor, error.parameter) from error
    return page.items, {"object": "list", "data": [], "has_more": page.has_more, "url": url}


def list_objects(
    call: Call,
    url: str,
    collection: Collection[JsonObject],
    filters: tuple[str, ...] = (),
    accepts: Callable[[JsonObject], bool] | None = None,
) -> JsonObject:
    """The list object for a page of Stripe objects; `filters` are parameters that are also indexes."""
    where = {name: call.params[name] for name in filters if name in call.params}
    items, shown = list_page(call, url, collection, where, accepts)
    shown["data"] = items
    return shown
