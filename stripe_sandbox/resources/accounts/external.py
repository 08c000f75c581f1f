"""`/v1/accounts/{id}/external_accounts`: the bank accounts that an account is paid out to."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import conflict, no_such_object
from stripe_sandbox.http.listing import list_objects, list_params
from stripe_sandbox.http.params import Boolean, Choice, Metadata, Params, Text, merge_metadata
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.accounts.bank_accounts import add_bank_account
from stripe_sandbox.resources.accounts.naming import account_in_path
from stripe_sandbox.resources.accounts.params import ExternalAccount
from stripe_sandbox.resources.accounts.requirements import requirements_before_onboarding
from stripe_sandbox.state.objects import objects_of
from stripe_sandbox.state.scope import Scope

_CREATE = Params(
    {"default_for_currency": Boolean(), "external_account": ExternalAccount(), "metadata": Metadata()},
    required=("external_account",),
)
_UPDATE = Params(
    {
        "account_holder_name": Text(unset=True),
        "account_holder_type": Choice(("company", "individual"), unset=True),
        "default_for_currency": Boolean(),
        "metadata": Metadata(),
    }
)


def _create(call: Call) -> JsonObject:
    there, params = account_in_path(call), call.params
    owned = _owned(there)
    profile = there.account.profile
    before = profile["external_accounts"]
    added = add_bank_account(there, profile, params["external_account"])
    added["metadata"] = merge_metadata({}, params.get("metadata", {}))
    others = [one for one in owned if one["currency"] == added["currency"]]
    added["default_for_currency"] = not others
    _put(there, [*owned, added])
    if others and params.get("default_for_currency", False):
        _make_default(there, added)
    there.emit("account.external_account.created", added)
    _tell_account(there, before)
    return added


def _retrieve(call: Call) -> JsonObject:
    return _named(call, account_in_path(call))


def _update(call: Call) -> JsonObject:
    there, params = account_in_path(call), call.params
    bank_account = _named(call, there)
    changes: JsonObject = {
        name: params[name] for name in ("account_holder_name", "account_holder_type") if name in params
    }
    if "metadata" in params:
        changes["metadata"] = merge_metadata(bank_account["metadata"], params["metadata"])
    before = {name: bank_account[name] for name in (*changes, "default_for_currency")}
    if params.get("default_for_currency", False):
        _make_default(there, bank_account)
    bank_account.update(changes)
    previous = {name: old for name, old in before.items() if bank_account[name] != old}
    if previous:
        there.emit("account.external_account.updated", bank_account, previous)
    return bank_account


def _delete(call: Call) -> JsonObject:
    there = account_in_path(call)
    bank_account = _named(call, there)
    if bank_account["default_for_currency"] and bank_account["currency"] == there.account.default_currency:
        raise conflict(
            "You cannot delete the default external account for your default currency. Please make another external "
            "account the default using the `default_for_currency` param, and then delete this one.",
        )
    before = there.account.profile["external_accounts"]
    _put(there, [one for one in _owned(there) if one is not bank_account])
    there.emit("account.external_account.deleted", bank_account)
    _tell_account(there, before)
    return {
        "id": bank_account["id"],
        "object": "bank_account",
        "currency": bank_account["currency"],
        "deleted": True,
    }


def _list(call: Call) -> JsonObject:
    there = account_in_path(call)
    bank_accounts = objects_of("bank_account")
    for one in reversed(_owned(there)):
        bank_accounts.add(one)
    kind = call.params.get("object", "bank_account")
    url = f"/v1/accounts/{there.account.id}/external_accounts"
    return list_objects(call, url, bank_accounts, (), lambda one: bool(one["object"] == kind))


def _owned(there: Scope) -> list[JsonObject]:
    owned: list[JsonObject] = there.account.profile["external_accounts"]["data"]
    return owned


def _put(there: Scope, owned: list[JsonObject]) -> None:
    profile = there.account.profile
    profile["external_accounts"] = {**profile["external_accounts"], "data": owned}
    if not profile["details_submitted"]:
        profile["requirements"] = requirements_before_onboarding(profile)


def _make_default(there: Scope, bank_account: JsonObject) -> None:
    for other in _owned(there):
        if other["currency"] == bank_account["currency"]:
            other["default_for_currency"] = other is bank_account


def _tell_account(there: Scope, before: JsonObject) -> None:
    there.emit("account.updated", there.account.profile, {"external_accounts": before})


def _named(call: Call, there: Scope) -> JsonObject:
    identifier = call.path["external_account"]
    for one in _owned(there):
        if one["id"] == identifier:
            return one
    raise no_such_object("external account", identifier, "id", in_path=True)


ENDPOINTS = (
    Endpoint("POST", "/v1/accounts/{id}/external_accounts", _create, _CREATE),
    Endpoint(
        "GET",
        "/v1/accounts/{id}/external_accounts",
        _list,
        list_params({"object": Choice(("bank_account", "card"))}, created=False),
    ),
    Endpoint("GET", "/v1/accounts/{id}/external_accounts/{external_account}", _retrieve),
    Endpoint("POST", "/v1/accounts/{id}/external_accounts/{external_account}", _update, _UPDATE),
    Endpoint("DELETE", "/v1/accounts/{id}/external_accounts/{external_account}", _delete),
)
