"""Which faults strike: the rules in force, drawn from one seeded source of chance."""

import random
import re
from dataclasses import dataclass

from stripe_sandbox.faults.rules import Armed, RequestRule, WebhookRule, path_matcher
from stripe_sandbox.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class RequestFaults:
    """What strikes one request: waits before and after it runs, and at most one other effect."""

    before_s: float = 0.0
    after_s: float = 0.0
    rule: RequestRule | None = None


NONE = RequestFaults()
_MS_PER_S = 1_000


class FaultPlan:
    """The rules in force. With the same seed, the same rules and the same requests the same ones strike."""

    def __init__(self, seed: int | None) -> None:
        self._seed_at_start = seed
        self._numbered = 0
        self.clear()

    def clear(self, seed: int | None = None) -> None:
        """Lifts all rules and starts the sources of chance again, from `seed` or from the one at start."""
        self._requests: list[tuple[Armed, RequestRule, re.Pattern[str]]] = []
        self._webhooks: list[tuple[Armed, WebhookRule]] = []
        self._seed = self._seed_at_start if seed is None else seed
        self._added = 0
        self.order = self._chance("order")
        """Mixes held deliveries. No rule draws from it, so that the moment of mixing changes nothing else."""

    def add(self, rule: RequestRule | WebhookRule) -> Armed:
        """Puts a rule in force."""
        self._numbered += 1
        self._added += 1
        armed = Armed(f"fault_{self._numbered}", rule, self._chance(str(self._added)))
        if isinstance(rule, RequestRule):
            self._requests.append((armed, rule, path_matcher(rule.path)))
        else:
            self._webhooks.append((armed, rule))
        return armed

    def _chance(self, purpose: str) -> random.Random:
        """A source of chance, repeatable with a seed. Chosen for that: nothing secret depends on it."""
        return random.Random(None if self._seed is None else f"{self._seed}/{purpose}")  # noqa: S311

    def remove(self, identifier: str) -> bool:
        """Lifts one rule; returns whether there was one."""
        before = len(self._requests) + len(self._webhooks)
        self._requests = [entry for entry in self._requests if entry[0].id != identifier]
        self._webhooks = [entry for entry in self._webhooks if entry[0].id != identifier]
        return len(self._requests) + len(self._webhooks) < before

    def for_request(self, method: str, path: str, account: str | None = None) -> RequestFaults:
        """What strikes this request: waits add up; of the other effects the first rule that strikes wins."""
        if not self._requests:
            return NONE
        before_ms = after_ms = 0
        for armed, rule, matcher in self._requests:
            if rule.method not in (None, method) or rule.account not in (None, account) or not matcher.fullmatch(path):
                continue
            if not armed.strikes():
                continue
            if rule.comes_after:
                after_ms += rule.latency_ms
            else:
                before_ms += rule.latency_ms
            if rule.effect not in ("latency", "latency_after"):
                return RequestFaults(before_ms / _MS_PER_S, after_ms / _MS_PER_S, rule)
        return RequestFaults(before_ms / _MS_PER_S, after_ms / _MS_PER_S)

    def for_webhook(self, kind: str, account: str | None = None, *, is_twin: bool) -> WebhookRule | None:
        """The first rule that strikes the delivery of an event of this type. A twin has no twin of its own."""
        for armed, rule in self._webhooks:
            if (rule.effect == "twin" and is_twin) or rule.account not in (None, account):
                continue
            if _covers(rule.types, kind) and armed.strikes():
                return rule
        return None

    def listed(self) -> list[JsonObject]:
        """The rules in force with their counters."""
        armed = [entry[0] for entry in self._requests] + [entry[0] for entry in self._webhooks]
        return [
            {"id": one.id, **one.rule.model_dump(exclude_none=True), "left": one.left, "struck": one.struck}
            for one in armed
        ]


def _covers(patterns: tuple[str, ...], kind: str) -> bool:
    return any(kind.startswith(pattern[:-1]) if pattern.endswith("*") else kind == pattern for pattern in patterns)
