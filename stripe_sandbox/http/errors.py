"""Stripe's errors: an exception that becomes Stripe's error body.

Shapes and codes follow https://docs.stripe.com/api/errors and https://docs.stripe.com/error-codes.
"""

from stripe_sandbox.json_types import JsonObject

_DOC = "https://stripe.com/docs/error-codes/"


class StripeError(Exception):
    """What a request is answered with when it does not succeed.

    Attributes:
        status: HTTP status.
        executed: Whether the endpoint had begun to run. Only such answers are kept for an idempotency key
            (https://docs.stripe.com/api/idempotent_requests).
        headers: Further response headers.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        executed: bool = True,
        extra: JsonObject | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message
        self.code = code
        self.param = param
        self.executed = executed
        self.extra = extra or {}
        self.headers = headers or {}

    def body(self) -> JsonObject:
        """The JSON body as Stripe writes it."""
        error: JsonObject = {}
        if self.code is not None:
            error["code"] = self.code
            error["doc_url"] = _DOC + self.code.replace("_", "-")
        error["message"] = self.message
        if self.param is not None:
            error["param"] = self.param
        error["type"] = self.kind
        error.update(self.extra)
        return {"error": error}


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> StripeError:
    """A parameter that is refused before anything runs (400)."""
    return StripeError(400, "invalid_request_error", message, param=param, code=code, executed=False)


def unknown_parameters(names: list[str]) -> StripeError:
    """Parameters that the endpoint does not have (400 `parameter_unknown`)."""
    plural = "s" if len(names) > 1 else ""
    return invalid(f"Received unknown parameter{plural}: {', '.join(names)}", param=names[0], code="parameter_unknown")


def missing_parameter(name: str) -> StripeError:
    """A required parameter that is not there (400 `parameter_missing`)."""
    return invalid(f"Missing required param: {name}.", param=name, code="parameter_missing")


def no_such_object(kind: str, identifier: str, param: str, *, in_path: bool = False) -> StripeError:
    """An object that does not exist in this account (404 when the path names it, 400 when a parameter does)."""
    status = 404 if in_path else 400
    message = f"No such {kind}: '{identifier}'"
    return StripeError(status, "invalid_request_error", message, code="resource_missing", param=param)


def no_access_to_account(identifier: str, key: str = "The provided key", *, executed: bool = True) -> StripeError:
    """An account that does not exist or is not connected to this platform (403); `key` begins the message."""
    return StripeError(
        403,
        "invalid_request_error",
        f"{key} does not have access to account '{identifier[:80]}' (or that account does not exist). Application "
        "access may have been revoked.",
        code="account_invalid",
        executed=executed,
    )


def conflict(
    message: str, *, code: str | None = None, extra: JsonObject | None = None, param: str | None = None
) -> StripeError:
    """An object whose state does not allow what was asked (400)."""
    return StripeError(400, "invalid_request_error", message, code=code, extra=extra, param=param)


def unrecognized_url(method: str, path: str) -> StripeError:
    """A path that Stripe, or the sandbox, does not have (404)."""
    message = (
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at "
        "https://support.stripe.com/."
    )
    return StripeError(404, "invalid_request_error", message, executed=False)


def server_error(*, executed: bool) -> StripeError:
    """Stripe's own failure (500)."""
    message = "An unknown error occurred"
    return StripeError(500, "api_error", message, executed=executed)
