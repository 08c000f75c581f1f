"""The endpoints of `/v1/credit_notes`."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.listing import list_objects, list_params
from stripe_sandbox.http.params import Text, merge_metadata
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.credit_notes.issuing import issue, void
from stripe_sandbox.resources.credit_notes.shape import CREATE, UPDATE, new_note
from stripe_sandbox.resources.lookup import named_by_parameter, named_in_path
from stripe_sandbox.state.objects import objects_of


def _create(call: Call) -> JsonObject:
    billing = call.account.billing
    invoice = named_by_parameter(billing.invoices, call.params["invoice"], "invoice")
    number = len(billing.credit_notes.matching("invoice", invoice["id"])) + 1
    note = new_note(call, invoice, call.params, number)
    issue(call, invoice, note, call.params)
    return note


def _retrieve(call: Call) -> JsonObject:
    return named_in_path(call, call.account.billing.credit_notes)


def _update(call: Call) -> JsonObject:
    note, params = _retrieve(call), call.params
    changes = {name: params[name] for name in ("memo",) if name in params}
    if "metadata" in params:
        changes["metadata"] = merge_metadata(note["metadata"], params["metadata"])
    previous = {name: note[name] for name, value in changes.items() if note[name] != value}
    note.update(changes)
    if previous:
        call.emit("credit_note.updated", note, previous)
    return note


def _void(call: Call) -> JsonObject:
    note = _retrieve(call)
    invoice = named_by_parameter(call.account.billing.invoices, note["invoice"], "invoice")
    void(call, invoice, note)
    return note


def _lines(call: Call) -> JsonObject:
    note = _retrieve(call)
    lines = objects_of("credit_note_line_item")
    for line in reversed(note["lines"]["data"]):
        lines.add(line)
    return list_objects(call, note["lines"]["url"], lines)


def _list(call: Call) -> JsonObject:
    return list_objects(call, "/v1/credit_notes", call.account.billing.credit_notes, ("customer", "invoice"))


ENDPOINTS = (
    Endpoint("POST", "/v1/credit_notes", _create, CREATE),
    Endpoint("GET", "/v1/credit_notes", _list, list_params({"customer": Text(), "invoice": Text()})),
    Endpoint("GET", "/v1/credit_notes/{id}", _retrieve),
    Endpoint("POST", "/v1/credit_notes/{id}", _update, UPDATE),
    Endpoint("GET", "/v1/credit_notes/{id}/lines", _lines, list_params(created=False)),
    Endpoint("POST", "/v1/credit_notes/{id}/void", _void),
)
