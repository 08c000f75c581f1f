"""payments_api.v1.AccountService."""

from google.protobuf.message import Message
from payments_api.v1 import account_service_pb2 as pb

from payments_service.application.accounts.create import CreateAccount, CreateAccountUseCase
from payments_service.application.accounts.read import AccountReader
from payments_service.domain.account.model import BusinessType
from payments_service.transport.call import Call
from payments_service.transport.convert.account import BUSINESS_TYPE_FROM_MESSAGE, account_to_message
from payments_service.transport.idempotency import idempotent_request
from payments_service.transport.replay import replayable


class AccountHandlers:
    """Connected accounts: see the service's own comments."""

    def __init__(self, create: CreateAccountUseCase, reader: AccountReader) -> None:
        self._create = create
        self._reader = reader

    async def create_account(self, request: pb.CreateAccountRequest, call: Call) -> Message:
        """Create an account."""
        command = CreateAccount(
            owner_id=request.owner_id,
            country=request.country_code,
            email=request.email,
            business_type=BUSINESS_TYPE_FROM_MESSAGE.get(request.business_type, BusinessType.UNSPECIFIED),
            product_description=request.product_description,
            mcc=request.mcc,
            metadata=dict(request.metadata),
        )
        with replayable(call):
            completed = await self._create(call.principal, idempotent_request(request, call), command)
        if completed.replayed:
            call.mark_replayed()
        return pb.CreateAccountResponse.FromString(completed.reply)

    async def get_account(self, request: pb.GetAccountRequest, call: Call) -> Message:
        """Get one account."""
        match request.WhichOneof("key"):
            case "owner_id":
                account = await self._reader.by_owner(call.principal, request.owner_id)
            case "stripe_account_id":
                account = await self._reader.by_stripe(call.principal, request.stripe_account_id)
            case _:
                account = await self._reader.by_id(call.principal, request.account_id)
        return pb.GetAccountResponse(account=account_to_message(account))
