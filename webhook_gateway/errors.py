"""What a delivery or a start can fail with.

A `Refusal` knows its own answer, so that the endpoint maps nothing: status, code, the label that metrics and logs count
it under, and a message for whoever reads Stripe's delivery attempts. Codes and statuses are those of the API contract.
"""

from typing import ClassVar


class ConfigurationError(Exception):
    """A setting is bad or missing. The message is one line that starts with the variable's name."""


class Refusal(Exception):  # noqa: N818 - an answer to the caller; most are no error of this process
    """A delivery that is not acknowledged, with the answer that it gets.

    Attributes:
        status: HTTP status of the answer.
        code: Stable name of the reason, for programs.
        outcome: Label in metrics and logs.
        closes: Whether the connection cannot be used again, because part of the request was never read.
    """

    status: ClassVar[int]
    code: ClassVar[str]
    outcome: ClassVar[str]
    closes: ClassVar[bool] = False


class BodyTooLargeError(Refusal):
    """The body is longer than `GATEWAY_BODY_BYTES_MAX`."""

    status = 413
    code = "webhook_too_large"
    outcome = "too_large"
    closes = True


class BodyEncodedError(Refusal):
    """The body is compressed: Stripe never does that, and a small body could unfold into a large one."""

    status = 415
    code = "webhook_malformed"
    outcome = "encoded"
    closes = True


class BodySlowError(Refusal):
    """The body did not arrive within `GATEWAY_BODY_TIMEOUT_MS`."""

    status = 408
    code = "webhook_timeout"
    outcome = "slow"
    closes = True


class BodyAbortedError(Refusal):
    """The client went away before its body was complete; nobody reads the answer."""

    status = 400
    code = "webhook_malformed"
    outcome = "aborted"
    closes = True


class SignatureInvalidError(Refusal):
    """No signature in the header is of this body and one of the endpoint's secrets."""

    status = 401
    code = "webhook_signature_invalid"
    outcome = "signature_invalid"


class SignatureStaleError(SignatureInvalidError):
    """The signature is genuine, but of another time: a replay, or a clock that is wrong."""

    outcome = "signature_stale"


class BodyMalformedError(Refusal):
    """The signed body is no JSON."""

    status = 400
    code = "webhook_malformed"
    outcome = "malformed"


class NotRecordedError(Refusal):
    """The payments service did not confirm that the event is durable, so Stripe has to send it again."""

    status = 503
    code = "webhook_processing_error"
    outcome = "not_recorded"

    def __init__(self, reason: str, detail: str = "") -> None:
        """Keeps what happened for the log; the caller only learns that it must come again.

        Args:
            reason: Name of the gRPC status code, or `CANCELLED` when this process is being stopped.
            detail: What the payments service or gRPC said.
        """
        super().__init__("the event could not be made durable; send it again")
        self.reason = reason
        self.detail = detail


REFUSALS: tuple[type[Refusal], ...] = (
    BodyTooLargeError,
    BodyEncodedError,
    BodySlowError,
    BodyAbortedError,
    SignatureInvalidError,
    SignatureStaleError,
    BodyMalformedError,
    NotRecordedError,
)
"""Every way in which a delivery can be refused."""
