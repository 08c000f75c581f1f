"""`/v1/accounts/{id}/persons`: who is behind a company: https://docs.stripe.com/api/persons/object."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import no_such_object
from stripe_sandbox.http.listing import list_objects, list_params
from stripe_sandbox.http.params import Boolean, Integer, Params, Text
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.accounts.changes import blank_person, person_after
from stripe_sandbox.resources.accounts.naming import account_in_path
from stripe_sandbox.resources.accounts.params import PERSON
from stripe_sandbox.state.scope import Scope

_ROLES = ("authorizer", "director", "executive", "legal_guardian", "owner", "representative")
_RELATIONSHIP = Params(
    {**{role: Boolean() for role in _ROLES}, "percent_ownership": Integer(0, 100), "title": Text(unset=True)}
)
_FIELDS = PERSON.extended({"relationship": _RELATIONSHIP})


def _create(call: Call) -> JsonObject:
    there = account_in_path(call)
    blank = blank_person(there, there.account.profile, representative=False)
    person = there.account.persons.add(person_after(blank, call.params))
    there.emit("person.created", person)
    return person


def _retrieve(call: Call) -> JsonObject:
    return _named(call, account_in_path(call))


def _update(call: Call) -> JsonObject:
    there = account_in_path(call)
    person = _named(call, there)
    after = person_after(person, call.params)
    previous = {name: person.get(name) for name, value in after.items() if person.get(name) != value}
    person.update(after)
    if previous:
        there.emit("person.updated", person, previous)
    return person


def _delete(call: Call) -> JsonObject:
    there = account_in_path(call)
    person = _named(call, there)
    there.emit("person.deleted", person)
    identifier = person["id"]
    person.clear()
    person.update(id=identifier, object="person", deleted=True)
    return person


def _list(call: Call) -> JsonObject:
    there = account_in_path(call)
    wanted = call.params.get("relationship", {})

    def accepts(person: JsonObject) -> bool:
        return "deleted" not in person and all(person["relationship"][role] == value for role, value in wanted.items())

    return list_objects(call, f"/v1/accounts/{there.account.id}/persons", there.account.persons, (), accepts)


def _named(call: Call, there: Scope) -> JsonObject:
    person = there.account.persons.get(call.path["person"])
    if person is None or "deleted" in person:
        raise no_such_object("person", call.path["person"], "person", in_path=True)
    return person


ENDPOINTS = (
    Endpoint("POST", "/v1/accounts/{id}/persons", _create, _FIELDS),
    Endpoint(
        "GET",
        "/v1/accounts/{id}/persons",
        _list,
        list_params({"relationship": Params({role: Boolean() for role in _ROLES})}, created=False),
    ),
    Endpoint("GET", "/v1/accounts/{id}/persons/{person}", _retrieve),
    Endpoint("POST", "/v1/accounts/{id}/persons/{person}", _update, _FIELDS),
    Endpoint("DELETE", "/v1/accounts/{id}/persons/{person}", _delete),
)
