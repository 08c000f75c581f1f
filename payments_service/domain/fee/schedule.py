"""Fee schedules: what the platform takes of a payment, and which of its rules is in force when.

A schedule belongs to a scope: a kind of money and either one connected account or all of them. It never changes. A
newer version supersedes an older one currency by currency, from its effective time on; a currency that it says nothing
about stays as it was. To end a fee, publish a rule of zero.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from uuid import UUID

from payments_service.domain.errors import invalid
from payments_service.domain.money import AMOUNT_MINOR_MAX, Money, currency_from_input

BASIS_POINTS = 10_000
"""One hundred percent."""


class FeeKind(Enum):
    """What a fee is taken from; the words are those of the API."""

    PAYMENT = "PAYMENT"


@dataclass(frozen=True, slots=True)
class FeeRule:
    """The platform's fee in one currency.

    Attributes:
        currency: ISO 4217 code in lower case.
        basis_points: share of the amount, 0 to 10,000 hundredths of a percent.
        fixed_minor: added to the share, in minor units like the two limits.
        min_minor: the fee is at least this.
        max_minor: the fee is at most this; None: no limit but the amount.
    """

    currency: str
    basis_points: int
    fixed_minor: int = 0
    min_minor: int = 0
    max_minor: int | None = None

    def fee(self, amount: Money) -> Money:
        """The fee for an amount of this currency that is not negative: never above the amount itself.

        Raises:
            ValueError: the amount is negative or of another currency.
        """
        if amount.currency != self.currency or amount.amount_minor < 0:
            raise ValueError(f"no fee in {self.currency} of {amount}")
        fee = max(share(amount.amount_minor, self.basis_points) + self.fixed_minor, self.min_minor)
        if self.max_minor is not None:
            fee = min(fee, self.max_minor)
        return Money(min(fee, amount.amount_minor), self.currency)


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """One version of the fees of a scope; immutable.

    Attributes:
        version: counts from 1 within the scope, without gaps.
        account_id: the connected account whose fees these are; None: all that have none of their own.
        effective_time: from when on it is in force; never before it was created.
        created_by: the subject of the token that created it.
        rules: by currency, at most one each.
    """

    id: UUID
    version: int
    kind: FeeKind
    account_id: UUID | None
    effective_time: datetime
    create_time: datetime
    created_by: str
    rules: tuple[FeeRule, ...]


@dataclass(frozen=True, slots=True)
class RuleInForce:
    """The rule that holds for a currency, and the schedule that it comes from."""

    rule: FeeRule
    schedule: FeeSchedule


def share(amount_minor: int, basis_points: int) -> int:
    """So many hundredths of a percent of an amount that is not negative, rounded half up to whole minor units."""
    return (amount_minor * basis_points + BASIS_POINTS // 2) // BASIS_POINTS


def by_precedence(schedules: Iterable[FeeSchedule], at: datetime) -> list[FeeSchedule]:
    """Those of an account's own and the general schedules that are effective at a time, the one that counts most first.

    An account's own go before the general ones, then the newest effective, then the highest version.
    """
    return sorted(
        (schedule for schedule in schedules if schedule.effective_time <= at),
        key=lambda schedule: (schedule.account_id is not None, schedule.effective_time, schedule.version),
        reverse=True,
    )


def rules_in_force(schedules: Iterable[FeeSchedule], at: datetime) -> dict[str, RuleInForce]:
    """The rule for each currency at a time, by code.

    Args:
        schedules: of one kind: an account's own, and the general ones.
        at: the time.
    """
    found: dict[str, RuleInForce] = {}
    for schedule in by_precedence(schedules, at):
        for rule in schedule.rules:
            found.setdefault(rule.currency, RuleInForce(rule, schedule))
    return dict(sorted(found.items()))


def check_rules(rules: Sequence[FeeRule], field: str) -> tuple[FeeRule, ...]:
    """The rules of a new schedule as a caller gave them, with currencies in lower case and in their order.

    Raises:
        PaymentsError: REQUEST_INVALID or CURRENCY_UNSUPPORTED for the first rule that is wrong, naming its field.
    """
    if not rules:
        raise invalid(field, "at least one rule is required: basis_points 0 in a currency means no fee in it")
    checked: dict[str, FeeRule] = {}
    for index, given in enumerate(rules):
        where = f"{field}[{index}]"
        rule = replace(given, currency=currency_from_input(given.currency, f"{where}.currency_code"))
        _check_limits(rule, where)
        if rule.currency in checked:
            raise invalid(f"{where}.currency_code", f"{rule.currency} has a rule already: give one rule a currency")
        checked[rule.currency] = rule
    return tuple(rule for _, rule in sorted(checked.items()))


def _check_limits(rule: FeeRule, field: str) -> None:
    if not 0 <= rule.basis_points <= BASIS_POINTS:
        raise invalid(f"{field}.basis_points", f"must be 0 to {BASIS_POINTS}: 250 is 2.5 percent")
    amounts = {"fixed_minor": rule.fixed_minor, "min_minor": rule.min_minor, "max_minor": rule.max_minor}
    for name, value in amounts.items():
        if value is not None and not 0 <= value <= AMOUNT_MINOR_MAX:
            raise invalid(f"{field}.{name}", f"must be 0 to {AMOUNT_MINOR_MAX} minor units")
    if rule.max_minor is not None and rule.max_minor < rule.min_minor:
        raise invalid(f"{field}.max_minor", f"must not be below min_minor ({rule.min_minor}): raise it or leave it out")
