"""Rules that read transactions, entries and balances."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule
from payments_api.v1 import ledger_pb2

from tests.integration.payments_service.application.ledger.machine.asking import Asking, of
from tests.integration.payments_service.application.ledger.machine.clock import START
from tests.integration.payments_service.application.ledger.machine.messages import (
    balance_of,
    effective_balance_of,
    entry_messages,
    timestamp,
    transaction_message,
)
from tests.integration.payments_service.application.ledger.machine.model import HOLD, Fact
from tests.integration.payments_service.application.ledger.machine.wishes import (
    CODES,
    FEW,
    METADATA,
    NO_TRANSACTION,
    SHIFTS,
    USD,
    mostly,
)


class ReadingRules(Asking):
    """What there is to see, now and then."""

    @of("GetTransaction")
    @rule(pick=st.integers(0, 9), by_reference=st.booleans(), nobodys=mostly(st.just(False), True))
    def get_transaction(self, pick: int, by_reference: bool, nobodys: bool) -> None:
        facts = self.model.facts
        if nobodys or not facts:
            self._read("GetTransaction", {"LEDGER_TRANSACTION_NOT_FOUND"}, transaction_id=NO_TRANSACTION)
            return
        fact = facts[-1 - pick % len(facts)]
        key = {"reference": fact.name} if by_reference else {"transaction_id": fact.id}
        self._same(transaction_message(self.model, fact), self._read("GetTransaction", set(), **key).reply.transaction)

    @of("ListTransactions")
    @rule(
        account=mostly(st.sampled_from(["", *USD]), "caller:nobody"),
        prefix=st.sampled_from(["", "", "fact-1", "expiry:"]),
        metadata=METADATA,
        kinds=st.lists(st.integers(1, 6), max_size=3),
        acting_on=st.none() | FEW,
        since=st.none() | SHIFTS,
        before=st.none() | SHIFTS,
        size=st.integers(0, 4),
    )
    def list_transactions(
        self,
        account: str,
        prefix: str,
        metadata: dict[str, str],
        kinds: list[int],
        acting_on: int | None,
        since: timedelta | None,
        before: timedelta | None,
        size: int,
    ) -> None:
        if account == "caller:nobody":
            self._read("ListTransactions", {"LEDGER_ACCOUNT_NOT_FOUND"}, account=account)
            return
        holds = [fact for fact in self.model.facts if fact.kind == HOLD]
        hold = None if acting_on is None or not holds else holds[-1 - acting_on % len(holds)]
        found = self._pages(
            "ListTransactions",
            "transactions",
            size,
            account=account,
            reference_prefix=prefix,
            metadata=metadata,
            kinds=kinds,
            target_transaction_id=hold.id if hold else "",
            effective_time_from=None if since is None else timestamp(self.model.now + since),
            effective_time_before=None if before is None else timestamp(self.model.now + before),
        )

        def wanted(fact: Fact) -> bool:
            return (
                (not account or any(account in {line.debit, line.credit} for line in fact.lines))
                # Where none was given there is none to begin with anything.
                and (not prefix or fact.name.startswith(prefix))
                and metadata.items() <= fact.metadata.items()
                and (not kinds or fact.kind in kinds)
                and (hold is None or fact.target is hold)
                and (since is None or fact.effective >= self.model.now + since)
                and (before is None or fact.effective < self.model.now + before)
            )

        expected = [transaction_message(self.model, fact) for fact in reversed(self.model.facts) if wanted(fact)]
        self._same(expected, found)

    @of("GetSealProof", "ListSeals")
    @rule(pick=FEW, nobodys=mostly(st.just(False), True))
    def nothing_is_sealed(self, pick: int, nobodys: bool) -> None:
        """No sealer is at work here; what one does is shown in the tests of sealing."""
        facts = self.model.facts
        if nobodys or not facts:
            self._read("GetSealProof", {"LEDGER_TRANSACTION_NOT_FOUND"}, transaction_id=NO_TRANSACTION)
        else:
            fact = facts[-1 - pick % len(facts)]
            self._read("GetSealProof", {"NOT_SEALED_YET"}, transaction_id=fact.id)
        self._same([], list(self._read("ListSeals", set()).reply.seals))

    @of("ListEntries")
    @rule(code=CODES, by_id=st.booleans(), size=st.integers(0, 4))
    def list_entries(self, code: str, by_id: bool, size: int) -> None:
        if code not in self.model.accounts:
            self._read("ListEntries", {"LEDGER_ACCOUNT_NOT_FOUND"}, code=code)
            return
        self._same(
            entry_messages(self.model, code), self._pages("ListEntries", "entries", size, **self._named(code, by_id))
        )

    @of("GetBalance")
    @rule(code=CODES, by_id=st.booleans(), at=st.sampled_from(["now", "record", "effective"]), pick=FEW, shift=SHIFTS)
    def get_balance(self, code: str, by_id: bool, at: str, pick: int, shift: timedelta) -> None:
        account = self.model.accounts.get(code)
        fields, expected = self._balance(at, pick, shift)
        answer = self._read("GetBalance", self._account_faults(account), **self._named(code, by_id), **fields)
        if not answer.failure:
            self._same(expected(code), answer.reply.balance)

    @of("BatchGetBalances")
    @rule(
        codes=st.lists(CODES, min_size=1, max_size=4),
        at=st.sampled_from(["now", "record", "effective"]),
        pick=FEW,
        shift=SHIFTS,
    )
    def batch_get_balances(self, codes: list[str], at: str, pick: int, shift: timedelta) -> None:
        fields, expected = self._balance(at, pick, shift)
        missing = [code for code in codes if code not in self.model.accounts]
        faults = {"LEDGER_ACCOUNT_NOT_FOUND"} if missing else set()
        answer = self._read("BatchGetBalances", faults, accounts=codes, **fields)
        if answer.failure:
            assert answer.failure.metadata["code"] == missing[0]
        else:
            self._same([expected(code) for code in codes], list(answer.reply.balances))

    def _balance(
        self, at: str, pick: int, shift: timedelta
    ) -> tuple[dict[str, Any], Callable[[str], ledger_pb2.Balance]]:
        """A time near one that matters, as a request's field, and the model's balance then."""
        if at == "now":
            return {}, lambda code: balance_of(self.model, code)
        facts = self.model.facts
        fact = facts[-1 - pick % len(facts)] if facts else None
        if at == "record":
            time = (fact.recorded if fact else START) + shift
            return {"record_time": timestamp(time)}, lambda code: balance_of(self.model, code, time)
        time = (fact.effective if fact else START) + shift
        return {"effective_time": timestamp(time)}, lambda code: effective_balance_of(self.model, code, time)
