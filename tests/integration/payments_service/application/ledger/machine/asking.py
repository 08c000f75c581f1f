"""Asking the service and comparing with the model: what every rule needs."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC
from typing import Any, TypeVar

from google.protobuf.message import Message
from hypothesis.stateful import RuleBasedStateMachine
from payments_api.v1 import ledger_pb2
from payments_api.v1 import ledger_service_pb2 as pb

from tests.integration.payments_service.application.ledger.machine.clock import StandingClock
from tests.integration.payments_service.application.ledger.machine.line import Answer, Line
from tests.integration.payments_service.application.ledger.machine.messages import (
    account_message,
    differences,
)
from tests.integration.payments_service.application.ledger.machine.model import Model, ModelAccount
from tests.integration.payments_service.application.ledger.machine.wishes import (
    Requests,
)

Rule = TypeVar("Rule", bound=Callable[..., None])
RULES: dict[str, str] = {}
"""The rule for each RPC."""


def of(*methods: str) -> Callable[[Rule], Rule]:
    """Mark a rule as the one for these RPCs."""

    def mark(wrapped: Rule) -> Rule:
        RULES.update(dict.fromkeys(methods, wrapped.__name__))
        return wrapped

    return mark


class Asking(RuleBasedStateMachine):
    """The service at the other end of a line, the model here, and what has been asked so far."""

    line: Line
    clock: StandingClock
    seen: Counter[tuple[str, str]]
    model: Model
    requests: Requests
    keys: int
    freed: dict[str, list[str]]
    done: list[tuple[str, Any, Answer]]

    def _change(self, method: str, request: Any, faults: set[str]) -> Answer:
        """A mutating call with a key of its own, or with one that an earlier refusal has left free."""
        free = self.freed.setdefault(method, [])
        self.keys += 1
        request.idempotency_key = free.pop() if free else f"key-{self.keys}"
        answer = self._checked(method, request, faults)
        assert not answer.replayed
        if getattr(request, "dry_run", False) or (answer.failure and answer.failure.code != "FAILED_PRECONDITION"):
            free.append(request.idempotency_key)
        else:
            self.done.append((method, request, answer))
        return answer

    def _read(self, method: str, faults: set[str], **fields: Any) -> Answer:
        return self._checked(method, getattr(pb, f"{method}Request")(**fields), faults)

    def _checked(self, method: str, request: Message, faults: set[str]) -> Answer:
        """The answer, which is an error just when the model has found faults, and then one of these."""
        answer = self.line.ask(method, request)
        if faults:
            assert answer.reason in faults, (method, request, faults, answer)
        else:
            assert answer.failure is None, (method, request, answer)
        self._note(method, answer.reason or "OK")
        return answer

    def _pages(self, method: str, field: str, size: int, **fields: Any) -> list[Any]:
        """All of a list, page by page."""
        found: list[Any] = []
        token = ""
        while True:
            reply = self._read(method, set(), page_size=size, page_token=token, **fields).reply
            page = list(getattr(reply, field))
            found += page
            token = reply.next_page_token
            if not token:
                return found
            assert len(page) == (size or 50)

    def _named(self, code: str, by_id: bool) -> dict[str, Any]:
        account = self.model.accounts.get(code)
        return {"ledger_account_id": account.id} if account and by_id else {"code": code}

    def _account_faults(self, account: ModelAccount | None, closed: str = "") -> set[str]:
        if account is None:
            return {"LEDGER_ACCOUNT_NOT_FOUND"}
        return {closed} if closed and account.closed else set()

    def _learn(self, account: ModelAccount, found: ledger_pb2.LedgerAccount, *, changed: bool = True) -> None:
        """Take over what the service chooses, which changes just when the account does, and compare the rest."""
        assert (found.etag != account.etag) == changed
        if changed:
            account.etag, account.update_time = found.etag, found.update_time.ToDatetime(tzinfo=UTC)
        self._same(account_message(self.model, account), found)

    def _mark(self) -> tuple[int, int]:
        return len(self.model.facts), len(self.model.expiring)

    def _take_back(self, mark: tuple[int, int]) -> None:
        facts, expiring = mark
        del self.model.facts[facts:], self.model.expiring[expiring:]

    def _same(self, expected: Any, found: Any) -> None:
        different = differences(expected, found)
        assert not different, different

    def _note(self, method: str, what: str) -> None:
        self.seen[method, what] += 1
