"""`/v1/reporting/report_runs`: reports that take a moment: https://docs.stripe.com/api/reporting/report_run.

The sandbox tells how a run ends. The report's file has a name, but no contents: `url` leads to nothing.
"""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import conflict, invalid
from stripe_sandbox.http.listing import list_objects, list_params
from stripe_sandbox.http.params import Integer, ListOf, Params, Text
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.lookup import named_in_path
from stripe_sandbox.state.scope import Scope

TYPES = (
    "activity.itemized.2",
    "activity.summary.1",
    "balance.summary.1",
    "balance_change_from_activity.itemized.3",
    "balance_change_from_activity.summary.1",
    "connected_account_balance_change_from_activity.itemized.3",
    "ending_balance_reconciliation.itemized.4",
    "payout_reconciliation.itemized.5",
    "payout_reconciliation.summary.1",
    "payouts.itemized.3",
    "payouts.summary.1",
)
"""https://docs.stripe.com/reports/report-types."""

_RUN_FOR_S = 1.0
_FILE_FOR_S = 365 * 86_400
_PARAMETERS = Params(
    {
        "columns": ListOf(Text()),
        "connected_account": Text(),
        "currency": Text(3),
        "interval_end": Integer(0),
        "interval_start": Integer(0),
        "payout": Text(),
        "reporting_category": Text(),
        "timezone": Text(),
    }
)


def finish(scope: Scope, run: JsonObject) -> None:
    """The report is ready."""
    identifier = scope.world.ids.new("file")
    run.update(
        result={
            "id": identifier,
            "object": "file",
            "created": scope.now,
            "expires_at": scope.now + _FILE_FOR_S,
            "filename": f"{run['id']}.csv",
            "links": {"object": "list", "data": [], "has_more": False, "url": f"/v1/file_links?file={identifier}"},
            "purpose": "finance_report_run",
            "size": 0,
            "title": f"FinanceReportRun {run['id']}",
            "type": "csv",
            "url": f"https://files.stripe.com/v1/files/{identifier}/contents",
        },
        status="succeeded",
        succeeded_at=scope.now,
    )
    scope.emit("reporting.report_run.succeeded", run)


def fail(scope: Scope, run: JsonObject, error: str) -> None:
    """The report cannot be made.

    Raises:
        StripeError: 400, the run has come to its end already.
    """
    if run["status"] != "pending":
        raise conflict(f"The report run {run['id']} is {run['status']}.")
    run.update(error=error, status="failed")
    scope.emit("reporting.report_run.failed", run)


def _create(call: Call) -> JsonObject:
    params = call.params
    if params["report_type"] not in TYPES:
        raise invalid(f"No such report type: '{params['report_type'][:80]}'", param="report_type")
    given = params.get("parameters", {})
    if given.get("interval_start", 0) >= given.get("interval_end", call.now):
        raise invalid("interval_start must be before interval_end.", param="parameters[interval_start]")
    run = call.account.report_runs.add(
        {
            "id": call.world.ids.new("frr"),
            "object": "reporting.report_run",
            "created": call.now,
            "error": None,
            "livemode": False,
            "parameters": given,
            "report_type": params["report_type"],
            "result": None,
            "status": "pending",
            "succeeded_at": None,
        }
    )
    later = call.by_itself

    def due() -> None:
        if run["status"] == "pending":
            finish(later, run)

    call.world.scheduler.at(call.world.clock.now() + _RUN_FOR_S, due)
    return run


def _retrieve(call: Call) -> JsonObject:
    return named_in_path(call, call.account.report_runs, "report_run")


def _list(call: Call) -> JsonObject:
    return list_objects(call, "/v1/reporting/report_runs", call.account.report_runs)


ENDPOINTS = (
    Endpoint(
        "POST",
        "/v1/reporting/report_runs",
        _create,
        Params({"parameters": _PARAMETERS, "report_type": Text()}, required=("report_type",)),
    ),
    Endpoint("GET", "/v1/reporting/report_runs", _list, list_params()),
    Endpoint("GET", "/v1/reporting/report_runs/{id}", _retrieve),
)
