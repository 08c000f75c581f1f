"""Ledger accounts as messages."""

from payments_api.v1 import ledger_pb2

from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.ledger.account import AccountKind, AccountState, Side
from payments_service.domain.ledger.views import Balance, LedgerAccount
from payments_service.domain.money import Money
from payments_service.transport.convert.basic import money_to_message, time_to_message
from payments_service.transport.convert.ledger import KIND_TO_MESSAGE, SIDE_TO_MESSAGE, balance_to_message

KIND_FROM_MESSAGE: dict[int, AccountKind] = {
    ledger_pb2.LedgerAccountKind.Value(name): kind for kind, name in KIND_TO_MESSAGE.items()
}
SIDE_FROM_MESSAGE: dict[int, Side] = {ledger_pb2.Side.Value(name): side for side, name in SIDE_TO_MESSAGE.items()}
STATE_TO_MESSAGE = {state: f"LEDGER_ACCOUNT_STATE_{state.name}" for state in AccountState}
STATE_FROM_MESSAGE: dict[int, AccountState] = {
    ledger_pb2.LedgerAccountState.Value(name): state for state, name in STATE_TO_MESSAGE.items()
}


def account_to_message(found: LedgerAccount) -> ledger_pb2.LedgerAccount:
    """An account for a reply."""
    account = found.account
    floor = account.floor_minor
    return ledger_pb2.LedgerAccount(
        id=format_id(Prefix.LEDGER_ACCOUNT, account.id),
        code=account.code,
        kind=KIND_TO_MESSAGE[account.kind],
        currency_code=account.currency,
        owner_id=account.owner_id or "",
        floor=None if floor is None else money_to_message(Money(floor, account.currency)),
        state=STATE_TO_MESSAGE[account.state],
        balance=balance_to_message(Balance.of(account)),
        metadata=found.metadata,
        etag=found.etag,
        create_time=time_to_message(found.create_time),
        update_time=time_to_message(found.update_time),
    )
