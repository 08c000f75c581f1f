"""payments_api.v1.LedgerService: the methods about accounts."""

from uuid import UUID

from google.protobuf.message import Message
from payments_api.v1 import ledger_service_pb2 as pb

from payments_service.application.idempotency import Completed
from payments_service.application.ledger.accounts import (
    BOTH_SIDES,
    CreateLedgerAccount,
    LedgerAccounts,
    UpdateLedgerAccount,
)
from payments_service.application.ledger.names import AccountName
from payments_service.application.ledger.ports import LedgerAccountFilter
from payments_service.domain.ledger.account import Side
from payments_service.domain.money import currency_from_input
from payments_service.transport.call import Call
from payments_service.transport.convert.basic import money_from_message
from payments_service.transport.convert.ledger_account import (
    KIND_FROM_MESSAGE,
    SIDE_FROM_MESSAGE,
    STATE_FROM_MESSAGE,
    account_to_message,
)
from payments_service.transport.idempotency import idempotent_request
from payments_service.transport.page_token import decode_page_token, encode_page_token, page_size
from payments_service.transport.replay import replayable


class LedgerAccountHandlers:
    """Ledger accounts: see the service's own comments."""

    def __init__(self, accounts: LedgerAccounts) -> None:
        self._accounts = accounts

    async def create_ledger_account(self, request: pb.CreateLedgerAccountRequest, call: Call) -> Message:
        """Create an account for a caller's own money."""
        command = CreateLedgerAccount(
            code=request.code,
            kind=KIND_FROM_MESSAGE[request.kind],
            currency=currency_from_input(request.currency_code, "currency_code"),
            owner_id=request.owner_id,
            floor_minor=request.floor_minor if request.HasField("floor_minor") else None,
            metadata=dict(request.metadata),
        )
        with replayable(call):
            completed = await self._accounts.create(call.principal, idempotent_request(request, call), command)
        return pb.CreateLedgerAccountResponse.FromString(_reply(call, completed))

    async def get_ledger_account(self, request: pb.GetLedgerAccountRequest, call: Call) -> Message:
        """Get an account."""
        found = await self._accounts.get(call.principal, _name(request))
        return pb.GetLedgerAccountResponse(ledger_account=account_to_message(found))

    async def list_ledger_accounts(self, request: pb.ListLedgerAccountsRequest, call: Call) -> Message:
        """List accounts, newest first."""
        position = decode_page_token(request, request.page_token)
        size = page_size(request.page_size)
        code = request.currency_code
        which = LedgerAccountFilter(
            code_prefix=request.code_prefix,
            kind=KIND_FROM_MESSAGE.get(request.kind),
            currency=currency_from_input(code, "currency_code") if code else "",
            states=frozenset(STATE_FROM_MESSAGE[state] for state in request.states if state),
        )
        before = UUID(bytes=position) if position is not None else None
        found = await self._accounts.page(call.principal, which, request.owner_id, before, size + 1)
        token = encode_page_token(request, found[size - 1].account.id.bytes) if len(found) > size else ""
        messages = [account_to_message(account) for account in found[:size]]
        return pb.ListLedgerAccountsResponse(ledger_accounts=messages, next_page_token=token)

    async def update_ledger_account(self, request: pb.UpdateLedgerAccountRequest, call: Call) -> Message:
        """Change an account's floor or metadata."""
        command = UpdateLedgerAccount(
            fields=frozenset(request.update_mask.paths),
            floor=money_from_message(request.floor, "floor") if request.HasField("floor") else None,
            metadata=dict(request.metadata),
            etag=request.etag,
        )
        with replayable(call):
            completed = await self._accounts.update(
                call.principal, idempotent_request(request, call), _name(request), command
            )
        return pb.UpdateLedgerAccountResponse.FromString(_reply(call, completed))

    async def freeze_ledger_account(self, request: pb.FreezeLedgerAccountRequest, call: Call) -> Message:
        """Stop an account from taking requests on one side or both."""
        with replayable(call):
            completed = await self._accounts.freeze(
                call.principal, idempotent_request(request, call), _name(request), _sides(request.side)
            )
        return pb.FreezeLedgerAccountResponse.FromString(_reply(call, completed))

    async def unfreeze_ledger_account(self, request: pb.UnfreezeLedgerAccountRequest, call: Call) -> Message:
        """Let an account take requests again on one side or both."""
        with replayable(call):
            completed = await self._accounts.unfreeze(
                call.principal, idempotent_request(request, call), _name(request), _sides(request.side)
            )
        return pb.UnfreezeLedgerAccountResponse.FromString(_reply(call, completed))

    async def close_ledger_account(self, request: pb.CloseLedgerAccountRequest, call: Call) -> Message:
        """Close an account for good."""
        with replayable(call):
            completed = await self._accounts.close(call.principal, idempotent_request(request, call), _name(request))
        return pb.CloseLedgerAccountResponse.FromString(_reply(call, completed))

    async def verify_ledger_account(self, request: pb.VerifyLedgerAccountRequest, call: Call) -> Message:
        """Compute an account again from its entries."""
        found = await self._accounts.verify(call.principal, _name(request))
        return pb.VerifyLedgerAccountResponse(
            consistent=not found.differences, entries_checked=found.entries, differences=found.differences
        )


def _name(
    request: pb.GetLedgerAccountRequest
    | pb.UpdateLedgerAccountRequest
    | pb.FreezeLedgerAccountRequest
    | pb.UnfreezeLedgerAccountRequest
    | pb.CloseLedgerAccountRequest
    | pb.VerifyLedgerAccountRequest,
) -> AccountName:
    return AccountName(request.ledger_account_id, request.code)


def _sides(number: int) -> frozenset[Side]:
    """The side that was named; both when none was."""
    return frozenset({SIDE_FROM_MESSAGE[number]}) if number else BOTH_SIDES


def _reply(call: Call, completed: Completed) -> bytes:
    """The encoded reply, once the call is marked when it is a stored one."""
    if completed.replayed:
        call.mark_replayed()
    return completed.reply
