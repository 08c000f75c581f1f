"""What a rule takes, which rule is in force when, and which rules are refused."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.fee.schedule import (
    FeeKind,
    FeeRule,
    FeeSchedule,
    by_precedence,
    check_rules,
    rules_in_force,
    share,
)
from payments_service.domain.ids import new_id
from payments_service.domain.money import AMOUNT_MINOR_MAX, Money
from tests.unit.payments_service.domain.samples import NOON

ACCOUNT = new_id()
DAY = timedelta(days=1)
MINOR = st.integers(0, AMOUNT_MINOR_MAX)
RULES = st.builds(
    FeeRule, st.just("usd"), st.integers(0, 10_000), MINOR, st.integers(0, 2_000), st.none() | st.integers(2_000, 10**9)
) | st.builds(FeeRule, st.just("usd"), st.integers(0, 10_000), st.integers(0, 500))


def schedule(
    version: int, *rules: FeeRule, account_id: UUID | None = None, days: int = 0, kind: FeeKind = FeeKind.PAYMENT
) -> FeeSchedule:
    return FeeSchedule(new_id(), version, kind, account_id, NOON + days * DAY, NOON, "admin", rules)


def usd(basis_points: int) -> FeeRule:
    return FeeRule("usd", basis_points)


def fee(rule: FeeRule, amount_minor: int) -> int:
    return rule.fee(Money(amount_minor, rule.currency)).amount_minor


@pytest.mark.parametrize(
    ("amount", "expected"), [(1, 0), (4, 0), (5, 1), (10, 1), (14, 1), (15, 2), (100, 10), (10_000, 1_000)]
)
def test_ten_percent_is_rounded_half_up(amount: int, expected: int) -> None:
    assert fee(usd(1_000), amount) == expected


@pytest.mark.parametrize(
    ("rule", "amount", "expected"),
    [
        (FeeRule("usd", 0), 10_000, 0),
        (FeeRule("usd", 10_000), 10_000, 10_000),
        (FeeRule("usd", 250, 30), 10_000, 280),
        (FeeRule("usd", 250, 30), 2_500, 93),  # 62.5 + 30
        (FeeRule("usd", 0, 50), 30, 30),
        (FeeRule("usd", 250, 30, min_minor=100), 1_000, 100),
        (FeeRule("usd", 250, 30, min_minor=100), 60, 60),
        (FeeRule("usd", 250, 30, max_minor=200), 10_000, 200),
        (FeeRule("usd", 250, 30, max_minor=280), 10_000, 280),
        (FeeRule("usd", 250, 30, max_minor=0), 10_000, 0),
        (FeeRule("usd", 250, min_minor=50, max_minor=50), 99_999, 50),
        (FeeRule("jpy", 360), 1_000, 36),
        (FeeRule("kwd", 150, 100), 10_000, 250),
        (FeeRule("usd", 1), AMOUNT_MINOR_MAX, 10**8),
        (FeeRule("usd", 9_999, 30), 0, 0),
    ],
)
def test_the_fee_is_the_share_and_the_fixed_part_within_limits(rule: FeeRule, amount: int, expected: int) -> None:
    assert fee(rule, amount) == expected


@given(RULES, MINOR)
def test_a_fee_stays_within_its_limits_and_the_amount(rule: FeeRule, amount: int) -> None:
    taken = fee(rule, amount)

    assert 0 <= taken <= amount
    assert taken >= min(rule.min_minor, amount)
    assert rule.max_minor is None or taken <= rule.max_minor


@given(RULES, MINOR, MINOR)
def test_of_more_money_never_less_is_taken(rule: FeeRule, one: int, other: int) -> None:
    assert fee(rule, min(one, other)) <= fee(rule, max(one, other))


@given(MINOR, st.integers(0, 10_000))
def test_a_share_is_the_nearest_whole_unit_and_the_upper_one_of_two(amount: int, basis_points: int) -> None:
    twice_the_error = 2 * (share(amount, basis_points) * 10_000 - amount * basis_points)

    assert -10_000 < twice_the_error <= 10_000


@pytest.mark.parametrize("amount", [Money(-1, "usd"), Money(1, "eur")])
def test_a_rule_takes_nothing_of_what_is_not_its_own(amount: Money) -> None:
    with pytest.raises(ValueError, match="no fee in usd"):
        usd(100).fee(amount)


def test_a_schedule_is_in_force_from_its_very_moment_on() -> None:
    old, new = schedule(1, usd(100), days=-1), schedule(2, usd(200))

    assert rules_in_force([old, new], NOON - timedelta(microseconds=1))["usd"].schedule is old
    assert rules_in_force([old, new], NOON)["usd"].schedule is new
    assert rules_in_force([old, new], NOON - 2 * DAY) == {}


def test_of_two_versions_the_one_that_takes_effect_later_counts_whenever_it_was_made() -> None:
    planned, quick = schedule(1, usd(100), days=5), schedule(2, usd(200), days=1)

    assert rules_in_force([planned, quick], NOON + 2 * DAY)["usd"].schedule is quick
    assert rules_in_force([planned, quick], NOON + 5 * DAY)["usd"].schedule is planned


def test_of_two_versions_for_one_moment_the_higher_counts() -> None:
    first, second = schedule(1, usd(100)), schedule(2, usd(200))

    assert rules_in_force([second, first], NOON)["usd"].schedule is second


def test_an_account_s_own_rule_goes_before_a_newer_one_for_all() -> None:
    own, general = schedule(1, usd(100), account_id=ACCOUNT), schedule(9, usd(200), FeeRule("eur", 300), days=1)

    found = rules_in_force([general, own], NOON + DAY)

    assert [(code, each.schedule, each.rule.basis_points) for code, each in found.items()] == [
        ("eur", general, 300),
        ("usd", own, 100),
    ]
    assert by_precedence([general, own], NOON + DAY) == [own, general]


def test_a_currency_that_a_newer_version_says_nothing_about_stays_as_it_was() -> None:
    both, one = schedule(1, usd(100), FeeRule("eur", 300)), schedule(2, usd(0), days=1)

    found = rules_in_force([both, one], NOON + DAY)

    assert (found["usd"].schedule, found["eur"].schedule) == (one, both)


def test_rules_are_kept_by_currency_in_lower_case() -> None:
    assert check_rules([FeeRule("USD", 1), FeeRule("Eur", 2)], "rules") == (FeeRule("eur", 2), FeeRule("usd", 1))


@pytest.mark.parametrize(
    ("rules", "field", "hint"),
    [
        ([], "rules", "at least one"),
        ([FeeRule("usd", -1)], "rules[0].basis_points", "0 to 10000"),
        ([FeeRule("usd", 10_001)], "rules[0].basis_points", "0 to 10000"),
        ([FeeRule("usd", 1), FeeRule("eur", 1, -1)], "rules[1].fixed_minor", "0 to"),
        ([FeeRule("usd", 1, AMOUNT_MINOR_MAX + 1)], "rules[0].fixed_minor", "0 to"),
        ([FeeRule("usd", 1, min_minor=-1)], "rules[0].min_minor", "0 to"),
        ([FeeRule("usd", 1, max_minor=-1)], "rules[0].max_minor", "0 to"),
        ([FeeRule("usd", 1, min_minor=5, max_minor=4)], "rules[0].max_minor", "below min_minor (5)"),
        ([FeeRule("usd", 1), FeeRule("USD", 2)], "rules[1].currency_code", "usd has a rule already"),
    ],
)
def test_a_wrong_rule_is_named_with_what_to_do(rules: list[FeeRule], field: str, hint: str) -> None:
    with pytest.raises(PaymentsError) as raised:
        check_rules(rules, "rules")

    (violation,) = raised.value.violations
    assert violation.field == field
    assert hint in violation.description


def test_an_unknown_currency_is_named() -> None:
    with pytest.raises(PaymentsError) as raised:
        check_rules([FeeRule("usd", 1), FeeRule("zzz", 1)], "rules")

    assert raised.value.reason is Reason.CURRENCY_UNSUPPORTED
    assert raised.value.violations[0].field == "rules[1].currency_code"
