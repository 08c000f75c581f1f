"""Rules that post."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule
from payments_api.v1 import error_reason_pb2, ledger_pb2
from payments_api.v1 import ledger_service_pb2 as pb

from tests.integration.payments_service.application.ledger.machine.asking import Asking, of
from tests.integration.payments_service.application.ledger.machine.messages import (
    shown,
    transaction_message,
)
from tests.integration.payments_service.application.ledger.machine.model import Fact
from tests.integration.payments_service.application.ledger.machine.rules import RESERVED, Verdict, judge, judge_batch
from tests.integration.payments_service.application.ledger.machine.wishes import (
    ACTS,
    DRY_RUNS,
    FEW,
    ITEMS,
    METHODS,
    NewWish,
    TargetWish,
    mostly,
    new_wishes,
    target_wishes,
)


class PostingRules(Asking):
    """Transactions one by one and in batches."""

    @of("PostTransaction")
    @rule(wish=new_wishes(), dry_run=DRY_RUNS)
    def post_transaction(self, wish: NewWish, dry_run: bool) -> None:
        self._post("PostTransaction", "post", self.requests.new(wish), dry_run)

    @rule(wish=new_wishes(st.just(True)))
    def hold(self, wish: NewWish) -> None:
        self._post("PostTransaction", "post", self.requests.new(wish), dry_run=False)

    @rule(wish=new_wishes(st.just(False)))
    def move(self, wish: NewWish) -> None:
        self._post("PostTransaction", "post", self.requests.new(wish), dry_run=False)

    @rule(first=new_wishes(st.just(False)), pick=FEW, other=mostly(st.just(False), True))
    def post_a_name_again(self, first: NewWish, pick: int, other: bool) -> None:
        """A reference that was used, with a key of its own: the same fact, or another one."""
        earlier = [one for one in self.done if one[0] == "PostTransaction" and one[1].transaction.reference]
        if not earlier:
            return
        message = ledger_pb2.NewTransaction()
        message.CopyFrom(earlier[-1 - pick % len(earlier)][1].transaction)
        if other:
            message.postings[0].amount.amount_minor += 1
        self._post("PostTransaction", "post", message, dry_run=first.by_id)

    @rule(wish=new_wishes(), name=st.sampled_from([*(f"{name}x" for name in RESERVED), "x" * 255, "x" * 256]))
    def post_under_a_strange_name(self, wish: NewWish, name: str) -> None:
        message = self.requests.new(wish)
        message.reference = name
        self._post("PostTransaction", "post", message, dry_run=False)

    @of("PostPendingTransaction")
    @rule(wish=target_wishes("post_pending"), dry_run=DRY_RUNS)
    def post_pending_transaction(self, wish: TargetWish, dry_run: bool) -> None:
        self._post(METHODS[wish.action], wish.action, self.requests.targeted(wish, []), dry_run)

    @of("VoidPendingTransaction")
    @rule(wish=target_wishes("void_pending"), dry_run=DRY_RUNS)
    def void_pending_transaction(self, wish: TargetWish, dry_run: bool) -> None:
        self._post(METHODS[wish.action], wish.action, self.requests.targeted(wish, []), dry_run)

    @of("ReverseTransaction")
    @rule(wish=target_wishes("reverse"), dry_run=DRY_RUNS)
    def reverse_transaction(self, wish: TargetWish, dry_run: bool) -> None:
        self._post(METHODS[wish.action], wish.action, self.requests.targeted(wish, []), dry_run)

    @rule(wish=new_wishes(), acts=ACTS)
    def deal(self, wish: NewWish, acts: list[TargetWish]) -> None:
        """A transaction, and what is done to it and to those before it."""
        self._post("PostTransaction", "post", self.requests.new(wish), dry_run=False)
        for act in acts:
            self._post(METHODS[act.action], act.action, self.requests.targeted(act, []), dry_run=False)

    def _post(self, method: str, action: str, message: Any, dry_run: bool) -> None:
        """Ask both for one transaction."""
        mark = self._mark()
        verdict = judge(self.model, action, message)
        if verdict.fact is not None and not verdict.duplicate:
            verdict.shown = shown(self.model, verdict.fact)
        if dry_run:
            self._take_back(mark)
        request = getattr(pb, f"{method}Request")(transaction=message, dry_run=dry_run)
        answer = self._change(method, request, verdict.faults)
        if not answer.failure:
            self._compare(verdict, answer.reply, [])
            self._note(method, "DUPLICATE" if verdict.duplicate else "DRY RUN" if dry_run else "POSTED")

    @of("BatchPostTransactions")
    @rule(wishes=ITEMS, dry_run=DRY_RUNS)
    def batch_post_transactions(self, wishes: list[tuple[Any, str, str]], dry_run: bool) -> None:
        items = self.requests.items(wishes)
        mark = self._mark()
        verdicts = judge_batch(self.model, items, lambda fact: shown(self.model, fact))
        if dry_run:
            self._take_back(mark)
        request = pb.BatchPostTransactionsRequest(items=items, dry_run=dry_run)
        answer = self._change("BatchPostTransactions", request, set() if verdicts else {"REQUEST_INVALID"})
        if answer.failure or verdicts is None:
            return
        fresh = [verdict.fact for verdict in verdicts if verdict.fact and not verdict.duplicate]
        for verdict, outcome in zip(verdicts, answer.reply.outcomes, strict=True):
            reason = error_reason_pb2.ErrorReason.Name(outcome.error.reason).removeprefix("ERROR_REASON_")
            if verdict.faults:
                assert outcome.HasField("error"), (verdict, outcome)
                assert reason in verdict.faults, (verdict, outcome)
                assert not outcome.HasField("transaction")
                self._note("BatchPostTransactions", reason)
            else:
                assert not outcome.HasField("error"), (verdict, outcome)
                self._compare(verdict, outcome, fresh)
                self._note("BatchPostTransactions", "DUPLICATE" if verdict.duplicate else "POSTED")

    def _compare(self, verdict: Verdict, found: Any, fresh: list[Fact]) -> None:
        """See that a posted or known transaction is shown as the model has it; learn its id."""
        fact = verdict.fact
        assert fact is not None
        made = found.transaction
        if verdict.duplicate and fact not in fresh:
            # It was there before the call: it is shown as it is now, and the balances as they were after it.
            self._same(transaction_message(self.model, fact), made)
            self._same(fact.shown[1], list(found.balances))
        else:
            expected, balances = verdict.shown or fact.shown
            if fact in self.model.facts and not fact.id:
                assert made.id.startswith("lt_")
                assert made.id not in {one.id for one in self.model.facts}
                fact.id = made.id
            expected.id = fact.id
            expected.reference = fact.reference or fact.id or made.reference
            if fact.target is not None:
                expected.target_transaction_id = fact.target.id or made.target_transaction_id
            self._same(expected, made)
            self._same(balances, list(found.balances))
            fact.shown = expected, balances
        assert found.duplicate == verdict.duplicate
