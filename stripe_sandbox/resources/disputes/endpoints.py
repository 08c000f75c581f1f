"""The endpoints of `/v1/disputes`."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import conflict
from stripe_sandbox.http.listing import list_objects, list_params
from stripe_sandbox.http.params import Boolean, Field, Metadata, Params, Text, merge_metadata
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.disputes.deciding import INQUIRIES, OPEN, close_inquiry, lose, submit_evidence
from stripe_sandbox.resources.disputes.shape import EVIDENCE
from stripe_sandbox.resources.lookup import named_in_path

_CHARS_MAX = 20_000
_EVIDENCE: dict[str, Field] = {name: Text(_CHARS_MAX, unset=True) for name in EVIDENCE}


def _retrieve(call: Call) -> JsonObject:
    return named_in_path(call, call.account.disputes)


def _update(call: Call) -> JsonObject:
    dispute, params = _retrieve(call), call.params
    evidence = params.get("evidence", {})
    submit = params.get("submit", "evidence" in params)
    if (evidence or submit) and dispute["status"] not in (*OPEN, *INQUIRIES):
        raise conflict(
            f"This dispute is already closed: it has a status of {dispute['status']}, and its evidence cannot be "
            "changed any more.",
            param="evidence",
        )
    metadata = merge_metadata(dispute["metadata"], params.get("metadata", {}))
    submit_evidence(call, dispute, evidence, metadata, submit=submit)
    return dispute


def _close(call: Call) -> JsonObject:
    dispute = _retrieve(call)
    if dispute["status"] in INQUIRIES:
        close_inquiry(call, dispute)
    elif dispute["status"] in OPEN:
        lose(call, dispute)
    else:
        raise conflict(f"This dispute is already closed: it has a status of {dispute['status']}.")
    return dispute


def _list(call: Call) -> JsonObject:
    return list_objects(call, "/v1/disputes", call.account.disputes, ("charge", "payment_intent"))


ENDPOINTS = (
    Endpoint("GET", "/v1/disputes", _list, list_params({"charge": Text(), "payment_intent": Text()})),
    Endpoint("GET", "/v1/disputes/{id}", _retrieve),
    Endpoint(
        "POST",
        "/v1/disputes/{id}",
        _update,
        Params({"evidence": Params(_EVIDENCE), "metadata": Metadata(), "submit": Boolean()}),
    ),
    Endpoint("POST", "/v1/disputes/{id}/close", _close),
)
