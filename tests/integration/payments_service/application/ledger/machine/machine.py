"""The machine: a rule for each RPC of LedgerService, asked of the service and of the model alike."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant

from tests.integration.payments_service.application.ledger.machine.clock import START
from tests.integration.payments_service.application.ledger.machine.line import Answer
from tests.integration.payments_service.application.ledger.machine.messages import balance_of
from tests.integration.payments_service.application.ledger.machine.model import Model
from tests.integration.payments_service.application.ledger.machine.rare_rules import RareRules
from tests.integration.payments_service.application.ledger.machine.reading_rules import ReadingRules
from tests.integration.payments_service.application.ledger.machine.wishes import (
    ASSET,
    EUR,
    LIABILITY,
    REVENUE,
    USD,
    NewWish,
    Requests,
)

TABLES = (
    "ledger_hold_expiries",
    "ledger_shifted_entries",
    "ledger_effective_totals",
    "ledger_entries",
    "ledger_transactions",
    "ledger_accounts",
    "idempotency_keys",
)


class LedgerServiceMachine(RareRules, ReadingRules):
    """Every request goes to both; then replies, errors and balances must agree."""

    @initialize(floor=st.sampled_from([0, 0, -30]), funds=st.sampled_from([100, 400, 0]))
    def open_the_books(self, floor: int, funds: int) -> None:
        self.model = Model(START)
        self.requests = Requests(self.model)
        self.clock.empty(*TABLES)
        self.clock.set(START)
        self.keys = 0
        self.freed: dict[str, list[str]] = {}
        self.done: list[tuple[str, Any, Answer]] = []
        kinds = {USD[0]: (REVENUE, None), USD[1]: (LIABILITY, 0), USD[2]: (LIABILITY, floor), USD[3]: (ASSET, 0)}
        for code, (kind, lowest) in kinds.items():
            self._create(code, kind, "usd", "", lowest, {})
        for code in EUR:
            self._create(code, LIABILITY, "EUR", "alice", None, {"order": "1"})
        if funds:
            line = ((USD[0], USD[1]), funds)
            self.post_transaction(NewWish([line], False, None, None, {}, None, True, False), dry_run=False)

    @invariant()
    def the_balances_are_those_of_the_model(self) -> None:
        if hasattr(self, "done"):
            codes = list(self.model.accounts)
            found = self._read("BatchGetBalances", set(), accounts=codes).reply.balances
            self._same([balance_of(self.model, code) for code in codes], list(found))

    def teardown(self) -> None:
        if not hasattr(self, "done"):
            return
        self.list_transactions("", "", {}, [], None, None, None, 0)
        for code in self.model.accounts:
            self.list_entries(code, by_id=False, size=0)
            self.verify_ledger_account(code, by_id=False)
