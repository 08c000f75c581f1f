"""Makes every exception an error that is safe to show. What is no answer of ours is a defect: logged, not told."""

import structlog

from payments_service.domain.errors import PaymentsError
from payments_service.transport.call import Call
from payments_service.transport.chain import Next
from payments_service.transport.status import internal_error

_log = structlog.get_logger()


async def map_errors(call: Call, request: bytes, following: Next) -> bytes:
    """Let answers pass, hide defects behind the request id.

    Raises:
        PaymentsError: the only kind of exception that leaves this step; cancellation passes through.
    """
    try:
        return await following(call, request)
    except PaymentsError:
        raise
    except Exception as error:  # noqa: BLE001 - gRPC would send the text of any exception to the caller
        _log.error("defect", method=call.method.full_name, exc_info=error)
        raise internal_error(call.request_id) from None
