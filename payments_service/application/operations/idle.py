"""One operation at a time about one object, where a second one could undo what the first is about to show."""

from uuid import UUID

from payments_service.application.ports import UnitOfWork
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.ids import Prefix, format_id

RETRY_MS = 2_000


async def require_idle(unit: UnitOfWork, object_id: UUID) -> None:
    """Refuse to begin while another operation about the object has no known outcome.

    Args:
        unit: the transaction, which holds the object's lock, so that no other operation begins meanwhile.
        object_id: id of the object.

    Raises:
        PaymentsError: OPERATION_IN_PROGRESS with the operation in its metadata.
    """
    active = await unit.operations.active_on(object_id)
    if active is not None:
        operation_id = format_id(Prefix.OPERATION, active)
        raise PaymentsError(
            Reason.OPERATION_IN_PROGRESS,
            f"operation {operation_id} on the same object has no known outcome yet: wait for it, then look again",
            metadata={"operation_id": operation_id},
            retry_after_ms=RETRY_MS,
        )
