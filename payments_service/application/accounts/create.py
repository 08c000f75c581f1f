"""CreateAccount: store the connected account, and create Stripe's account for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from payments_service.application.accounts.store import save_account
from payments_service.application.caller import IdempotentRequest, Principal
from payments_service.application.idempotency import Completed
from payments_service.application.operations.kind import Applied
from payments_service.application.operations.model import Answered, Json, Operation, Refused, StaleAnswerError
from payments_service.application.operations.runner import OperationRunner, Planned
from payments_service.application.ports import Transactions, UnitOfWork
from payments_service.application.stripe import CreateStripeAccount, Stripe
from payments_service.domain.account.model import AccountState, BusinessType, ConnectedAccount
from payments_service.domain.account.restricted import restriction
from payments_service.domain.account.transitions import fail_account, follow_account
from payments_service.domain.errors import PaymentsError, Reason, invalid
from payments_service.domain.ids import Prefix, format_id, new_id
from payments_service.domain.observation import may_be_older

KIND = "account.create"


@dataclass(frozen=True, slots=True)
class CreateAccount:
    """The command: see CreateAccountRequest in the API."""

    owner_id: str
    country: str
    email: str
    business_type: BusinessType
    product_description: str
    mcc: str
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AccountResult:
    """The account as it stands after the call."""

    account: ConnectedAccount


class CreateAccountUseCase:
    """Phase 1 of CreateAccount."""

    def __init__(self, runner: OperationRunner, stripe: Stripe, *, livemode: bool) -> None:
        self._runner = runner
        self._stripe = stripe
        self._livemode = livemode

    async def __call__(self, principal: Principal, request: IdempotentRequest, command: CreateAccount) -> Completed:
        """Create the account.

        Raises:
            PaymentsError: as the API says of CreateAccount.
        """
        owner_id = principal.acting_owner(command.owner_id)
        if not owner_id:
            raise invalid("owner_id", "is required: your own id of the user whose account it shall be")
        account_id = new_id()

        async def plan(unit: UnitOfWork, operation_id: UUID, now: datetime) -> Planned:
            _require_allowed(command)
            existing = await unit.accounts.by_owner(owner_id)
            if existing is not None:
                raise _exists(existing)
            account = ConnectedAccount(
                id=account_id,
                owner_id=owner_id,
                state=AccountState.CREATING,
                country=command.country.upper(),
                email=command.email,
                business_type=command.business_type,
                metadata=command.metadata,
                livemode=self._livemode,
                create_time=now,
                update_time=now,
            )
            await unit.accounts.add(account)
            call = self._stripe.create_account(
                CreateStripeAccount(
                    account=account,
                    operation_id=format_id(Prefix.OPERATION, operation_id),
                    product_description=command.product_description,
                    mcc=command.mcc,
                )
            )
            return Planned(object_id=account_id, call=call)

        return await self._runner.run(request, owner_id, KIND, plan)


class CreateAccountOperation:
    """What the outcome of creating an account means (`operations.kind.OperationKind`)."""

    kind = KIND

    def __init__(self, execute_for: timedelta, transactions: Transactions, stripe: Stripe) -> None:
        self.execute_for = execute_for
        self._transactions = transactions
        self._stripe = stripe

    async def apply(
        self, unit: UnitOfWork, operation: Operation, outcome: Answered | Refused, now: datetime
    ) -> Applied:
        """The account follows Stripe's; a refusal means that there is none, and there will be none."""
        before = (await unit.accounts.lock([operation.object_id]))[operation.object_id]
        if isinstance(outcome, Refused):
            await save_account(unit, before, fail_account(before, now))
            outcome.error.metadata["account_id"] = format_id(Prefix.CONNECTED_ACCOUNT, before.id)
            return Applied(error=outcome.error)
        began = outcome.observed_from or operation.create_time
        if may_be_older(before.observed_time, began):
            raise StaleAnswerError
        after = follow_account(before, self._stripe.account(outcome.body), began=began, ended=now)
        await save_account(unit, before, after)
        return Applied(result=AccountResult(after))

    async def look_again(self, operation: Operation, outcome: Answered | Refused) -> Answered | Refused:  # noqa: ARG002 - the port's signature
        """The same outcome with the account as it is now."""
        if isinstance(outcome, Refused):
            return outcome
        began = await self._transactions.run(lambda unit: unit.now())
        fresh = await self._stripe.fetch_account(str(outcome.body["id"]))
        return Answered(fresh or outcome.body, observed_from=began)

    async def abandon(self, unit: UnitOfWork, operation: Operation, why: str, now: datetime) -> None:  # noqa: ARG002 - the log says why
        """There is no account, and there will be none."""
        before = (await unit.accounts.lock([operation.object_id]))[operation.object_id]
        await save_account(unit, before, fail_account(before, now))

    async def look_up(self, operation: Operation) -> Json | None:
        """The account that carries this operation's id in its metadata."""
        return await self._stripe.find_account(
            format_id(Prefix.OPERATION, operation.id),
            format_id(Prefix.CONNECTED_ACCOUNT, operation.object_id),
            operation.create_time,
        )

    async def client_secret(self, operation: Operation) -> str:  # noqa: ARG002 - the port's signature
        """There is none."""
        return ""


def _require_allowed(command: CreateAccount) -> None:
    matched = restriction(command.mcc, command.product_description)
    if matched:
        raise PaymentsError(
            Reason.BUSINESS_RESTRICTED,
            f"such a business cannot be paid through the platform: {matched}; if that is wrong, describe it better",
            metadata={"matched": matched},
        )


def _exists(account: ConnectedAccount) -> PaymentsError:
    account_id = format_id(Prefix.CONNECTED_ACCOUNT, account.id)
    return PaymentsError(
        Reason.ACCOUNT_ALREADY_EXISTS,
        f"the owner has account {account_id} already: use that one",
        metadata={"account_id": account_id, "state": account.state.value},
    )
