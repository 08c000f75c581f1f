"""Rules that say what goes wrong: with requests, and with webhooks."""

import random
import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

RequestEffect = Literal[
    "latency",
    "latency_after",
    "error_before",
    "error_after",
    "reset_before",
    "reset_after",
    "conflict",
    "rate_limit",
]
WebhookEffect = Literal["double", "delay", "shuffle", "drop", "twin"]

_Probability = Annotated[float, Field(gt=0, le=1)]
_Count = Annotated[int, Field(ge=1)]
_Milliseconds = Annotated[int, Field(ge=0, le=600_000)]


class _Rule(BaseModel):
    """What all rules have.

    Attributes:
        account: Id of the only account that it concerns: the one that acts, or in which the event happened.
        after: How many opportunities pass before the first at which it may strike.
        count: How often the rule may strike; None for without end.
        probability: Chance to strike at each opportunity.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    account: str | None = None
    after: Annotated[int, Field(ge=0)] = 0
    count: _Count | None = None
    probability: _Probability = 1.0


class RequestRule(_Rule):
    """A fault of the API.

    Attributes:
        effect: `latency` waits and then runs, `latency_after` runs and then waits; `error_before` and `error_after`
            answer 500 without and with the effect; `reset_before` and `reset_after` cut the connection likewise;
            `conflict` is 409, `rate_limit` 429.
        method: HTTP method; None for all.
        path: Path or pattern: `*` and `{name}` stand for one segment, a final `**` for the rest.
        latency_ms: How long to wait. Any effect may have it: the wait comes before the request runs, for an effect
            `…_after` it comes after, so that a client's time runs out with or without the effect.
        retry_after_s: For `rate_limit`: the `Retry-After` header.
        kept: Whether the 500 is kept for the idempotency key, so that repeating the request gets it again. By default
            it is after the effect (Stripe keeps the answer of what it ran) and is not before it.
    """

    effect: RequestEffect
    method: str | None = None
    path: str = "/**"
    latency_ms: _Milliseconds = 0
    retry_after_s: int = Field(default=1, ge=0)
    kept: bool | None = None

    @property
    def comes_after(self) -> bool:
        """Whether it strikes after the request has run."""
        return self.effect.endswith("_after")

    def keeps_answer(self) -> bool:
        """Whether the error is what the idempotency key will answer from now on."""
        return self.effect == "error_after" if self.kept is None else self.kept


class WebhookRule(_Rule):
    """A fault of the delivery of events.

    Attributes:
        effect: `double` sends an event twice; `twin` sends a second event with another id about the same fact;
            `delay` sends later; `shuffle` holds `window` deliveries (or until `delay_ms` is over) and sends them
            in random order; `drop` does not send.
        types: Event types, `charge.*` for a group.
        delay_ms: For `delay` and `shuffle`.
        window: For `shuffle`.
        believed: For `drop`: Stripe believes that it was delivered, so `delivery_success=false` does not list it.
    """

    effect: WebhookEffect
    types: tuple[str, ...] = ("*",)
    delay_ms: _Milliseconds = 500
    window: int = Field(default=8, ge=2, le=1_000)
    believed: bool = False


class Armed:
    """A rule in force, with how often it may still strike.

    Each has a source of chance of its own: whether it strikes does not depend on what other rules there are.
    """

    def __init__(self, identifier: str, rule: RequestRule | WebhookRule, chance: random.Random) -> None:
        self.id = identifier
        self.rule = rule
        self.left = rule.count
        self.passing = rule.after
        self.struck = 0
        self._chance = chance

    def strikes(self) -> bool:
        """Decides whether the rule strikes now, and counts it."""
        if self.passing:
            self.passing -= 1
            return False
        if self.left == 0 or self._chance.random() >= self.rule.probability:
            return False
        self.struck += 1
        if self.left is not None:
            self.left -= 1
        return True


def path_matcher(pattern: str) -> re.Pattern[str]:
    """The regular expression for a path pattern of a rule."""
    parts = []
    for segment in pattern.strip("/").split("/"):
        if segment == "**":
            parts.append(".*")
        elif segment == "*" or (segment.startswith("{") and segment.endswith("}")):
            parts.append("[^/]+")
        else:
            parts.append(re.escape(segment))
    return re.compile("/" + "/".join(parts))
