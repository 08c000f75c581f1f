"""`/v1/events`."""

from collections.abc import Callable

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import invalid, no_such_object
from stripe_sandbox.http.listing import list_page, list_params
from stripe_sandbox.http.params import Boolean, ListOf, Text
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.http.time_filter import Interval
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.event_log import Event

TYPES_MAX = 20
KEPT_S = 30 * 86_400
"""How long Stripe shows an event: https://docs.stripe.com/api/events."""


def _retrieve(call: Call) -> JsonObject:
    event = call.account.events.get(call.path["id"])
    if event is None or event.created < call.now - KEPT_S:
        raise no_such_object("event", call.path["id"], "id", in_path=True)
    return event.render()


def _list(call: Call) -> JsonObject:
    params = call.params
    if "type" in params and "types" in params:
        raise invalid("You may only specify one of these parameters: type, types.", param="type")
    if len(params.get("types", ())) > TYPES_MAX:
        raise invalid(f"You may pass at most {TYPES_MAX} types.", param="types")
    where: dict[str, str] = {}
    if "delivery_success" in params:
        where["delivery_success"] = "true" if params["delivery_success"] else "false"
    wanted = [params["type"]] if "type" in params else params.get("types")
    if wanted is not None and len(wanted) == 1 and "*" not in wanted[0]:
        where["type"] = wanted.pop()
    accepts = type_filter(wanted) if wanted else None
    given: Interval = params.get("created", Interval())
    params["created"] = Interval(max(given.first or 0, call.now - KEPT_S), given.last)
    events, shown = list_page(call, "/v1/events", call.account.events, where, accepts)
    shown["data"] = [event.render() for event in events]
    return shown


def type_filter(patterns: list[str]) -> Callable[[Event], bool]:
    """Accepts events of the given types; `charge.*` stands for all that begin so, `*` for all."""
    exact = frozenset(patterns)
    prefixes = tuple(pattern[:-1] for pattern in patterns if pattern.endswith("*"))
    return lambda event: event.kind in exact or event.kind.startswith(prefixes)


ENDPOINTS = (
    Endpoint(
        "GET",
        "/v1/events",
        _list,
        list_params({"type": Text(), "types": ListOf(Text()), "delivery_success": Boolean()}),
    ),
    Endpoint("GET", "/v1/events/{id}", _retrieve),
)
