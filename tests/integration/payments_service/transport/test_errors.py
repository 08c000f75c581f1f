"""What callers receive when a call fails, and what the logs keep."""

import asyncio

import grpc
import pytest
from google.protobuf.message import Message
from payments_api.v1 import ledger_service_pb2, money_pb2, payment_service_pb2

from payments_service.domain.errors import FieldViolation, PaymentsError, Reason
from payments_service.transport.call import Call
from tests.integration.payments_service.transport.harness import (
    CREATE_PAYMENT,
    GET_BALANCE,
    Answer,
    good_payment,
    raw_method,
    serving,
    until,
)

CANARIES = ("sk_live_51Habcdefghijklmnop", "4242424242424242", "hunter2hunter2")


def raising(error: BaseException) -> dict[str, Answer]:
    async def answer(*_: object) -> Message:
        raise error

    return {GET_BALANCE.full_name: answer}


@pytest.mark.parametrize("reason", Reason, ids=lambda reason: reason.name)
async def test_each_reason_arrives_with_its_code(reason: Reason) -> None:
    error = PaymentsError(reason, "what was wrong: what to do", metadata={"fact": "value"}, retry_after_ms=1_500)
    async with serving(raising(error)) as running:
        failed = await running.failure(metadata=[("x-request-id", "request-7")])
    assert failed.code is grpc.StatusCode[reason.code.name]
    assert (failed.reason, failed.message) == (reason.name, "what was wrong: what to do")
    assert failed.metadata == {"fact": "value", "request_id": "request-7"}
    assert failed.retry_after_ms == 1_500
    assert failed.trailing["x-request-id"] == "request-7"


async def test_violations_of_a_use_case_arrive_as_a_bad_request() -> None:
    violations = [FieldViolation("amount", "too large"), FieldViolation("", "both at once")]
    async with serving(raising(PaymentsError(Reason.REQUEST_INVALID, "no", violations=violations))) as running:
        failed = await running.failure()
    assert failed.violations == {"amount": "too large", "": "both at once"}
    assert failed.retry_after_ms is None


async def test_every_violation_of_a_request_arrives_at_once() -> None:
    request = payment_service_pb2.CreatePaymentRequest(
        amount=money_pb2.Money(amount_minor=-5, currency_code="x"), metadata={"payments_x": "1"}
    )
    async with serving() as running:
        failed = await running.failure(CREATE_PAYMENT, request)
    assert (failed.code, failed.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_INVALID")
    assert set(failed.violations) == {
        "idempotency_key",
        "amount",
        "amount.currency_code",
        'metadata["payments_x"]',
    }


async def test_a_defect_shows_the_request_id_only_and_is_logged_with_its_traceback() -> None:
    async with serving(raising(ValueError(f"password=x {' '.join(CANARIES)}"))) as running:
        failed = await running.failure(metadata=[("x-request-id", "request-8")])
        logs = running.logs.getvalue().decode()
        [defect] = running.log_lines("defect")
    assert (failed.code, failed.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert failed.message == "internal error: report request id request-8"
    assert failed.metadata == {"request_id": "request-8"}
    assert "ValueError" in defect["exception"]
    assert defect["request_id"] == "request-8"
    assert all(canary not in logs for canary in CANARIES[:2])


async def test_a_reply_of_the_wrong_kind_is_a_defect() -> None:
    async def answer(*_: object) -> Message:
        return ledger_service_pb2.ListEntriesResponse()

    async with serving({GET_BALANCE.full_name: answer}) as running:
        failed = await running.failure()
    assert failed.reason == "INTERNAL"


async def test_a_timeout_inside_a_handler_is_a_defect_and_not_the_caller_s_deadline() -> None:
    async with serving(raising(TimeoutError("a query"))) as running:
        assert (await running.failure()).reason == "INTERNAL"


@pytest.mark.parametrize("raw", [b"\xff\xff\xff", b"\x12\x02\xff\xfe"], ids=["no protobuf", "no UTF-8"])
async def test_undecodable_bytes_are_an_invalid_request(raw: bytes) -> None:
    async with serving() as running:
        failed = await running.failure(GET_BALANCE, raw)
    assert (failed.code, failed.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_INVALID")
    assert "payments_api.v1.GetBalanceRequest" in failed.message


async def test_a_message_over_the_limit_is_refused_and_one_below_is_not() -> None:
    async with serving(grpc_message_bytes_max=2_048) as running:
        with pytest.raises(grpc.aio.AioRpcError, match="larger than max") as refused:
            await running.call(GET_BALANCE, b"\0" * 2_049)
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        allowed = await running.failure(GET_BALANCE, b"\0" * 2_048)
    assert allowed.reason == "REQUEST_INVALID"


async def test_an_unknown_method_is_unimplemented() -> None:
    async with serving() as running:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await raw_method(running.channel, "/payments_api.v1.LedgerService/Nothing")(b"")
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_the_access_log_tells_of_every_call_and_holds_nothing_secret() -> None:
    request = good_payment()
    request.description = CANARIES[2]
    request.metadata["note"] = CANARIES[1]

    async def answer(_: object, call: Call) -> Message:
        call.mark_replayed()
        return payment_service_pb2.CreatePaymentResponse(client_secret=f"pi_1_secret_{CANARIES[2]}")

    async with serving({CREATE_PAYMENT.full_name: answer}) as running:
        token = running.token(subject="shop")
        trace = "0af7651916cd43dd8448eb211c80319c"
        call = running.call(
            CREATE_PAYMENT,
            request,
            token=token,
            metadata=[("traceparent", f"00-{trace}-b7ad6b7169203331-01"), ("x-request-id", "request-9")],
        )
        await call
        trailing = dict(await call.trailing_metadata() or ())
        await running.failure(token="not a token")
        succeeded, refused = running.log_lines()
        logs = running.logs.getvalue().decode()
    assert trailing == {"x-request-id": "request-9", "idempotent-replay": "true"}
    assert succeeded.pop("duration_ms") > 0
    assert len(succeeded.pop("span_id")) == 16
    assert {key: succeeded[key] for key in succeeded if key not in {"time", "pid"}} == {
        "level": "info",
        "event": "call",
        "method": "payments_api.v1.PaymentService/CreatePayment",
        "code": "OK",
        "reason": "",
        "caller": "shop",
        "replayed": True,
        "request_id": "request-9",
        "trace_id": trace,
    }
    assert (refused["code"], refused["reason"], refused["caller"]) == ("UNAUTHENTICATED", "TOKEN_INVALID", "")
    assert all(canary not in logs for canary in (*CANARIES, token))


async def test_a_client_that_leaves_is_logged_as_cancelled_and_its_handler_stops() -> None:
    started, cancelled = asyncio.Event(), asyncio.Event()

    async def answer(*_: object) -> Message:
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return ledger_service_pb2.GetBalanceResponse()

    async with serving({GET_BALANCE.full_name: answer}) as running:
        call = running.call()
        sending = asyncio.ensure_future(call.wait_for_connection())
        await until(started.is_set)
        call.cancel()
        await until(cancelled.is_set)
        await until(lambda: bool(running.log_lines()))
        sending.cancel()
        [line] = running.log_lines()
    assert (line["code"], line["reason"]) == ("CANCELLED", "")
