"""What the model makes of a request: the transaction that comes of it, or every rule that it breaks.

Where several rules are broken the API does not say which one is named, so any of them will do.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from payments_api.v1 import ledger_service_pb2 as service

from tests.integration.payments_service.application.ledger.machine.model import (
    CAPTURE,
    CREDIT,
    DEBIT,
    HOLD,
    POST,
    REVERSE,
    VOID,
    Fact,
    Line,
    Model,
    left_lines,
)

CURRENCIES = {"usd", "eur"}
RESERVED = ("stripe:", "charge:", "expiry:", "caller/", "user/")
AMOUNT_MAX = 10**12
ACTIONS = {"post_pending": CAPTURE, "void_pending": VOID, "reverse": REVERSE}


@dataclass
class Verdict:
    """What becomes of one request.

    Attributes:
        faults: reasons of the rules that it breaks; empty when it is posted, or was there already.
        fact: what was posted or was there.
        duplicate: whether it was there.
        shown: the fact and its balances as the reply gives them, if that is how they were right then.
    """

    faults: set[str] = field(default_factory=set)
    fact: Fact | None = None
    duplicate: bool = False
    shown: Any = None


def judge(model: Model, action: str, message: Any) -> Verdict:
    """Post one transaction to the model, unless it breaks a rule."""
    fact, faults = _own(model, message) if action == "post" else _acting(model, ACTIONS[action], message)
    faults |= _text_faults(message)
    there = model.called(message.reference)
    if there is not None:
        if fact is not None and there.content == fact.content:
            return Verdict(fact=there, duplicate=True)
        return Verdict(faults | {"REFERENCE_REUSED"})
    if fact is not None:
        faults |= _target_faults(model, fact, message)
    if faults or fact is None:
        return Verdict(faults)
    faults |= _effects(model, fact, message.conditions)
    return Verdict(faults) if faults else Verdict(fact=fact)


def judge_batch(model: Model, items: Sequence[service.BatchPostTransactionsItem], show: Any) -> list[Verdict] | None:
    """Post a batch to the model, each item alone or in its group; None when a group is in pieces.

    `show(fact)` is asked for what there is to see of a fact right after it was posted.
    """
    runs = [(name, list(members)) for name, members in groupby(items, key=lambda item: item.atomic_group)]
    names = [name for name, _ in runs if name]
    if len(set(names)) < len(names):
        return None
    verdicts: list[Verdict] = []
    for name, members in runs:
        mark = len(model.facts), len(model.expiring)
        found = [_judge_item(model, item, show) for item in members]
        faults = set().union(*(verdict.faults for verdict in found))
        if name and faults:
            del model.facts[mark[0] :], model.expiring[mark[1] :]
            found = [Verdict(faults) for _ in members]
        verdicts += found
    return verdicts


def _judge_item(model: Model, item: service.BatchPostTransactionsItem, show: Any) -> Verdict:
    action = item.WhichOneof("action")
    if action is None:
        return Verdict({"REQUEST_INVALID"})
    verdict = judge(model, action, getattr(item, action))
    if verdict.fact is not None and not verdict.duplicate:
        verdict.shown = show(verdict.fact)
    return verdict


def _own(model: Model, message: Any) -> tuple[Fact | None, set[str]]:
    """A new transaction with postings of its own."""
    faults: set[str] = set()
    lines = []
    for index, posting in enumerate(message.postings):
        amount, currency = posting.amount.amount_minor, posting.amount.currency_code.lower()
        faults |= _amount_faults(amount)
        faults |= set() if currency in CURRENCIES else {"CURRENCY_UNSUPPORTED"}
        codes = []
        for text in (posting.debit_account, posting.credit_account):
            account = model.account_named(text)
            if account is None:
                own = text.startswith(("caller:", "la_"))
                faults.add(
                    "LEDGER_ACCOUNT_NOT_FOUND" if own else "LEDGER_ACCOUNT_RESERVED" if text else "REQUEST_INVALID"
                )
            elif account.currency != currency:
                faults.add("CURRENCY_MISMATCH")
            codes.append(account.code if account else text)
        if codes[0] == codes[1]:
            faults.add("REQUEST_INVALID")
        lines.append(Line(index, codes[0], codes[1], amount, currency))
    expires = _time(message, "expire_time")
    effective = _time(message, "effective_time")
    if not 1 <= len(lines) <= 100 or (expires and not message.pending):
        faults.add("REQUEST_INVALID")
    if faults:
        return None, faults
    kind = HOLD if message.pending else POST
    fact = _fact(model, kind, tuple(lines), message, effective or model.now)
    fact.expires = expires
    fact.content = (kind, fact.lines, effective, expires, message.description, fact.metadata)
    return fact, faults


def _acting(model: Model, kind: int, message: Any) -> tuple[Fact | None, set[str]]:
    """A transaction that acts on another one, of which it may not be able to take what it wants."""
    if not (message.target_transaction_id or message.target_reference):
        return None, {"REQUEST_INVALID"}
    faults: set[str] = set()
    parts, effective = list(message.part_minor), _time(message, "effective_time")
    if parts and kind == VOID:
        faults.add("REQUEST_INVALID")
    elif parts and not any(parts):
        faults.add("AMOUNT_ZERO")
    elif any(part < 0 for part in parts):
        faults.add("AMOUNT_NEGATIVE")
    if message.at_original_time and (kind != REVERSE or effective):
        faults.add("REQUEST_INVALID")
    target = (
        next((fact for fact in model.facts if fact.id and fact.id == message.target_transaction_id), None)
        if message.target_transaction_id
        else model.called(message.target_reference)
    )
    if target is None:
        return None, faults | {"LEDGER_TRANSACTION_NOT_FOUND"}
    if target.name.startswith(RESERVED):
        return None, faults | {"REFERENCE_RESERVED"}
    if faults:
        return None, faults
    at_original = target.effective if message.at_original_time else None
    fact = _fact(model, kind, (), message, effective or at_original or model.now)
    fact.target = target
    asked = (message.description, fact.metadata, message.at_original_time)
    fact.content = (kind, target, tuple(parts), effective, *asked)
    return fact, faults


def _target_faults(model: Model, fact: Fact, message: Any) -> set[str]:
    """What of its target a transaction cannot have; fills in its lines when it can."""
    if fact.expires is not None and fact.expires <= model.now:
        return {"REQUEST_INVALID"}
    target = fact.target
    if target is None:
        return set()
    wanted = (POST, CAPTURE) if fact.kind == REVERSE else (HOLD,)
    if target.kind not in wanted:
        return {"INVALID_STATE"}
    faults: set[str] = set()
    exhausted = "REVERSAL_EXCEEDS_ORIGINAL" if fact.kind == REVERSE else "HOLD_EXHAUSTED"
    left = model.remaining(target)
    parts = list(message.part_minor) or left
    if len(parts) != len(left):
        faults.add("REQUEST_INVALID")
    elif not any(left) or any(part > rest for part, rest in zip(parts, left, strict=True)):
        faults.add(exhausted)
    if fact.kind == CAPTURE and model.is_past(target):
        faults.add(exhausted)
    if not faults:
        fact.lines = left_lines(target, parts, back=fact.kind == REVERSE)
    return faults


def _effects(model: Model, fact: Fact, conditions: Any) -> set[str]:
    """What a transaction would do to its accounts that they do not allow; it stays posted when that is nothing."""
    touched = dict.fromkeys(code for line in fact.lines for code in (line.debit, line.credit))
    before = {code: (model.available(code), model.version(code)) for code in touched}
    faults = _closed_sides(model, fact)
    model.facts.append(fact)
    for code, (was, _) in before.items():
        now, floor = model.available(code), model.accounts[code].floor
        if fact.kind != VOID and floor is not None and now < floor and now < was:
            faults.add("INSUFFICIENT_FUNDS")
    for condition in conditions:
        faults |= _condition_faults(model, condition, before)
    if faults:
        model.facts.pop()
    elif fact.expires is not None:
        model.expiring.append(fact)
    return faults


def _closed_sides(model: Model, fact: Fact) -> set[str]:
    """Why accounts do not take what a transaction posts to them; what is given back they always take."""
    faults: set[str] = set()
    sides = [(code, side) for line in fact.lines for code, side in ((line.debit, DEBIT), (line.credit, CREDIT))]
    for code, side in sides if fact.kind != VOID else ():
        if model.accounts[code].closed:
            faults.add("ACCOUNT_CLOSED")
        elif side in model.accounts[code].frozen:
            faults.add("ACCOUNT_FROZEN")
    return faults


def _condition_faults(model: Model, condition: Any, before: dict[str, tuple[int, int]]) -> set[str]:
    """What is not as a request wants it; `before` has the available balances and versions before it."""
    account = model.account_named(condition.account)
    if account is None or account.code not in before:
        return {"REQUEST_INVALID"}
    faults: set[str] = set()
    if condition.HasField("expected_version") and condition.expected_version != before[account.code][1]:
        faults.add("VERSION_MISMATCH")
    if condition.HasField("available_min_minor") and model.available(account.code) < condition.available_min_minor:
        faults.add("INSUFFICIENT_FUNDS")
    return faults


def _fact(model: Model, kind: int, lines: tuple[Line, ...], message: Any, effective: datetime) -> Fact:
    return Fact(
        kind,
        lines,
        effective,
        model.now,
        message.reference,
        description=message.description,
        metadata=dict(message.metadata),
    )


def _amount_faults(amount: int) -> set[str]:
    if amount == 0:
        return {"AMOUNT_ZERO"}
    if amount < 0:
        return {"AMOUNT_NEGATIVE"}
    return {"AMOUNT_TOO_LARGE"} if amount > AMOUNT_MAX else set()


def _text_faults(message: Any) -> set[str]:
    faults: set[str] = set()
    if message.reference.startswith(RESERVED):
        faults.add("REFERENCE_RESERVED")
    if len(message.reference) > 255 or any(not one.account for one in message.conditions):
        faults.add("REQUEST_INVALID")
    return faults


def _time(message: Any, name: str) -> datetime | None:
    time: datetime | None = getattr(message, name).ToDatetime(tzinfo=UTC) if message.HasField(name) else None
    return time
