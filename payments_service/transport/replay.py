"""Marks answers that were stored by an earlier call with the same idempotency key."""

from payments_service.domain.errors import PaymentsError
from payments_service.transport.call import Call


class replayable:  # noqa: N801 - used like a function; a generator would cost a microsecond more on each call
    """A context that marks the call when its error is a stored one."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def __enter__(self) -> None:
        """Nothing to begin."""

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, PaymentsError) and error.replayed:
            self._call.mark_replayed()
