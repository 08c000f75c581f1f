"""CreateRefund: reserve what is to be given back, and have Stripe give it back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from payments_service.application.caller import IdempotentRequest, Principal
from payments_service.application.idempotency import Completed
from payments_service.application.operations.kind import Applied
from payments_service.application.operations.model import Answered, Json, Operation, Refused, StaleAnswerError
from payments_service.application.operations.runner import OperationRunner, Planned
from payments_service.application.payments.read import require_visible
from payments_service.application.payments.store import save_payment
from payments_service.application.ports import Transactions, UnitOfWork
from payments_service.application.refunds.store import add_refund, save_refund, with_refunded
from payments_service.application.stripe import Stripe
from payments_service.domain.ids import Prefix, format_id, new_id
from payments_service.domain.money import Money
from payments_service.domain.observation import may_be_older
from payments_service.domain.payment.model import Payment
from payments_service.domain.refund.decide import amount_to_refund, bearer
from payments_service.domain.refund.model import AbsorbBy, Refund, RefundReason, RefundState
from payments_service.domain.refund.transitions import fail_refund, follow_refund

KIND = "refund.create"


@dataclass(frozen=True, slots=True)
class CreateRefund:
    """The command: see CreateRefundRequest in the API. `payment_id` is the caller's text."""

    payment_id: str
    amount: Money | None
    reason: RefundReason
    absorb_by: AbsorbBy
    reverse_transfer: bool | None
    refund_platform_fee: bool
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RefundResult:
    """The refund as it stands after the call."""

    refund: Refund


class CreateRefundUseCase:
    """Phase 1 of CreateRefund."""

    def __init__(self, runner: OperationRunner, stripe: Stripe) -> None:
        self._runner = runner
        self._stripe = stripe

    async def __call__(self, principal: Principal, request: IdempotentRequest, command: CreateRefund) -> Completed:
        """Refund the payment.

        Raises:
            PaymentsError: as the API says of CreateRefund.
        """
        refund_id = new_id()

        async def plan(unit: UnitOfWork, operation_id: UUID, now: datetime) -> Planned:
            # The payment's lock makes refunds of it queue up, so that the sum of what they reserve is right.
            payment = await require_visible(unit, principal, command.payment_id, lock=True)
            absorb_by, reverse_transfer = bearer(
                payment,
                command.absorb_by,
                reverse_transfer=command.reverse_transfer,
                refund_platform_fee=command.refund_platform_fee,
            )
            others = (await unit.refunds.of_payments([payment.id])).get(payment.id, [])
            refund = Refund(
                id=refund_id,
                payment_id=payment.id,
                owner_id=payment.owner_id,
                reference=payment.reference,
                amount=amount_to_refund(payment, others, command.amount),
                state=RefundState.CREATING,
                reason=command.reason,
                absorb_by=absorb_by,
                reverse_transfer=reverse_transfer,
                refund_platform_fee=command.refund_platform_fee,
                metadata=command.metadata,
                livemode=payment.livemode,
                create_time=now,
                update_time=now,
            )
            await add_refund(unit, refund)
            call = self._stripe.create_refund(
                refund, payment.intent_id, format_id(Prefix.OPERATION, operation_id), payment.stripe_account
            )
            return Planned(object_id=refund_id, call=call)

        return await self._runner.run(request, principal.key_scope, KIND, plan)


class CreateRefundOperation:
    """What the outcome of creating a refund means (`operations.kind.OperationKind`)."""

    kind = KIND

    def __init__(self, execute_for: timedelta, transactions: Transactions, stripe: Stripe) -> None:
        self.execute_for = execute_for
        self._transactions = transactions
        self._stripe = stripe

    async def apply(
        self, unit: UnitOfWork, operation: Operation, outcome: Answered | Refused, now: datetime
    ) -> Applied:
        """The refund follows Stripe's, and its payment with it; a refusal ends the reservation."""
        payment, before = await _locked(unit, operation.object_id)
        if isinstance(outcome, Refused):
            code = outcome.error.metadata.get("stripe_code", outcome.error.reason.value)
            await save_refund(unit, before, fail_refund(before, code, now))
            outcome.error.metadata["refund_id"] = format_id(Prefix.REFUND, before.id)
            return Applied(error=outcome.error)
        began = outcome.observed_from or operation.create_time
        if may_be_older(before.observed_time, began):
            raise StaleAnswerError
        after = follow_refund(before, self._stripe.refund(outcome.body), began=began, ended=now)
        await save_refund(unit, before, after)
        refunds = (await unit.refunds.of_payments([payment.id]))[payment.id]
        await save_payment(unit, payment, with_refunded(payment, refunds, now))
        return Applied(result=RefundResult(after))

    async def look_again(self, operation: Operation, outcome: Answered | Refused) -> Answered | Refused:
        """The same outcome with the refund as it is now."""
        if isinstance(outcome, Refused):
            return outcome
        began = await self._transactions.run(lambda unit: unit.now())
        fresh = await self._stripe.fetch_refund(str(outcome.body["id"]), operation.call.stripe_account)
        return Answered(fresh or outcome.body, observed_from=began)

    async def abandon(self, unit: UnitOfWork, operation: Operation, why: str, now: datetime) -> None:  # noqa: ARG002 - the log says why
        """There is no refund, and there will be none: the reservation ends."""
        _, before = await _locked(unit, operation.object_id)
        await save_refund(unit, before, fail_refund(before, "stripe_unavailable", now))

    async def look_up(self, operation: Operation) -> Json | None:
        """The refund that carries this operation's id in its metadata."""

        async def intent_of(unit: UnitOfWork) -> str:
            refund = await unit.refunds.get(operation.object_id)
            payment = await unit.payments.get(refund.payment_id) if refund else None
            return payment.intent_id if payment else ""

        intent_id = await self._transactions.run(intent_of)
        return await self._stripe.find_refund(
            format_id(Prefix.OPERATION, operation.id), intent_id, operation.call.stripe_account
        )

    async def client_secret(self, operation: Operation) -> str:  # noqa: ARG002 - the port's signature
        """There is none."""
        return ""


async def _locked(unit: UnitOfWork, refund_id: UUID) -> tuple[Payment, Refund]:
    """A refund and its payment under the payment's lock."""
    known = await unit.refunds.get(refund_id)
    if known is None:
        raise LookupError(f"refund {refund_id} is not stored")
    payment = (await unit.payments.lock([known.payment_id]))[known.payment_id]
    # Read again: what was read before the lock may have changed since.
    refund = await unit.refunds.get(refund_id)
    return payment, refund or known
