"""The platform's fees: publishing schedules, what is in force, and what a payment would come to."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from payments_service.application.accounts.read import require_account
from payments_service.application.caller import IdempotentRequest, Principal
from payments_service.application.idempotency import Completed
from payments_service.application.local_request import LocalRequests
from payments_service.application.ports import FeeScheduleFilter, Transactions, UnitOfWork
from payments_service.domain.errors import PaymentsError, Reason, invalid
from payments_service.domain.fee.estimate import FeeEstimate, PlatformFee, StripePrice, estimated_stripe_fee
from payments_service.domain.fee.schedule import (
    FeeKind,
    FeeRule,
    FeeSchedule,
    RuleInForce,
    by_precedence,
    check_rules,
    rules_in_force,
)
from payments_service.domain.ids import Prefix, new_id, parse_id
from payments_service.domain.money import Money

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CreateFeeSchedule:
    """The command: see CreateFeeScheduleRequest in the API."""

    kind: FeeKind
    connected_account_id: str
    effective_time: datetime | None
    rules: Sequence[FeeRule]


@dataclass(frozen=True, slots=True)
class FeeScope:
    """Whose fees are asked for, and when.

    Attributes:
        connected_account_id: as the caller gave it; empty: fees that hold for accounts without fees of their own.
        at: None: now.
    """

    kind: FeeKind
    connected_account_id: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FeesInForce:
    """The schedule that counts most, and the rule for each currency, some of which may come from other schedules."""

    schedule: FeeSchedule
    rules: tuple[RuleInForce, ...]


async def platform_fee_for(
    unit: UnitOfWork, amount: Money, account_id: UUID | None, at: datetime, kind: FeeKind = FeeKind.PAYMENT
) -> PlatformFee:
    """The platform's fee for an amount by the schedule in force; zero where there is none.

    Args:
        unit: the transaction to read in.
        amount: what the fee is taken of, not negative.
        account_id: the connected account that it is taken from; None: one without fees of its own.
        at: when; a payment's own time.
        kind: of what.
    """
    schedules = await unit.fee_schedules.in_force(kind, account_id, at, amount.currency)
    found = rules_in_force(schedules, at).get(amount.currency)
    if found is None:
        return PlatformFee(Money(0, amount.currency))
    return PlatformFee(found.rule.fee(amount), found.schedule.id, found.schedule.version)


class CreateFeeScheduleUseCase:
    """CreateFeeSchedule."""

    def __init__(self, transactions: Transactions, requests: LocalRequests) -> None:
        self._transactions = transactions
        self._requests = requests

    async def __call__(self, principal: Principal, request: IdempotentRequest, command: CreateFeeSchedule) -> Completed:
        """Publish the next version of a scope's fees.

        Raises:
            PaymentsError: as the API says of CreateFeeSchedule.
        """
        rules = check_rules(command.rules, "rules")
        if principal.owner_ids is not None and not command.connected_account_id:
            raise PaymentsError(
                Reason.SCOPE_MISSING,
                "fees for all accounts are not an owner's to set: give connected_account_id, or use a backend's token",
            )
        # Before the key is asked for: a stored reply is not for who no longer sees the account.
        account_id = await self._transactions.run(
            lambda unit: _account_id(unit, principal, command.connected_account_id)
        )

        async def publish(unit: UnitOfWork) -> FeeSchedule:
            # Holds the scope from here on, so that a later version is never effective earlier by chance.
            version = await unit.fee_schedules.next_version(command.kind, account_id)
            now = await unit.now()
            if command.effective_time is not None and command.effective_time < now:
                raise invalid(
                    "effective_time",
                    f"{_text(command.effective_time)} is in the past, it is {_text(now)} by the database's clock: "
                    "leave it out for fees that hold at once, or give a later time",
                )
            schedule = FeeSchedule(
                id=new_id(),
                version=version,
                kind=command.kind,
                account_id=account_id,
                effective_time=command.effective_time or now,
                create_time=now,
                created_by=principal.subject,
                rules=rules,
            )
            await unit.fee_schedules.add(schedule)
            return schedule

        return await self._requests.run(request, "", publish)


class FeeScheduleReader:
    """GetFeeSchedule, ListFeeSchedules and CalculateFees. A caller bound to owners sees their accounts' fees only."""

    def __init__(self, transactions: Transactions, prices: Mapping[str, StripePrice]) -> None:
        self._transactions = transactions
        self._prices = prices

    async def in_force(self, principal: Principal, scope: FeeScope, currency: str = "") -> FeesInForce:
        """The schedule in force, for one currency or for whatever there is.

        Raises:
            PaymentsError: ACCOUNT_NOT_FOUND, FEE_SCHEDULE_NOT_FOUND.
        """

        async def read(unit: UnitOfWork, account_id: UUID | None, at: datetime) -> FeesInForce:
            found = await unit.fee_schedules.in_force(scope.kind, account_id, at, currency)
            visible = [_seen_by(principal, schedule) for schedule in found]
            rules = rules_in_force(visible, at)
            if not rules:
                raise _nothing_in_force(scope, currency, at)
            shown = tuple(rule for code, rule in rules.items() if currency in {"", code})
            return FeesInForce(by_precedence(visible, at)[0], shown)

        return await self._in_scope(principal, scope, read)

    async def by_id(self, principal: Principal, text: str) -> FeeSchedule:
        """One schedule, in force or not.

        Raises:
            PaymentsError: FEE_SCHEDULE_NOT_FOUND.
        """

        async def read(unit: UnitOfWork) -> FeeSchedule | None:
            schedule_id = parse_id(Prefix.FEE_SCHEDULE, text)
            schedule = await unit.fee_schedules.get(schedule_id) if schedule_id else None
            return schedule if schedule and await _is_visible(unit, principal, schedule) else None

        found = await self._transactions.run(read)
        if found is None:
            raise PaymentsError(
                Reason.FEE_SCHEDULE_NOT_FOUND, f"no fee schedule {text!r}: check the id and the caller's owners"
            )
        return _seen_by(principal, found)

    async def page(
        self, principal: Principal, which: FeeScheduleFilter, connected_account_id: str, before: UUID | None, limit: int
    ) -> list[FeeSchedule]:
        """Schedules of a filter, newest first; without an account a caller bound to owners gets the general ones.

        Raises:
            PaymentsError: ACCOUNT_NOT_FOUND.
        """

        async def read(unit: UnitOfWork) -> list[FeeSchedule]:
            account_id = await _account_id(unit, principal, connected_account_id)
            general_only = which.general_only or (account_id is None and principal.owner_ids is not None)
            exact = replace(which, account_id=account_id, general_only=general_only)
            return await unit.fee_schedules.page(exact, before, limit)

        return [_seen_by(principal, schedule) for schedule in await self._transactions.run(read)]

    async def estimate(self, principal: Principal, scope: FeeScope, amount: Money) -> FeeEstimate:
        """What a payment of this amount would come to.

        Raises:
            PaymentsError: ACCOUNT_NOT_FOUND.
        """

        async def read(unit: UnitOfWork, account_id: UUID | None, at: datetime) -> FeeEstimate:
            fee = await platform_fee_for(unit, amount, account_id, at, scope.kind)
            return FeeEstimate(amount, fee, estimated_stripe_fee(amount, self._prices))

        return await self._in_scope(principal, scope, read)

    async def _in_scope(
        self,
        principal: Principal,
        scope: FeeScope,
        read: Callable[[UnitOfWork, UUID | None, datetime], Awaitable[T]],
    ) -> T:
        """Read with the scope's account, which the caller sees, and its time."""

        async def work(unit: UnitOfWork) -> T:
            account_id = await _account_id(unit, principal, scope.connected_account_id)
            return await read(unit, account_id, scope.at or await unit.now())

        return await self._transactions.run(work)


async def _account_id(unit: UnitOfWork, principal: Principal, text: str) -> UUID | None:
    """The account that a caller named; None when it named none.

    Raises:
        PaymentsError: ACCOUNT_NOT_FOUND: there is none, or it is another owner's.
    """
    return (await require_account(unit, principal, text)).id if text else None


async def _is_visible(unit: UnitOfWork, principal: Principal, schedule: FeeSchedule) -> bool:
    if schedule.account_id is None or principal.owner_ids is None:
        return True
    account = await unit.accounts.get(schedule.account_id)
    return account is not None and principal.sees(account.owner_id)


def _seen_by(principal: Principal, schedule: FeeSchedule) -> FeeSchedule:
    """The schedule without the name of the colleague who made it, for a caller who is none."""
    return schedule if principal.owner_ids is None else replace(schedule, created_by="")


def _nothing_in_force(scope: FeeScope, currency: str, at: datetime) -> PaymentsError:
    what = f"{scope.kind.value} in {currency}" if currency else scope.kind.value
    whom = f"account {scope.connected_account_id}" if scope.connected_account_id else "all accounts"
    return PaymentsError(
        Reason.FEE_SCHEDULE_NOT_FOUND,
        f"no fee schedule for {what} and {whom} is in force at {_text(at)}: until CreateFeeSchedule makes one, the "
        "platform's fee is 0",
    )


def _text(time: datetime) -> str:
    """A time as callers write it (RFC 3339)."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")
