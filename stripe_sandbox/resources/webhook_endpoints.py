"""`/v1/webhook_endpoints`: who is told of events."""

from urllib.parse import urlsplit

from stripe_sandbox import API_VERSION
from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import invalid
from stripe_sandbox.http.listing import list_objects, list_params
from stripe_sandbox.http.params import Boolean, Choice, Field, ListOf, Metadata, Params, Text, merge_metadata
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.lookup import living_in_path
from stripe_sandbox.state.account import EndpointPrivate
from stripe_sandbox.state.scope import Scope


def add_endpoint(
    scope: Scope, url: str, *, secret: str | None = None, connect: bool = False, events: tuple[str, ...] = ("*",)
) -> JsonObject:
    """Records an endpoint; without a secret it gets a random one."""
    endpoint: JsonObject = {
        "id": scope.world.ids.new("we"),
        "object": "webhook_endpoint",
        "api_version": API_VERSION,
        "application": None,
        "created": scope.now,
        "description": None,
        "enabled_events": list(events),
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": url,
    }
    private = EndpointPrivate(secret=secret or scope.world.ids.secret("whsec"), connect=connect)
    scope.account.endpoint_private[endpoint["id"]] = private
    return scope.account.webhook_endpoints.add(endpoint)


def remove_endpoint(scope: Scope, endpoint: JsonObject) -> None:
    """Deletes an endpoint; the dispatcher gives up what still waits for it."""
    identifier = endpoint["id"]
    endpoint.clear()
    endpoint.update(id=identifier, object="webhook_endpoint", deleted=True)
    del scope.account.endpoint_private[identifier]


def _create(call: Call) -> JsonObject:
    params = call.params
    _check_url(params["url"])
    endpoint = add_endpoint(
        call, params["url"], connect=params.get("connect", False), events=tuple(params["enabled_events"])
    )
    endpoint["description"] = params.get("description")
    endpoint["metadata"] = merge_metadata({}, params.get("metadata"))
    return {**endpoint, "secret": call.account.endpoint_private[endpoint["id"]].secret}


def _retrieve(call: Call) -> JsonObject:
    return living_in_path(call, call.account.webhook_endpoints, "webhook_endpoint")


def _update(call: Call) -> JsonObject:
    endpoint, params = _retrieve(call), call.params
    if "url" in params:
        _check_url(params["url"])
    endpoint.update({name: params[name] for name in ("url", "enabled_events", "description") if name in params})
    if "metadata" in params:
        endpoint["metadata"] = merge_metadata(endpoint["metadata"], params["metadata"])
    if "disabled" in params:
        endpoint["status"] = "disabled" if params["disabled"] else "enabled"
    return endpoint


def _delete(call: Call) -> JsonObject:
    endpoint = _retrieve(call)
    remove_endpoint(call, endpoint)
    return endpoint


def _list(call: Call) -> JsonObject:
    return list_objects(
        call, "/v1/webhook_endpoints", call.account.webhook_endpoints, accepts=lambda item: "deleted" not in item
    )


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise invalid("Invalid URL: An explicit scheme (such as https) must be provided.", param="url")


_DESCRIPTIVE: dict[str, Field] = {"description": Text(unset=True), "metadata": Metadata()}

ENDPOINTS = (
    Endpoint(
        "POST",
        "/v1/webhook_endpoints",
        _create,
        Params(
            {
                "url": Text(),
                "enabled_events": ListOf(Text()),
                "connect": Boolean(),
                "api_version": Choice((API_VERSION,)),
                **_DESCRIPTIVE,
            },
            required=("enabled_events", "url"),
        ),
    ),
    Endpoint("GET", "/v1/webhook_endpoints", _list, list_params(created=False)),
    Endpoint("GET", "/v1/webhook_endpoints/{id}", _retrieve),
    Endpoint(
        "POST",
        "/v1/webhook_endpoints/{id}",
        _update,
        Params({"url": Text(), "enabled_events": ListOf(Text()), "disabled": Boolean(), **_DESCRIPTIVE}),
    ),
    Endpoint("DELETE", "/v1/webhook_endpoints/{id}", _delete),
)
