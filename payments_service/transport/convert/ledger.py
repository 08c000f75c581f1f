"""Balances, entries and trial balances as messages."""

from collections.abc import Mapping
from typing import cast

from payments_api.v1 import ledger_pb2, reporting_pb2

from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.ledger.account import Account, AccountKind, Side
from payments_service.domain.ledger.namespace import outside_reference
from payments_service.domain.ledger.transaction import Effect
from payments_service.domain.ledger.views import Balance, EffectiveBalance, HistoryLine
from payments_service.domain.money import Money
from payments_service.transport.convert.basic import fill_money, fill_time, money_to_message, time_to_message

KIND_TO_MESSAGE = {kind: f"LEDGER_ACCOUNT_KIND_{kind.name}" for kind in AccountKind}
SIDE_TO_MESSAGE = {side: f"SIDE_{side.name}" for side in Side}
_KIND_NUMBERS = cast(
    "Mapping[AccountKind, ledger_pb2.LedgerAccountKind]",
    {kind: ledger_pb2.LedgerAccountKind.Value(name) for kind, name in KIND_TO_MESSAGE.items()},
)
EFFECT_TO_MESSAGE = {effect: f"ENTRY_EFFECT_{effect.name}" for effect in Effect}


def balance_to_message(balance: Balance) -> ledger_pb2.Balance:
    """A balance for a reply."""
    message = ledger_pb2.Balance(
        ledger_account_id=format_id(Prefix.LEDGER_ACCOUNT, balance.account_id),
        code=balance.code,
        kind=_KIND_NUMBERS[balance.kind],
        version=balance.version,
    )
    # In place: messages within messages would be made and then copied, and this is asked for more than all else.
    fill_money(message.posted, balance.posted.amount_minor, balance.posted.currency)
    fill_money(message.pending_out, balance.pending_out.amount_minor, balance.pending_out.currency)
    fill_money(message.pending_in, balance.pending_in.amount_minor, balance.pending_in.currency)
    fill_money(message.available, balance.available.amount_minor, balance.available.currency)
    if balance.record_time is not None:
        fill_time(message.record_time, balance.record_time)
    return message


def fill_balance(message: ledger_pb2.Balance, account: Account) -> None:
    """Write the balance of an account as it is here into a reply.

    In place: a posting's reply has two of them, and making messages to have them copied costs several times as much.
    """
    currency, posted, pending_out = account.currency, account.posted_minor, account.pending_out_minor
    message.ledger_account_id = format_id(Prefix.LEDGER_ACCOUNT, account.id)
    message.code = account.code
    message.kind = _KIND_NUMBERS[account.kind]
    fill_money(message.posted, posted, currency)
    fill_money(message.pending_out, pending_out, currency)
    fill_money(message.pending_in, account.pending_in_minor, currency)
    fill_money(message.available, posted - pending_out, currency)
    message.version = account.version
    if account.last_record_time is not None:
        fill_time(message.record_time, account.last_record_time)


def effective_balance_to_message(balance: EffectiveBalance) -> ledger_pb2.Balance:
    """A balance at an effective time for a reply: only what was posted."""
    account = balance.account
    return ledger_pb2.Balance(
        ledger_account_id=format_id(Prefix.LEDGER_ACCOUNT, account.id),
        code=account.code,
        kind=KIND_TO_MESSAGE[account.kind],
        posted=money_to_message(balance.posted),
        version=account.version,
        record_time=time_to_message(account.last_record_time) if account.last_record_time else None,
    )


def entry_to_message(line: HistoryLine) -> ledger_pb2.Entry:
    """An entry for a reply."""
    entry = line.entry
    return ledger_pb2.Entry(
        ledger_account_id=format_id(Prefix.LEDGER_ACCOUNT, entry.account_id),
        version=entry.version,
        transaction_id=format_id(Prefix.LEDGER_TRANSACTION, entry.transaction_id),
        reference=outside_reference(line.reference),
        side=SIDE_TO_MESSAGE[entry.side],
        effect=EFFECT_TO_MESSAGE[entry.effect],
        amount=money_to_message(line.amount),
        posted_after=money_to_message(line.posted_after),
        effective_time=time_to_message(line.effective_time),
        record_time=time_to_message(entry.record_time),
        description=line.description,
    )


def trial_balance_line(account: Account) -> reporting_pb2.TrialBalanceLine:
    """One account of a trial balance for a reply."""
    debit = account.posted_debits - account.posted_credits
    return reporting_pb2.TrialBalanceLine(
        ledger_account_id=format_id(Prefix.LEDGER_ACCOUNT, account.id),
        code=account.code,
        kind=KIND_TO_MESSAGE[account.kind],
        debit=money_to_message(Money(max(debit, 0), account.currency)),
        credit=money_to_message(Money(max(-debit, 0), account.currency)),
    )


def trial_balance_totals(lines: list[reporting_pb2.TrialBalanceLine]) -> list[reporting_pb2.TrialBalanceTotal]:
    """The sums of a trial balance, one a currency, by code."""
    sums: dict[str, list[int]] = {}
    for line in lines:
        pair = sums.setdefault(line.debit.currency_code, [0, 0])
        pair[0] += line.debit.amount_minor
        pair[1] += line.credit.amount_minor
    return [
        reporting_pb2.TrialBalanceTotal(
            debit=money_to_message(Money(debit, currency)),
            credit=money_to_message(Money(credit, currency)),
            difference=money_to_message(Money(debit - credit, currency)),
        )
        for currency, (debit, credit) in sorted(sums.items())
    ]
