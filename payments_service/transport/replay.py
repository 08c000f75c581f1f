"""Marks answers that were stored by an earlier call with the same idempotency key."""

from collections.abc import Iterator
from contextlib import contextmanager

from payments_service.domain.errors import PaymentsError
from payments_service.transport.call import Call


@contextmanager
def replayable(call: Call) -> Iterator[None]:
    """Mark the call when its error is a stored one."""
    try:
        yield
    except PaymentsError as error:
        if error.replayed:
            call.mark_replayed()
        raise
