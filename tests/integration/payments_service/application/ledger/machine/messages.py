"""What the model says as the API's messages, to be compared with replies as wholes."""

from datetime import datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from payments_api.v1 import ledger_pb2 as pb
from payments_api.v1 import money_pb2

from tests.integration.payments_service.application.ledger.machine.model import (
    CAPTURE,
    DEBIT,
    HOLD,
    POST,
    TO_POSTED,
    Fact,
    Model,
    ModelAccount,
)

EFFECTS: dict[int, pb.EntryEffect] = {
    pb.LEDGER_TRANSACTION_KIND_POST: pb.ENTRY_EFFECT_POSTED,
    pb.LEDGER_TRANSACTION_KIND_HOLD: pb.ENTRY_EFFECT_HELD,
    pb.LEDGER_TRANSACTION_KIND_CAPTURE: pb.ENTRY_EFFECT_CAPTURED,
    pb.LEDGER_TRANSACTION_KIND_VOID: pb.ENTRY_EFFECT_RELEASED,
    pb.LEDGER_TRANSACTION_KIND_EXPIRE: pb.ENTRY_EFFECT_RELEASED,
    pb.LEDGER_TRANSACTION_KIND_REVERSE: pb.ENTRY_EFFECT_POSTED,
}


def timestamp(time: datetime | None) -> Timestamp | None:
    if time is None:
        return None
    message = Timestamp()
    message.FromDatetime(time)
    return message


def money(amount: int, currency: str) -> money_pb2.Money:
    return money_pb2.Money(amount_minor=amount, currency_code=currency)


def balance_of(model: Model, code: str, recorded: datetime | None = None) -> pb.Balance:
    """An account's balance now, or as recorded at a time."""
    account = model.accounts[code]
    times = [fact.recorded for fact, *_ in model.entries(code) if recorded is None or fact.recorded <= recorded]
    posted, out = model.posted(code, recorded=recorded), model.pending(code, -1, recorded=recorded)
    return pb.Balance(
        ledger_account_id=account.id,
        code=code,
        kind=account.kind,  # type: ignore[arg-type]  # an enum's number
        posted=money(posted, account.currency),
        pending_out=money(out, account.currency),
        pending_in=money(model.pending(code, 1, recorded=recorded), account.currency),
        available=money(posted - out, account.currency),
        version=len(times),
        record_time=timestamp(times[-1]) if times else None,
    )


def effective_balance_of(model: Model, code: str, effective: datetime) -> pb.Balance:
    """An account's balance by what had happened up to a time."""
    balance = balance_of(model, code)
    for name in ("pending_out", "pending_in", "available"):
        balance.ClearField(name)
    balance.posted.amount_minor = model.posted(code, effective=effective)
    return balance


def account_message(model: Model, account: ModelAccount) -> pb.LedgerAccount:
    """An account as it is now."""
    sides = {frozenset({1}): "DEBIT_FROZEN", frozenset({2}): "CREDIT_FROZEN", frozenset({1, 2}): "FROZEN"}
    state = "CLOSED" if account.closed else sides.get(account.frozen, "OPEN")
    return pb.LedgerAccount(
        id=account.id,
        code=account.code,
        kind=account.kind,  # type: ignore[arg-type]  # an enum's number
        currency_code=account.currency,
        owner_id=account.owner_id,
        floor=None if account.floor is None else money(account.floor, account.currency),
        state=f"LEDGER_ACCOUNT_STATE_{state}",
        balance=balance_of(model, account.code),
        metadata=account.metadata,
        etag=account.etag,
        create_time=timestamp(account.create_time),
        update_time=timestamp(account.update_time),
    )


def transaction_message(model: Model, fact: Fact) -> pb.LedgerTransaction:
    """A transaction as it is now. The ids of what was posted a moment ago are not known yet."""
    left = model.remaining(fact) if fact.kind in {POST, HOLD, CAPTURE} else [0] * len(fact.lines)
    return pb.LedgerTransaction(
        id=fact.id,
        reference=fact.name,
        kind=fact.kind,  # type: ignore[arg-type]  # an enum's number
        target_transaction_id=fact.target.id if fact.target else "",
        postings=[
            pb.Posting(
                debit_account=line.debit,
                credit_account=line.credit,
                amount=money(line.amount, line.currency),
                remaining=money(rest, line.currency) if rest else None,
            )
            for line, rest in zip(fact.lines, left, strict=True)
        ],
        pending_state=model.pending_state(fact),  # type: ignore[arg-type]  # an enum's number
        effective_time=timestamp(fact.effective),
        record_time=timestamp(fact.recorded),
        expire_time=timestamp(fact.expires),
        description=fact.description,
        metadata=fact.metadata,
        actor=fact.actor,
    )


def entry_messages(model: Model, code: str) -> list[pb.Entry]:
    """The entries of an account, newest first."""
    account, posted, found = model.accounts[code], 0, []
    for version, (fact, line, side) in enumerate(model.entries(code), start=1):
        posted += TO_POSTED.get(fact.kind, 0) * model.sign(code, side) * line.amount
        found.append(
            pb.Entry(
                ledger_account_id=account.id,
                version=version,
                transaction_id=fact.id,
                reference=fact.name,
                side=pb.SIDE_DEBIT if side == DEBIT else pb.SIDE_CREDIT,
                effect=EFFECTS[fact.kind],
                amount=money(line.amount, line.currency),
                posted_after=money(posted, line.currency),
                effective_time=timestamp(fact.effective),
                record_time=timestamp(fact.recorded),
                description=fact.description,
            )
        )
    return found[::-1]


def balances_after(model: Model, fact: Fact) -> list[pb.Balance]:
    """The balances now of the accounts that a transaction touches, in the order in which it does."""
    codes = dict.fromkeys(code for line in fact.lines for code in (line.debit, line.credit))
    return [balance_of(model, code) for code in codes]


def shown(model: Model, fact: Fact) -> tuple[pb.LedgerTransaction, list[pb.Balance]]:
    """What a reply gives of a transaction that was posted just now."""
    return transaction_message(model, fact), balances_after(model, fact)


def differences(expected: Any, found: Any) -> str:
    """Both, for people, when they are not the same."""
    return "" if expected == found else f"\n--- the model ---\n{expected}\n--- the ledger ---\n{found}"
