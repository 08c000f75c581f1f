"""The endpoints of `/v1/radar/early_fraud_warnings` and `/v1/reviews`."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import conflict
from stripe_sandbox.http.listing import list_objects, list_params
from stripe_sandbox.http.params import Text
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.lookup import named_in_path
from stripe_sandbox.resources.radar.doubts import close_review

_WARNINGS = "/v1/radar/early_fraud_warnings"


def _retrieve_warning(call: Call) -> JsonObject:
    return named_in_path(call, call.account.fraud_warnings)


def _list_warnings(call: Call) -> JsonObject:
    return list_objects(call, _WARNINGS, call.account.fraud_warnings, ("charge", "payment_intent"))


def _retrieve_review(call: Call) -> JsonObject:
    return named_in_path(call, call.account.reviews)


def _list_reviews(call: Call) -> JsonObject:
    """Only the open ones, as at Stripe."""
    return list_objects(call, "/v1/reviews", call.account.reviews, accepts=lambda review: bool(review["open"]))


def _approve(call: Call) -> JsonObject:
    review = _retrieve_review(call)
    if not review["open"]:
        raise conflict(f"Review {review['id']} is already closed: {review['closed_reason']}.")
    close_review(call, review, "approved")
    return review


ENDPOINTS = (
    Endpoint("GET", _WARNINGS, _list_warnings, list_params({"charge": Text(), "payment_intent": Text()})),
    Endpoint("GET", f"{_WARNINGS}/{{id}}", _retrieve_warning),
    Endpoint("GET", "/v1/reviews", _list_reviews, list_params()),
    Endpoint("GET", "/v1/reviews/{id}", _retrieve_review),
    Endpoint("POST", "/v1/reviews/{id}/approve", _approve),
)
