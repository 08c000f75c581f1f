"""CreatePayment: store the payment, create Stripe's payment intent, and attempt it when asked to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from payments_service.application.accounts.read import require_account, require_at_stripe
from payments_service.application.caller import IdempotentRequest, Principal
from payments_service.application.fee_schedules import platform_fee_for
from payments_service.application.idempotency import Completed
from payments_service.application.operations.model import Json, Operation
from payments_service.application.operations.runner import OperationRunner, Planned
from payments_service.application.payments.intent_operation import IntentOperation
from payments_service.application.payments.return_url import ReturnUrls
from payments_service.application.payments.store import add_payment, save_payment
from payments_service.application.ports import UnitOfWork
from payments_service.application.stripe import CreateIntent, Stripe
from payments_service.domain.account.model import ConnectedAccount
from payments_service.domain.errors import PaymentsError
from payments_service.domain.ids import Prefix, format_id, new_id
from payments_service.domain.money import Money
from payments_service.domain.payment.capture import require_fee_within
from payments_service.domain.payment.model import (
    CaptureMethod,
    ChargeModel,
    Payment,
    PaymentFailure,
    PaymentState,
    Split,
)
from payments_service.domain.payment.split import require_splits_within
from payments_service.domain.payment.transitions import fail

KIND = "payment.create"
KIND_CONFIRMED = "payment.create_confirmed"


@dataclass(frozen=True, slots=True)
class WantedSplit:
    """What a connected account is to be owed. `account_id` is the caller's text."""

    account_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class CreatePayment:
    """The command: see CreatePaymentRequest in the API."""

    owner_id: str
    amount: Money
    charge_model: ChargeModel
    reference: str
    description: str
    metadata: Mapping[str, str]
    payment_method: str
    confirm: bool
    return_url: str
    capture_method: CaptureMethod
    connected_account_id: str
    platform_fee: Money | None
    splits: tuple[WantedSplit, ...] = ()


class CreatePaymentUseCase:
    """Phase 1 of CreatePayment."""

    def __init__(self, runner: OperationRunner, stripe: Stripe, return_urls: ReturnUrls, *, livemode: bool) -> None:
        self._runner = runner
        self._stripe = stripe
        self._return_urls = return_urls
        self._livemode = livemode

    async def __call__(self, principal: Principal, request: IdempotentRequest, command: CreatePayment) -> Completed:
        """Create the payment.

        Raises:
            PaymentsError: as the API says of CreatePayment.
        """
        self._return_urls.require_allowed(command.return_url)
        if command.platform_fee is not None:
            require_fee_within(command.platform_fee, command.amount)
        owner_id = principal.acting_owner(command.owner_id)
        payment_id = new_id()

        async def plan(unit: UnitOfWork, operation_id: UUID, now: datetime) -> Planned:
            account = await self._account(unit, principal, command)
            splits = await _splits(unit, principal, command)
            platform_fee = await _platform_fee(unit, command, account, now)
            require_splits_within(splits, platform_fee, command.amount)
            payment = Payment(
                id=payment_id,
                owner_id=owner_id,
                reference=command.reference,
                amount=command.amount,
                charge_model=command.charge_model,
                state=PaymentState.CREATING,
                description=command.description,
                metadata=command.metadata,
                livemode=self._livemode,
                create_time=now,
                update_time=now,
                amount_captured=Money(0, command.amount.currency),
                amount_refunded=Money(0, command.amount.currency),
                amount_capturable=Money(0, command.amount.currency),
                platform_fee=platform_fee,
                capture_method=command.capture_method,
                connected_account_id=account.id if account else None,
                stripe_account=account.stripe_account if account and command.charge_model is ChargeModel.DIRECT else "",
                splits=splits,
            )
            await add_payment(unit, payment)
            call = self._stripe.create_intent(
                CreateIntent(
                    payment=payment,
                    operation_id=format_id(Prefix.OPERATION, operation_id),
                    payment_method=command.payment_method,
                    confirm=command.confirm,
                    return_url=command.return_url,
                    destination=account.stripe_account if account and not payment.stripe_account else "",
                )
            )
            return Planned(object_id=payment_id, call=call)

        return await self._runner.run(request, owner_id, KIND_CONFIRMED if command.confirm else KIND, plan)

    async def _account(self, unit: UnitOfWork, principal: Principal, command: CreatePayment) -> ConnectedAccount | None:
        """The connected account that is paid, if it is one."""
        if command.charge_model not in (ChargeModel.DESTINATION, ChargeModel.DIRECT):
            return None
        account = await require_account(unit, principal, command.connected_account_id)
        require_at_stripe(account)
        return account


async def _platform_fee(
    unit: UnitOfWork, command: CreatePayment, account: ConnectedAccount | None, now: datetime
) -> Money:
    """What the platform keeps: as the caller says, or as the fee schedule does."""
    if command.charge_model is ChargeModel.PLATFORM:
        return Money(0, command.amount.currency)
    if command.platform_fee is not None:
        return command.platform_fee
    return (await platform_fee_for(unit, command.amount, account.id if account else None, now)).fee


async def _splits(unit: UnitOfWork, principal: Principal, command: CreatePayment) -> tuple[Split, ...]:
    """The splits with the accounts that they name.

    Raises:
        PaymentsError: ACCOUNT_NOT_FOUND, INVALID_STATE for an account that Stripe does not have (yet).
    """
    splits = []
    for wanted in command.splits:
        account = await require_account(unit, principal, wanted.account_id)
        require_at_stripe(account)
        splits.append(Split(account.id, wanted.amount))
    return tuple(splits)


class CreatePaymentOperation(IntentOperation):
    """What the outcome of creating a payment intent means."""

    async def _refused(self, unit: UnitOfWork, payment: Payment, error: PaymentsError, now: datetime) -> Payment:
        """There is no intent, and there will be none: the payment failed."""
        code = error.metadata.get("stripe_code", error.reason.value)
        failed = fail(payment, PaymentFailure(code, message=error.message), now)
        await save_payment(unit, payment, failed)
        return failed

    async def abandon(self, unit: UnitOfWork, operation: Operation, why: str, now: datetime) -> None:
        """The same: the payment failed."""
        payment = (await unit.payments.lock([operation.object_id]))[operation.object_id]
        await save_payment(unit, payment, fail(payment, PaymentFailure("stripe_unavailable", message=why), now))

    async def look_up(self, operation: Operation) -> Json | None:
        """The intent that carries this operation's id in its metadata."""
        return await self._stripe.find_intent(
            format_id(Prefix.OPERATION, operation.id),
            format_id(Prefix.PAYMENT, operation.object_id),
            operation.create_time,
            operation.call.stripe_account,
        )
