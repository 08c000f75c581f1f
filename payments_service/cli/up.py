"""`payments up`: the whole stack, one purchase, and then serving until Ctrl-C."""

import asyncio
import os
import signal
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from payments_service.cli.data_folder import DataFolder
from payments_service.cli.errors import EXIT_FAILURE, EXIT_USAGE, CommandError
from payments_service.cli.next_steps import addresses, lines_to_paste
from payments_service.cli.paths import shown
from payments_service.cli.progress import Progress
from payments_service.cli.stack.addresses import AddressBook
from payments_service.cli.stack.plan import Plan, make_plan
from payments_service.cli.stack.processes import READY_SECONDS, Processes, until
from payments_service.cli.stack.state import StackState, only_stack, write_stack
from payments_service.cli.steps import Step
from payments_service.config import load_settings

EXIT_INTERRUPTED = 128 + signal.SIGINT
_ASK_SECONDS = 5.0
_POLL_SECONDS = 0.05
T = TypeVar("T")


def run_up(*, once: bool, as_json: bool, plaintext: bool) -> int:
    """Run the stack; returns the exit code.

    Raises:
        ConfigurationError: a setting is wrong.
        CommandError: the stack cannot start, a call failed, or one of its processes died.
    """
    settings = load_settings()
    folder = DataFolder(settings.data_dir)
    folder.make()
    with only_stack(folder), AddressBook() as book:
        plan = make_plan(settings, dict(os.environ), book, plaintext=plaintext)
        book.hand_over()
        return asyncio.run(_run(plan, once=once, as_json=as_json))


async def _run(plan: Plan, *, once: bool, as_json: bool) -> int:
    return await _Up(plan, once=once, as_json=as_json).run()


class _Up:
    """One run of the command."""

    def __init__(self, plan: Plan, *, once: bool, as_json: bool) -> None:
        self._plan = plan
        self._once = once
        self._as_json = as_json
        self._progress = Progress()
        self._startup: list[Step] = []
        self._processes = Processes(plan, self._part_is_ready)
        self._stop = asyncio.Event()
        self._exit_code = EXIT_INTERRUPTED

    async def run(self) -> int:
        """Work until done, interrupted, or something dies; in any case stop what was started."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self._signalled)
        work = asyncio.create_task(self._work())
        stopped = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            return self._exit_code
        finally:
            stopped.cancel()
            with self._progress:
                self._progress.doing("stopping …")
                await self._processes.stop()

    def _signalled(self) -> None:
        if self._stop.is_set():
            self._processes.kill()
        self._stop.set()

    async def _work(self) -> int:
        with self._progress:
            played = await self._start()
            self._progress.doing("playing a purchase …")
            found = await self._unless_a_process_dies(self._play()) if played else []
        if self._once:
            return EXIT_FAILURE if found else 0
        self._exit_code = EXIT_FAILURE if found else 0
        if not self._as_json:
            self._print_next_steps()
        raise await self._processes.first_death()

    async def _start(self) -> bool:
        """Start everything; returns whether the purchase can be played."""
        started = time.monotonic()
        plan = self._plan
        for variable, address in plan.moved:
            self._progress.done(f"{variable}: {address.instead_of} is in use, taking {address.text} instead")
        self._progress.doing("starting Postgres, sandbox, server, worker and gateway …")
        await self._processes.start()
        sandbox = plan.sandbox is not None or (plan.development and await self._adopt_sandbox())
        await self._unless_a_process_dies(self._gateway_ready())
        self._startup.append(Step("all of it", (time.monotonic() - started) * 1000))
        self._progress.done("everything is ready", time.monotonic() - started)
        database = self._processes.database
        if database is not None:
            self._progress.done(f"database {database.name}" + (f": {database.note}" if database.note else ""))
        self._progress.done(f"logs are in {shown(plan.folder.logs)}")
        write_stack(plan.folder, self._state(sandbox=sandbox))
        if not sandbox:
            what = "another double of Stripe" if plan.development else "Stripe itself"
            if self._once:
                raise CommandError(
                    f"--once plays a purchase, which takes our sandbox, and this is {what}: unset "
                    "PAYMENTS_STRIPE_API_KEY and PAYMENTS_STRIPE_API_BASE",
                    EXIT_USAGE,
                )
            self._progress.done(f"the purchase is not played: this is {what}, and only our sandbox has test money")
        return sandbox

    async def _play(self) -> list[str]:
        """Play the purchase and print what came of it; returns what is wrong."""
        from payments_service.cli.channel import ChannelTls
        from payments_service.cli.output import print_outcome
        from payments_service.cli.purchase.check import problems
        from payments_service.cli.purchase.client import purchase_client
        from payments_service.cli.purchase.sandbox import Sandbox

        settings = self._plan.settings
        base = settings.stripe_api_base or ""
        key = settings.stripe_api_key.get_secret_value() if settings.stripe_api_key else ""
        target = self._plan.grpc.reachable
        tls = ChannelTls(self._plan.tls.ca_file) if self._plan.tls else None
        async with purchase_client(target, self._plan.token, Sandbox(base, key), tls) as client:
            facts = await client.play()
        found = problems(facts)
        self._progress.stop()
        print_outcome(self._startup, client.steps, facts, found, as_json=self._as_json)
        return found

    async def _unless_a_process_dies(self, work: Coroutine[Any, Any, T]) -> T:
        playing = asyncio.create_task(work)
        death = asyncio.create_task(self._processes.first_death())
        try:
            await asyncio.wait({playing, death}, return_when=asyncio.FIRST_COMPLETED)
            if death.done():
                raise death.result()
            return playing.result()
        finally:
            for task in (playing, death):
                task.cancel()
            await asyncio.gather(playing, death, return_exceptions=True)

    async def _adopt_sandbox(self) -> bool:
        """Have a sandbox that runs already send its events here; False when it is some other double of Stripe."""
        from payments_service.cli.purchase.sandbox import is_sandbox, point_webhooks_at

        base = self._plan.settings.stripe_api_base or ""
        if not await is_sandbox(base):
            return False
        plan = self._plan
        await point_webhooks_at(base, plan.webhook_url, plan.webhook_secret, connect=False)
        await point_webhooks_at(base, plan.connect_webhook_url, plan.connect_webhook_secret, connect=True)
        return True

    async def _gateway_ready(self) -> None:
        """Wait until the gateway reaches the service, so that events can be made durable."""
        import httpx

        url = f"http://{self._plan.gateway.reachable}/readyz"
        said = ""
        async with httpx.AsyncClient(timeout=_ASK_SECONDS, trust_env=False) as client:

            async def asked() -> bool:
                nonlocal said
                try:
                    response = await client.get(url)
                except httpx.HTTPError as error:
                    said = type(error).__name__
                    return False
                said = f"{response.status_code} {response.text}"
                return response.is_success

            if not await until(asked, READY_SECONDS, _POLL_SECONDS):
                raise CommandError(
                    f"{url} was not ready after {READY_SECONDS:.0f} s ({said}): "
                    f"see the logs in {shown(self._plan.folder.logs)}"
                )

    def _state(self, *, sandbox: bool) -> StackState:
        plan = self._plan
        key = plan.settings.stripe_api_key
        hand = plan.tls.local.developer if plan.tls and plan.tls.local and plan.mtls else None
        return StackState(
            pid=os.getpid(),
            grpc_address=plan.grpc.reachable,
            gateway_address=plan.gateway.reachable,
            metrics_address=plan.metrics.reachable if plan.metrics else "",
            worker_metrics_address=plan.worker_metrics.reachable if plan.worker_metrics else "",
            stripe_api_base=plan.settings.stripe_api_base or "",
            stripe_api_key=key.get_secret_value() if key and sandbox else "",
            token=plan.token,
            ca_file=str(plan.tls.ca_file.absolute()) if plan.tls else "",
            mtls_address=plan.mtls.reachable if plan.mtls else "",
            cert_file=str(hand.certificate) if hand else "",
            key_file=str(hand.key) if hand else "",
        )

    def _part_is_ready(self, name: str, seconds: float) -> None:
        self._startup.append(Step(name, seconds * 1000))
        self._progress.done(f"{name} is ready", seconds)

    def _print_next_steps(self) -> None:
        from rich.console import Console

        console = Console(highlight=False)
        state = self._state(sandbox=self._plan.development)
        for name, address in addresses(state, self._plan.folder.logs):
            console.print(f"{name:<18}{address}", soft_wrap=True, markup=False)
        console.print("\nTo paste, in this folder:\n")
        for line in lines_to_paste(state):
            console.print(line, soft_wrap=True, markup=False)
        console.print("\nServing until Ctrl-C.", soft_wrap=True)
