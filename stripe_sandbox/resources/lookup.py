"""Finding the object that a path or a parameter names, with Stripe's answer when there is none."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import no_such_object
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.objects import Objects


def named_in_path(call: Call, objects: Objects, param: str = "id") -> JsonObject:
    """The object whose id is `{id}` in the path.

    Raises:
        StripeError: 404 `resource_missing`.
    """
    identifier = call.path["id"]
    found = objects.get(identifier)
    if found is None:
        raise no_such_object(objects.kind, identifier, param, in_path=True)
    return found


def part_in_path(call: Call, parts: Objects, name: str, owner: str) -> JsonObject:
    """The object whose id is `{name}` in the path and whose field `owner` is the `{id}` there.

    Raises:
        StripeError: 404 `resource_missing`.
    """
    identifier = call.path[name]
    found = parts.get(identifier)
    if found is None or found[owner] != call.path["id"]:
        raise no_such_object(parts.kind, identifier, name, in_path=True)
    return found


def living_in_path(call: Call, objects: Objects, param: str = "id") -> JsonObject:
    """The object whose id is `{id}` in the path, unless it has been deleted.

    Raises:
        StripeError: 404 `resource_missing`.
    """
    found = named_in_path(call, objects, param)
    if found.get("deleted"):
        raise no_such_object(objects.kind, found["id"], param, in_path=True)
    return found


def named_by_parameter(objects: Objects, identifier: str, param: str) -> JsonObject:
    """The object that a parameter names.

    Raises:
        StripeError: 400 `resource_missing`.
    """
    found = objects.get(identifier)
    if found is None or found.get("deleted"):
        raise no_such_object(objects.kind, identifier, param)
    return found
