"""What a good caller does with its key: retry until the answer is final."""

import grpc

from tests.e2e.caller import Caller, RawReply, read_failure
from tests.e2e.marketplace import Call
from tests.e2e.waiting import until

AGAIN = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.ABORTED})
"""With these the service, or its absence, asks for the same call with the same key again."""


async def until_final(caller: Caller, call: Call) -> tuple[RawReply, list[str]]:
    """Make a call until there is a final answer, which must be a reply.

    Returns:
        The reply, and the reasons of the answers before it; the reason is empty where the connection broke.
    """
    replies: list[RawReply] = []
    reasons: list[str] = []

    async def answered() -> bool:
        try:
            replies.append(await caller.raw(call.method, call.request))
        except grpc.aio.AioRpcError as error:
            if error.code() not in AGAIN:
                raise
            reasons.append(read_failure(error).reason)
            return False
        return True

    await until(answered)
    return replies[0], reasons
