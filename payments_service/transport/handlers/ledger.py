"""payments_api.v1.LedgerService."""

from google.protobuf.message import Message
from payments_api.v1 import ledger_service_pb2 as pb

from payments_service.application.ledger.read import AccountName, LedgerReader
from payments_service.transport.call import Call
from payments_service.transport.convert.basic import time_from_message
from payments_service.transport.convert.ledger import balance_to_message, entry_to_message
from payments_service.transport.page_token import decode_page_token, encode_page_token, page_size

VERSION_BYTES = 8


class LedgerHandlers:
    """The ledger: see the service's own comments."""

    def __init__(self, reader: LedgerReader) -> None:
        self._reader = reader

    async def get_balance(self, request: pb.GetBalanceRequest, call: Call) -> Message:
        """Get an account's balance, now or at a record time."""
        account = AccountName(request.ledger_account_id, request.code)
        time = time_from_message(request.record_time, "record_time") if request.HasField("record_time") else None
        return pb.GetBalanceResponse(
            balance=balance_to_message(await self._reader.balance(call.principal, account, time))
        )

    async def list_entries(self, request: pb.ListEntriesRequest, call: Call) -> Message:
        """List an account's entries, newest first."""
        position = decode_page_token(request, request.page_token)
        size = page_size(request.page_size)
        before = int.from_bytes(position, "big") if position is not None else None
        account = AccountName(request.ledger_account_id, request.code)
        found = await self._reader.history(call.principal, account, before, size + 1)
        token = ""
        if len(found) > size:
            token = encode_page_token(request, found[size - 1].entry.version.to_bytes(VERSION_BYTES, "big"))
        return pb.ListEntriesResponse(entries=[entry_to_message(line) for line in found[:size]], next_page_token=token)
