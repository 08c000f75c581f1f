"""Fee schedules and estimates as messages."""

from collections.abc import Iterable
from uuid import UUID

from payments_api.v1 import fee_pb2

from payments_service.domain.fee.estimate import FeeEstimate
from payments_service.domain.fee.schedule import FeeKind, FeeRule, FeeSchedule, RuleInForce
from payments_service.domain.ids import Prefix, format_id
from payments_service.transport.convert.basic import money_to_message, time_to_message

KIND_TO_MESSAGE = {kind: f"FEE_KIND_{kind.value}" for kind in FeeKind}
KIND_FROM_MESSAGE = {fee_pb2.FeeKind.Value(name): kind for kind, name in KIND_TO_MESSAGE.items()}


def rules_from_messages(messages: Iterable[fee_pb2.FeeRule]) -> list[FeeRule]:
    """Rules from a request, not yet checked."""
    return [
        FeeRule(
            currency=message.currency_code,
            basis_points=message.basis_points,
            fixed_minor=message.fixed_minor,
            min_minor=message.min_minor,
            max_minor=message.max_minor if message.HasField("max_minor") else None,
        )
        for message in messages
    ]


def schedule_to_message(schedule: FeeSchedule) -> fee_pb2.FeeSchedule:
    """A fee schedule for a reply."""
    return fee_pb2.FeeSchedule(
        id=format_id(Prefix.FEE_SCHEDULE, schedule.id),
        version=schedule.version,
        kind=KIND_TO_MESSAGE[schedule.kind],
        connected_account_id=_account(schedule.account_id),
        rules=[_rule_to_message(rule) for rule in schedule.rules],
        effective_time=time_to_message(schedule.effective_time),
        create_time=time_to_message(schedule.create_time),
        created_by=schedule.created_by,
    )


def rule_in_force_to_message(found: RuleInForce) -> fee_pb2.FeeRuleInForce:
    """A rule and where it comes from, for a reply."""
    return fee_pb2.FeeRuleInForce(
        rule=_rule_to_message(found.rule),
        fee_schedule_id=format_id(Prefix.FEE_SCHEDULE, found.schedule.id),
        fee_schedule_version=found.schedule.version,
        connected_account_id=_account(found.schedule.account_id),
    )


def estimate_to_message(estimate: FeeEstimate) -> fee_pb2.FeeEstimate:
    """What a payment would come to, for a reply."""
    fee, stripe_fee, platform_net = estimate.platform_fee, estimate.stripe_fee, estimate.platform_net
    return fee_pb2.FeeEstimate(
        gross=money_to_message(estimate.gross),
        platform_fee=money_to_message(fee.fee),
        estimated_stripe_fee=money_to_message(stripe_fee) if stripe_fee is not None else None,
        net=money_to_message(estimate.account_net),
        platform_net=money_to_message(platform_net) if platform_net is not None else None,
        fee_schedule_id=format_id(Prefix.FEE_SCHEDULE, fee.schedule_id) if fee.schedule_id else "",
        fee_schedule_version=fee.version or 0,
    )


def _rule_to_message(rule: FeeRule) -> fee_pb2.FeeRule:
    return fee_pb2.FeeRule(
        currency_code=rule.currency,
        basis_points=rule.basis_points,
        fixed_minor=rule.fixed_minor,
        min_minor=rule.min_minor,
        max_minor=rule.max_minor,
    )


def _account(account_id: UUID | None) -> str:
    return format_id(Prefix.CONNECTED_ACCOUNT, account_id) if account_id else ""
