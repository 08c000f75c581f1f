"""The `Date` of answers: the time of the sandbox's clock, so that a client can tell what time it is at Stripe."""

from email.utils import formatdate

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stripe_sandbox.clock import SandboxClock


class Dated:
    """An application whose answers have a `Date`. The server must add none of its own (`date_header=False`)."""

    def __init__(self, app: ASGIApp, clock: SandboxClock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets the application answer, and dates what it answers."""

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = formatdate(self._clock.seconds(), usegmt=True).encode("ascii")
                message = {**message, "headers": [(b"date", date), *message.get("headers", ())]}
            await send(message)

        await self._app(scope, receive, dated)
