"""Which faults strike, and how often."""

import pytest
from pydantic import ValidationError

from stripe_sandbox.faults.plan import FaultPlan
from stripe_sandbox.faults.rules import RequestRule, WebhookRule, path_matcher


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("/**", "/v1/anything/at/all", True),
        ("/v1/payment_intents", "/v1/payment_intents", True),
        ("/v1/payment_intents", "/v1/payment_intents/pi_1", False),
        ("/v1/payment_intents/*/confirm", "/v1/payment_intents/pi_1/confirm", True),
        ("/v1/payment_intents/{id}/confirm", "/v1/payment_intents/pi_1/capture", False),
        ("/v1/payment_intents/**", "/v1/payment_intents/pi_1/confirm", True),
        ("/v1/a.c", "/v1/abc", False),
    ],
)
def test_a_pattern_covers_its_paths(pattern: str, path: str, matches: bool) -> None:
    assert bool(path_matcher(pattern).fullmatch(path)) == matches


def test_a_rule_with_a_count_strikes_so_often() -> None:
    plan = FaultPlan(1)
    plan.add(RequestRule(effect="error_before", count=2, method="POST"))
    assert plan.for_request("GET", "/v1/x").rule is None
    struck = [plan.for_request("POST", "/v1/x").rule is not None for _ in range(4)]
    assert struck == [True, True, False, False]


def test_waits_add_up_and_the_first_other_effect_wins() -> None:
    plan = FaultPlan(1)
    plan.add(RequestRule(effect="latency", latency_ms=100))
    plan.add(RequestRule(effect="latency", latency_ms=50))
    plan.add(RequestRule(effect="latency_after", latency_ms=20))
    plan.add(RequestRule(effect="conflict", latency_ms=10))
    plan.add(RequestRule(effect="rate_limit", latency_ms=1_000))
    faults = plan.for_request("POST", "/v1/x")
    assert faults.before_s == pytest.approx(0.16)
    assert faults.after_s == pytest.approx(0.02)
    assert faults.rule is not None
    assert faults.rule.effect == "conflict"


def test_the_same_seed_strikes_the_same_requests() -> None:
    def pattern(seed: int) -> list[bool]:
        plan = FaultPlan(seed)
        plan.add(RequestRule(effect="conflict", probability=0.5))
        return [plan.for_request("POST", "/v1/x").rule is not None for _ in range(64)]

    assert pattern(7) == pattern(7)
    assert pattern(7) != pattern(8)
    assert 10 < sum(pattern(7)) < 54


def test_a_rule_strikes_alike_whatever_else_is_in_force() -> None:
    def pattern(*others: RequestRule | WebhookRule) -> list[bool]:
        plan = FaultPlan(7)
        plan.add(WebhookRule(effect="drop", types=("charge.*",), probability=0.5))
        for other in others:
            plan.add(other)
        struck = []
        for _ in range(64):
            plan.for_request("POST", "/v1/x")
            plan.order.shuffle([1, 2, 3])
            struck.append(plan.for_webhook("charge.updated", is_twin=False) is not None)
        return struck

    assert pattern() == pattern(RequestRule(effect="latency", probability=0.5))
    assert pattern() == pattern(WebhookRule(effect="double", types=("payout.*",), probability=0.5))


def test_a_rule_may_let_some_opportunities_pass_and_begins_again_when_cleared() -> None:
    plan = FaultPlan(3)
    struck = []
    for _ in range(2):
        plan.add(WebhookRule(effect="drop", types=("payout.*",), after=2, count=2, probability=0.6))
        kinds = ["payout.paid", "charge.updated"] * 8
        struck.append([plan.for_webhook(kind, is_twin=False) is not None for kind in kinds])
        plan.clear()
    first, second = struck
    assert first == second
    assert (sum(first), any(first[:4]), any(first[1::2])) == (2, False, False)


def test_a_rule_may_concern_one_account() -> None:
    plan = FaultPlan(1)
    plan.add(RequestRule(effect="conflict", account="acct_1"))
    plan.add(WebhookRule(effect="drop", account="acct_1"))
    for account, strikes in (("acct_1", True), ("acct_2", False), (None, False)):
        assert (plan.for_request("POST", "/v1/x", account).rule is not None) == strikes
        assert (plan.for_webhook("charge.updated", account, is_twin=False) is not None) == strikes


def test_webhook_rules_choose_by_type_and_a_twin_has_no_twin() -> None:
    plan = FaultPlan(1)
    plan.add(WebhookRule(effect="twin", types=("charge.*",)))
    assert plan.for_webhook("customer.created", is_twin=False) is None
    assert plan.for_webhook("charge.succeeded", is_twin=True) is None
    assert plan.for_webhook("charge.succeeded", is_twin=False) is not None


def test_rules_are_listed_and_lifted() -> None:
    plan = FaultPlan(1)
    armed = plan.add(RequestRule(effect="latency", latency_ms=5, count=3))
    plan.for_request("POST", "/v1/x")
    assert [(rule["id"], rule["left"], rule["struck"]) for rule in plan.listed()] == [(armed.id, 2, 1)]
    assert plan.remove(armed.id)
    assert not plan.remove(armed.id)
    assert plan.listed() == []


def test_a_500_after_the_effect_is_kept_and_one_before_it_is_not_unless_asked() -> None:
    assert RequestRule(effect="error_after").keeps_answer()
    assert not RequestRule(effect="error_before").keeps_answer()
    assert RequestRule(effect="error_before", kept=True).keeps_answer()


def test_a_rule_with_a_field_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValidationError):
        RequestRule.model_validate({"effect": "conflict", "chance": 1})
