"""Load shedding counts the calls in progress, and those that only wait are not."""

import pytest
from payments_api.v1 import event_service_pb2

from payments_service.domain.errors import PaymentsError, Reason
from payments_service.transport.call import Call
from payments_service.transport.interceptors.load_shed import LoadShed
from payments_service.transport.methods import methods_of

[PULL] = methods_of([event_service_pb2.DESCRIPTOR.services_by_name["EventService"]])


async def nothing(_call: Call, _request: bytes) -> bytes:
    return b"done"


async def test_a_call_that_rests_leaves_its_place_and_takes_it_again() -> None:
    shed = LoadShed(1)
    seen: list[int] = []

    async def handler(call: Call, _request: bytes) -> bytes:
        seen.append(shed.in_flight)
        with call.resting():
            seen.append(shed.in_flight)
            assert await shed(Call(PULL, {}, None), b"", nothing) == b"done"
        seen.append(shed.in_flight)
        with pytest.raises(PaymentsError) as refused:
            await shed(Call(PULL, {}, None), b"", nothing)
        assert refused.value.reason is Reason.OVERLOADED
        return b"waited"

    assert await shed(Call(PULL, {}, None), b"", handler) == b"waited"
    assert seen == [1, 0, 1]
    assert shed.in_flight == 0


async def test_one_that_fails_while_it_rests_leaves_nothing_behind() -> None:
    shed = LoadShed(1)

    async def handler(call: Call, _request: bytes) -> bytes:
        with call.resting():
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        await shed(Call(PULL, {}, None), b"", handler)
    assert shed.in_flight == 0


async def test_without_load_shedding_a_handler_may_rest_all_the_same() -> None:
    with Call(PULL, {}, None).resting():
        pass
