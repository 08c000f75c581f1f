"""Rules about time: it passes when the machine says so, and then holds expire."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from payments_service.application.ledger.expire_holds import ExpireHolds
from tests.integration.payments_service.application.ledger.machine.asking import Asking
from tests.integration.payments_service.application.ledger.machine.messages import transaction_message
from tests.integration.payments_service.application.ledger.machine.wishes import DAY


class TimeRules(Asking):
    """The clock, and the worker that waits for it."""

    @rule(step=st.sampled_from([timedelta(microseconds=1), timedelta(seconds=1), timedelta(minutes=7), DAY]))
    def time_passes(self, step: timedelta) -> None:
        self.model.now += step
        self.clock.set(self.model.now)

    @rule()
    def holds_expire(self) -> None:
        worker = ExpireHolds(self.line.teller.core.transactions)
        done, made = self.model.expire()
        assert self.line.run(worker.run_once()) == done
        for fact in made:
            (found,) = self._pages("ListTransactions", "transactions", 0, reference_prefix=fact.reference)
            fact.id = found.id
            self._same(transaction_message(self.model, fact), found)
            self._note("ExpireHolds", "POSTED")
