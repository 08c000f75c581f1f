"""One HTTP exchange with Stripe: attempts, their time limits, and what is certain about the outcome.

stripe-python retries by itself when told to, but then nobody can tell whether an attempt that failed to connect came
after one that had reached Stripe. Whether something may have happened is what everything here depends on, so the
library makes one attempt at a time and the attempts are counted here.
"""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import stripe
import structlog

from payments_service.application.operations.model import Answered, NotExecuted, Outcome, Refused, StripeCall, Unknown
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.observability.work_metrics import STRIPE_CALL_SECONDS
from payments_service.processors.stripe.breaker import CircuitBreaker
from payments_service.processors.stripe.errors import refusal

API_VERSION = "2026-10-28.endive"
BACKOFF_SECONDS_MAX = 2.0
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
"""What httpx raises before a byte of the request has left."""

TURNED_AWAY = frozenset({429})
"""Statuses with which Stripe says that it did not look at the request."""

NOT_THERE = frozenset({"resource_missing", "account_invalid"})
"""Codes with which Stripe says that an object does not exist, or that its account is not connected to us (any more)."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StripeSettings:
    """How to reach Stripe. `api_base` None means Stripe itself; times are for one attempt."""

    api_key: str
    api_base: str | None
    timeout_seconds: float
    attempts_max: int

    @property
    def send_seconds_max(self) -> float:
        """The longest that `StripeClient.send` takes, all attempts and pauses together."""
        return self.attempts_max * self.timeout_seconds + (self.attempts_max - 1) * BACKOFF_SECONDS_MAX


class StripeClient:
    """A stripe-python client for one event loop."""

    def __init__(self, settings: StripeSettings) -> None:
        # Telemetry would write to the home folder of whoever runs the service.
        stripe.enable_telemetry = False
        self._settings = settings
        self._breaker = CircuitBreaker()
        self._http = stripe.HTTPXClient(timeout=httpx.Timeout(settings.timeout_seconds, connect=5.0))
        self._stripe = stripe.StripeClient(
            settings.api_key,
            stripe_version=API_VERSION,
            base_addresses={"api": settings.api_base, "connect": settings.api_base} if settings.api_base else {},
            max_network_retries=0,
            http_client=self._http,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close_async()  # type: ignore[no-untyped-call]  # the library leaves it untyped

    async def send(self, call: StripeCall, idempotency_key: str) -> Outcome:
        """Make a mutating call, with the same key on every attempt; it ends within `send_seconds_max`.

        A process that was stopped for a while makes no attempt after that time: others may rely on it by then.
        """
        last_start = time.monotonic() + self._settings.send_seconds_max - self._settings.timeout_seconds
        maybe_sent = ""
        outcome: Outcome = NotExecuted("no attempt was made")
        for attempt in range(1, self._settings.attempts_max + 1):
            outcome = await self._attempt(call, idempotency_key)
            if isinstance(outcome, Answered) or (isinstance(outcome, Refused) and not (maybe_sent and outcome.unread)):
                return outcome
            if isinstance(outcome, Unknown):
                maybe_sent = outcome.why
            if attempt == self._settings.attempts_max or not self._breaker.allows():
                break
            await asyncio.sleep(_pause(attempt, outcome))
            if time.monotonic() > last_start:
                break
        if maybe_sent:
            return Unknown(maybe_sent)
        return outcome

    async def read(self, path: str, params: Mapping[str, Any], stripe_account: str = "") -> dict[str, Any] | None:
        """Get an object or a page; None when Stripe says that there is no such object.

        Raises:
            PaymentsError: STRIPE_UNAVAILABLE when no answer came, STRIPE_REJECTED when Stripe refused.
        """
        answer = await self.read_answer(path, params, stripe_account)
        return dict(answer.body) if answer else None

    async def read_answer(self, path: str, params: Mapping[str, Any], stripe_account: str = "") -> Answered | None:
        """Like `read`, with the time of the answer."""
        call = StripeCall("get", path, params, stripe_account)
        why = "not asked"
        for attempt in range(1, self._settings.attempts_max + 1):
            outcome = await self._attempt(call, None)
            if isinstance(outcome, Answered):
                return outcome
            if isinstance(outcome, Refused):
                if outcome.error.metadata.get("stripe_code") in NOT_THERE:
                    return None
                raise outcome.error
            why = outcome.why
            if attempt < self._settings.attempts_max and self._breaker.allows():
                await asyncio.sleep(_pause(attempt, outcome))
        raise PaymentsError(
            Reason.STRIPE_UNAVAILABLE,
            f"Stripe did not answer ({why}): try again",
            retry_after_ms=1_000,
        )

    async def _attempt(self, call: StripeCall, idempotency_key: str | None) -> Outcome:
        if not self._breaker.allows():
            return NotExecuted(
                "Stripe has not been reachable, so it is not asked for a moment", self._breaker.retry_after_ms()
            )
        started = time.perf_counter()
        outcome, result = await self._exchange(call, idempotency_key)
        seconds = time.perf_counter() - started
        route = _route(call.path)
        STRIPE_CALL_SECONDS.labels(call.method, route, result).observe(seconds)
        _log.info("stripe.call", method=call.method, route=route, outcome=result, duration_ms=round(seconds * 1000, 1))
        return outcome

    async def _exchange(self, call: StripeCall, idempotency_key: str | None) -> tuple[Outcome, str]:
        options: dict[str, Any] = {"idempotency_key": idempotency_key} if idempotency_key else {}
        if call.stripe_account:
            options["stripe_account"] = call.stripe_account
        try:
            # httpx limits each read and write; this limits the whole exchange, however slowly it drips.
            async with asyncio.timeout(self._settings.timeout_seconds):
                response = await self._stripe.raw_request_async(call.method, call.path, **call.params, **options)
        except TimeoutError:
            self._breaker.succeeded()
            return Unknown(f"no answer within {self._settings.timeout_seconds:g} s"), "timeout"
        except stripe.APIConnectionError as error:
            cause = error.__cause__
            if isinstance(cause, NEVER_SENT):
                self._breaker.failed()
                return NotExecuted(f"could not connect: {type(cause).__name__}"), "not_sent"
            return Unknown(f"the connection broke: {type(cause).__name__}"), "broken"
        except stripe.StripeError as error:
            self._breaker.succeeded()
            return _judge(error)
        self._breaker.succeeded()
        return Answered(response.data, stripe_time=_time_of(response.headers)), "ok"


def _judge(error: stripe.StripeError) -> tuple[Outcome, str]:
    """What an error answer says about the outcome."""
    status = error.http_status or 0
    result = f"http_{status}"
    if status in TURNED_AWAY:
        return NotExecuted("Stripe is limiting our rate", _retry_after_ms(error)), result
    # 409 means that another request with this key is under way or a lock was not to be had; 5xx, and an answer that
    # cannot be read, say nothing about what was done.
    if (
        status == httpx.codes.CONFLICT
        or status >= httpx.codes.INTERNAL_SERVER_ERROR
        or status < httpx.codes.BAD_REQUEST
    ):
        return Unknown(f"Stripe answered {status}"), result
    return refusal(error), result


def _time_of(headers: Mapping[str, str]) -> datetime | None:
    """What Stripe's clock showed, from the `Date` header."""
    try:
        return parsedate_to_datetime(headers.get("date", "")).astimezone(UTC)
    except ValueError:
        return None


def _retry_after_ms(error: stripe.StripeError) -> int:
    value = (error.headers or {}).get("retry-after", "")
    return int(value) * 1000 if value.isascii() and value.isdigit() else 1_000


def _pause(attempt: int, outcome: Outcome) -> float:
    asked = outcome.retry_after_ms / 1000 if isinstance(outcome, NotExecuted) else 0.0
    backoff = 0.2 * 2.0 ** (attempt - 1) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret
    return min(BACKOFF_SECONDS_MAX, max(asked, backoff))


def _route(path: str) -> str:
    """The path without ids, so that it can be a metric's label."""
    return "/".join(":id" if "_" in part and _has_id(part) else part for part in path.split("/"))


def _has_id(part: str) -> bool:
    """Whether a part of a path is an id: by chance, one may be without digits, and then has capital letters."""
    return any(character.isdigit() or character.isupper() for character in part)
