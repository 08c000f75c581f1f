"""Which of its rules a request breaks, in the words that a caller gets."""

from google.protobuf.message import Message
from protovalidate import Validator

from payments_service.domain.errors import PaymentsError
from payments_service.transport.violations import request_invalid

VALIDATOR = Validator()


def complaint(request: Message) -> PaymentsError:
    """The error for a request that breaks rules."""
    return request_invalid(request, VALIDATOR.collect_violations(request))


def violations(request: Message) -> dict[str, str]:
    """What is wrong, by field."""
    return {violation.field: violation.description for violation in complaint(request).violations}
