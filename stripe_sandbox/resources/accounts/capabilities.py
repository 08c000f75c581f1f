"""`/v1/accounts/{id}/capabilities`: what an account may do, and asking for more."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import no_such_object
from stripe_sandbox.http.params import Boolean, Params
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.accounts.changes import apply_changes
from stripe_sandbox.resources.accounts.naming import account_in_path
from stripe_sandbox.resources.accounts.onboarding import capability, tell_capabilities
from stripe_sandbox.resources.accounts.params import CAPABILITIES


def _list(call: Call) -> JsonObject:
    there = account_in_path(call)
    shown = [capability(there, name) for name in sorted(there.account.profile["capabilities"])]
    url = f"/v1/accounts/{there.account.id}/capabilities"
    return {"object": "list", "data": shown, "has_more": False, "url": url}


def _retrieve(call: Call) -> JsonObject:
    return capability(account_in_path(call), _name(call))


def _update(call: Call) -> JsonObject:
    there, name = account_in_path(call), _name(call)
    profile = there.account.profile
    before = {field: profile[field] for field in ("capabilities", "requirements")}
    if "requested" in call.params:
        apply_changes(there, profile, {"capabilities": {name: {"requested": call.params["requested"]}}})
    tell_capabilities(there, before["capabilities"])
    previous = {field: old for field, old in before.items() if profile[field] != old}
    if previous:
        there.emit("account.updated", profile, previous)
    return capability(there, name)


def _name(call: Call) -> str:
    name = call.path["capability"]
    if name not in CAPABILITIES:
        raise no_such_object("capability", name, "capability", in_path=True)
    return name


ENDPOINTS = (
    Endpoint("GET", "/v1/accounts/{id}/capabilities", _list),
    Endpoint("GET", "/v1/accounts/{id}/capabilities/{capability}", _retrieve),
    Endpoint("POST", "/v1/accounts/{id}/capabilities/{capability}", _update, Params({"requested": Boolean()})),
)
