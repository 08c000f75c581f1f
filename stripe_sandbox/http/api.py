"""The Stripe API as an ASGI application: one request from its bytes to its answer."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from starlette.types import Receive, Scope, Send

from stripe_sandbox import ACCOUNT_API_VERSION, API_VERSION
from stripe_sandbox.faults.plan import FaultPlan
from stripe_sandbox.faults.rules import RequestRule
from stripe_sandbox.http.authentication import authenticate
from stripe_sandbox.http.call import Call
from stripe_sandbox.http.connection import (
    ConnectionCutError,
    ConnectionLostError,
    cut_connection,
    read_body,
    send_reply,
)
from stripe_sandbox.http.errors import StripeError, invalid, server_error, unrecognized_url
from stripe_sandbox.http.expansion import Tree, expanded, expansion_tree
from stripe_sandbox.http.form import parse_form
from stripe_sandbox.http.idempotency import IdempotencyKeys
from stripe_sandbox.http.params import ListOf, Text
from stripe_sandbox.http.reply import Reply, reply_to, reply_with
from stripe_sandbox.http.routing import Endpoint, Router
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.catalogue import ENDPOINTS
from stripe_sandbox.state.account import AccountState
from stripe_sandbox.state.event_log import Cause
from stripe_sandbox.state.world import World

_EXPAND = ListOf(Text())
_MS_PER_S = 1_000


@dataclass(slots=True)
class Request:
    """A request as it came in.

    Attributes:
        id: `req_…`.
        headers: Names in lower case.
        query: Raw query string.
        body: Raw body.
        base_url: Scheme and host that the client used.
        replayed: Whether the answer is that of an earlier request with the same idempotency key.
    """

    id: str
    method: str
    path: str
    headers: dict[str, str]
    query: bytes
    base_url: str
    body: bytes = b""
    replayed: bool = False

    @property
    def version(self) -> str:
        """The API version that it is made under: its own, or the account's."""
        return self.headers.get("stripe-version", ACCOUNT_API_VERSION)

    @property
    def idempotency_key(self) -> str | None:
        """The key, on the methods that have an effect."""
        return self.headers.get("idempotency-key") or None if self.method == "POST" else None


class StripeApi:
    """Answers requests on `/v1/…`."""

    def __init__(
        self, world: World, keys: IdempotencyKeys, faults: FaultPlan, log: structlog.typing.FilteringBoundLogger
    ) -> None:
        self._world = world
        self._keys = keys
        self._faults = faults
        self._log = log
        self._router = Router(ENDPOINTS)
        self._secret_keys = frozenset(world.settings.keys)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request and writes its line to the log."""
        started = time.perf_counter()
        request = self._received(scope)
        try:
            request.body = await read_body(receive)
            reply = await self._answer(request)
        except StripeError as error:
            reply = reply_to(error)
        except ConnectionLostError:
            self._log.info("request", **_facts(request), status="lost", ms=_elapsed_ms(started))
            return
        except ConnectionCutError:
            self._log.info("request", **_facts(request), status="reset", ms=_elapsed_ms(started))
            await cut_connection(scope, receive)
            return
        await send_reply(send, reply, self._headers(request, reply))
        self._log.info("request", **_facts(request), status=reply.status, ms=_elapsed_ms(started))

    def _received(self, scope: Scope) -> Request:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        return Request(
            id=self._world.ids.new("req"),
            method=scope["method"],
            path=scope["path"],
            headers=headers,
            query=scope["query_string"],
            base_url=f"{scope['scheme']}://{headers.get('host', self._world.settings.address)}",
        )

    async def _answer(self, request: Request) -> Reply:
        account = authenticate(self._world, self._secret_keys, request.headers)
        _check_version(request)
        found = self._router.find(request.method, request.path)
        if found is None:
            raise unrecognized_url(request.method, request.path)
        endpoint, names = found
        form = parse_form(b"&".join(part for part in (request.query, request.body) if part))
        key = request.idempotency_key
        if key is None:
            return await self._disturbed(request, lambda: self._run(request, account, endpoint, names, form))
        return await self._once(request, account, key, form, endpoint, names)

    async def _once(
        self,
        request: Request,
        account: AccountState,
        key: str,
        form: JsonObject,
        endpoint: Endpoint,
        names: dict[str, str],
    ) -> Reply:
        """Runs a request unless its idempotency key has an answer already."""
        world = self._world
        claim = self._keys.claim(account.id, key, request.path, form, world.clock.seconds(), request.id)
        if claim.reply is not None:
            request.replayed = True
            headers = {"idempotent-replayed": "true", "original-request": claim.request_id}
            return Reply(claim.reply.status, claim.reply.body, headers)

        def keep(reply: Reply) -> None:
            claim.reply = reply

        try:
            return await self._disturbed(request, lambda: self._run(request, account, endpoint, names, form), keep)
        finally:
            if claim.reply is None:
                self._keys.release(account.id, key)

    async def _disturbed(
        self,
        request: Request,
        run: Callable[[], tuple[Reply, bool]],
        keep: Callable[[Reply], None] = lambda _: None,
    ) -> Reply:
        """Runs a request with the faults that strike it; `keep` gets the answer that the idempotency key will give."""
        acting = request.headers.get("stripe-account", self._world.platform.id)
        faults = self._faults.for_request(request.method, request.path, acting)
        if faults.before_s:
            await asyncio.sleep(faults.before_s)
        rule = faults.rule
        if rule is not None:
            _fail_before(rule, keep)
        reply, executed = run()
        failure = reply_to(server_error(executed=True)) if rule is not None and rule.effect == "error_after" else None
        if executed:
            keep(failure if failure is not None and rule is not None and rule.keeps_answer() else reply)
        if faults.after_s:
            await asyncio.sleep(faults.after_s)
        if rule is not None and rule.effect == "reset_after":
            raise ConnectionCutError
        return failure or reply

    def _run(
        self, request: Request, account: AccountState, endpoint: Endpoint, names: dict[str, str], form: JsonObject
    ) -> tuple[Reply, bool]:
        """Runs the endpoint; returns the answer and whether it got as far as running."""
        try:
            tree = _expansion(form)
            params = endpoint.params_of(request.version).read(form) or {}
            cause = Cause(request.id, request.idempotency_key)
            call = Call(self._world, account, cause, names, params, request.base_url)
            shown = endpoint.handler(call)
            return reply_with(expanded(self._world, account, shown, tree) if tree else shown), True
        except StripeError as error:
            return reply_to(error), error.executed

    def _headers(self, request: Request, reply: Reply) -> dict[str, str]:
        headers = {
            "content-type": "application/json",
            "request-id": request.id,
            "stripe-version": request.version,
            **reply.headers,
        }
        for name in ("idempotency-key", "stripe-account"):
            if name in request.headers:
                headers[name] = request.headers[name]
        return headers


def _fail_before(rule: RequestRule, keep: Callable[[Reply], None]) -> None:
    """Ends the request before it has an effect, if the rule says so."""
    if rule.effect == "reset_before":
        raise ConnectionCutError
    if rule.effect == "conflict":
        message = "This object cannot be accessed right now because another API request or Stripe process is "
        message += "currently accessing it. Please retry the request."
        raise StripeError(409, "invalid_request_error", message, code="lock_timeout", executed=False)
    if rule.effect == "rate_limit":
        headers = {"retry-after": str(rule.retry_after_s)}
        message = "Request rate limit exceeded."
        raise StripeError(429, "invalid_request_error", message, code="rate_limit", executed=False, headers=headers)
    if rule.effect == "error_before":
        error = server_error(executed=rule.keeps_answer())
        if error.executed:
            keep(reply_to(error))
        raise error


def _check_version(request: Request) -> None:
    """Refuses API versions whose shapes the sandbox does not speak, as Stripe refuses versions that it never had."""
    if request.version not in (API_VERSION, ACCOUNT_API_VERSION):
        raise invalid(f"Invalid Stripe API version: {request.version[:40]}. The sandbox speaks {API_VERSION}.")


def _expansion(form: JsonObject) -> Tree:
    """Takes `expand` out of the form."""
    given = form.pop("expand", None)
    return {} if given is None else expansion_tree([str(path) for path in _EXPAND.read(given, "expand")])


def _facts(request: Request) -> JsonObject:
    facts: JsonObject = {"request_id": request.id, "method": request.method, "path": request.path}
    if "stripe-account" in request.headers:
        facts["account"] = request.headers["stripe-account"]
    if request.replayed:
        facts["replayed"] = True
    return facts


def _elapsed_ms(started: float) -> float:
    return round((time.perf_counter() - started) * _MS_PER_S, 2)
