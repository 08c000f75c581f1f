"""What the tests' server processes serve, and the program that starts them."""

import asyncio
import os
import sys

import structlog
from google.protobuf.message import Message
from payments_api.v1 import ledger_service_pb2

from payments_service.config import ConfigurationError, Settings, load_settings
from payments_service.transport.call import Call
from payments_service.transport.serving import serve
from tests.integration.payments_service.transport.harness import GET_BALANCE, KEY, TestApplication


async def make_application(_: Settings) -> TestApplication:
    """An application whose balances name the process that answered; it takes a while where the code is `slow`."""

    async def answer(request: ledger_service_pb2.GetBalanceRequest, _: Call) -> Message:
        if request.code == "slow":
            structlog.get_logger().info("slow_call_began")
            await asyncio.sleep(1)
        reply = ledger_service_pb2.GetBalanceResponse()
        reply.balance.code = str(os.getpid())
        return reply

    return TestApplication({GET_BALANCE.full_name: answer})


async def fail_to_make(_: Settings) -> TestApplication:
    """An application that cannot be made."""
    raise ConfigurationError("PAYMENTS_DATABASE_URL: cannot be reached")


async def break_down(_: Settings) -> TestApplication:
    """An application whose making has a defect."""
    raise RuntimeError("a defect")


def main() -> int:
    """Serve as the arguments say: number of processes, factory, gRPC address, metrics address."""
    processes, factory, address, metrics = sys.argv[1:]
    settings = load_settings(
        {},
        grpc_address=address,
        metrics_address=metrics,
        auth_key=KEY,
        stripe_api_base="http://127.0.0.1:1",
        grpc_drain_seconds=10,
    )
    # By its full name, as the processes will look for it.
    import tests.integration.payments_service.transport.served_application as module

    try:
        return serve(settings, getattr(module, factory), int(processes))
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
