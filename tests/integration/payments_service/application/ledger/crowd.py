"""Many callers of the ledger at once, over connections of their own, and what they were told."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
from payments_api.v1 import error_reason_pb2, ledger_pb2

from tests.integration.payments_service.application.house import read_failure
from tests.integration.payments_service.application.ledger.teller import Teller, posting

ACCOUNTS = ("caller:a", "caller:b", "caller:c", "caller:d")
BANK = "caller:bank"


@dataclass
class Crowd:
    """Callers, and all that was granted to them or refused.

    Attributes:
        tellers: one a connection; tasks share them out.
        granted: transactions of the replies, none of them a duplicate.
        refused: how often which reason was given.
    """

    tellers: Sequence[Teller]
    granted: list[ledger_pb2.LedgerTransaction] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    async def run(self, tasks: int, task: Callable[["Crowd", Teller, random.Random], Awaitable[None]]) -> None:
        """So many tasks at once, each with chances of its own."""
        numbers = range(tasks)
        await asyncio.gather(
            *(task(self, self.tellers[number % len(self.tellers)], random.Random(number)) for number in numbers)
        )

    async def one(self, teller: Teller, method: str, **fields: Any) -> ledger_pb2.LedgerTransaction | None:
        """One call that posts one transaction; None when it was refused."""
        try:
            reply = await teller.call(method, **fields)
        except grpc.aio.AioRpcError as error:
            self.refused[read_failure(error).reason] += 1
            return None
        assert not reply.duplicate
        self.granted.append(reply.transaction)
        made: ledger_pb2.LedgerTransaction = reply.transaction
        return made

    async def batch(self, teller: Teller, *groups: Sequence[ledger_pb2.Posting], atomic: bool = False) -> None:
        """One call with a transaction for each line; with `atomic` those of each group are granted all or none."""
        lines = [(f"group {number}", line) for number, group in enumerate(groups) for line in group]
        outcomes = await teller.batch(
            *(
                {"post": ledger_pb2.NewTransaction(postings=[line]), "atomic_group": name if atomic else ""}
                for name, line in lines
            )
        )
        ends: set[tuple[str, bool]] = set()
        for outcome, (name, _) in zip(outcomes, lines, strict=True):
            granted = not outcome.HasField("error")
            ends.add((name, granted))
            if granted:
                self.granted.append(outcome.transaction)
            else:
                reason = error_reason_pb2.ErrorReason.Name(outcome.error.reason)
                self.refused[reason.removeprefix("ERROR_REASON_")] += 1
        assert not atomic or len(ends) == len(groups)

    def moved(self) -> dict[str, tuple[int, int]]:
        """The posted balance of each account, and what is still held from it, by what the replies said."""
        posted, held = Counter[str](), Counter[str]()
        for one in self.granted:
            kind = ledger_pb2.LedgerTransactionKind.Name(one.kind).removeprefix("LEDGER_TRANSACTION_KIND_")
            for line in one.postings:
                amount = line.amount.amount_minor
                if kind in {"POST", "CAPTURE", "REVERSE"}:
                    posted[line.debit_account] -= amount
                    posted[line.credit_account] += amount
                if kind in {"HOLD", "CAPTURE", "VOID"}:
                    held[line.debit_account] += amount if kind == "HOLD" else -amount
        return {code: (posted[code], held[code]) for code in (*ACCOUNTS, BANK)}


async def trade(crowd: Crowd, teller: Teller, chance: random.Random) -> None:
    """Three things in a row between accounts that everybody uses."""

    def line(amount_max: int = 40) -> ledger_pb2.Posting:
        debit, credit = chance.sample(ACCOUNTS, 2)
        return posting(debit, credit, chance.randint(1, amount_max))

    for _ in range(3):
        what = chance.choice(["post", "batch", "group", "hold", "reverse"])
        lines = [line() for _ in range(chance.randint(1, 3))]
        if what == "batch":
            await crowd.batch(teller, [line() for _ in range(6)])
        elif what == "group":
            await crowd.batch(teller, [line(15) for _ in range(2)], [line(15) for _ in range(3)], atomic=True)
        else:
            draft = ledger_pb2.NewTransaction(postings=lines, pending=what == "hold")
            made = await crowd.one(teller, "PostTransaction", transaction=draft)
            if made is not None and what == "hold":
                await _capture_and_void(crowd, teller, made, chance)
            elif made is not None and what == "reverse":
                part = [chance.randint(1, one.amount.amount_minor) for one in made.postings]
                await crowd.one(teller, "ReverseTransaction", transaction=_target(made, part))


async def _capture_and_void(
    crowd: Crowd, teller: Teller, hold: ledger_pb2.LedgerTransaction, chance: random.Random
) -> None:
    """A part, another part, and sometimes what is left is given back."""
    half = [line.amount.amount_minor // 2 for line in hold.postings]
    if any(half):
        await asyncio.gather(
            *(crowd.one(teller, "PostPendingTransaction", transaction=_target(hold, half)) for _ in range(3))
        )
    if chance.random() < 0.5:
        await crowd.one(teller, "VoidPendingTransaction", transaction=_target(hold, []))


def _target(one: ledger_pb2.LedgerTransaction, part: list[int]) -> ledger_pb2.TargetedTransaction:
    return ledger_pb2.TargetedTransaction(target_transaction_id=one.id, part_minor=part)
