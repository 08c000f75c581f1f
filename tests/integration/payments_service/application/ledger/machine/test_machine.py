"""Whatever is asked of LedgerService, in whatever order: it answers what a model of it in plain Python answers."""

import asyncio
import faulthandler
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from payments_api.v1 import ledger_service_pb2

from tests.integration.payments_service.application.ledger.bank import bank_settings, open_bank
from tests.integration.payments_service.application.ledger.machine.asking import RULES
from tests.integration.payments_service.application.ledger.machine.clock import START, StandingClock
from tests.integration.payments_service.application.ledger.machine.line import Line
from tests.integration.payments_service.application.ledger.machine.machine import LedgerServiceMachine
from tests.integration.payments_service.storage.ledger.harness import check_books

THOROUGH = int(os.environ.get("LEDGER_MACHINE_EXAMPLES", "0"))
"""How many runs of the long search, which takes a second each; 0 for the short one that is the same every time."""

PROFILE = settings(
    max_examples=THOROUGH or 20,
    stateful_step_count=60 if THOROUGH else 40,
    derandomize=not THOROUGH,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink] if THOROUGH else [Phase.generate],
    suppress_health_check=list(HealthCheck),
)

_POSTING = ("POSTED", "DRY RUN", "REPEATED", "IDEMPOTENCY_KEY_REUSED", "INSUFFICIENT_FUNDS", "ACCOUNT_FROZEN")
_BATCHED = (
    *("POSTED", "DUPLICATE", "REPEATED", "IDEMPOTENCY_KEY_REUSED", "REQUEST_INVALID", "AMOUNT_ZERO", "AMOUNT_NEGATIVE"),
    *("AMOUNT_TOO_LARGE", "CURRENCY_MISMATCH", "LEDGER_ACCOUNT_NOT_FOUND", "LEDGER_ACCOUNT_RESERVED", "ACCOUNT_FROZEN"),
    *("INSUFFICIENT_FUNDS", "VERSION_MISMATCH", "REFERENCE_REUSED", "LEDGER_TRANSACTION_NOT_FOUND", "HOLD_EXHAUSTED"),
    *("REVERSAL_EXCEEDS_ORIGINAL", "INVALID_STATE"),
)
INTERESTING = [
    *((method, "OK") for method in RULES if method != "GetSealProof"),
    ("GetSealProof", "NOT_SEALED_YET"),
    *(("PostTransaction", what) for what in (*_POSTING, "DUPLICATE", "REFERENCE_REUSED", "ACCOUNT_CLOSED")),
    *(("PostPendingTransaction", what) for what in ("POSTED", "DRY RUN", "HOLD_EXHAUSTED", "ACCOUNT_FROZEN")),
    *(("VoidPendingTransaction", what) for what in ("POSTED", "DRY RUN", "HOLD_EXHAUSTED", "INVALID_STATE")),
    *(("ReverseTransaction", what) for what in ("POSTED", "INSUFFICIENT_FUNDS", "REVERSAL_EXCEEDS_ORIGINAL")),
    *(("BatchPostTransactions", what) for what in _BATCHED),
    *(("CloseLedgerAccount", what) for what in ("INVALID_STATE", "REPEATED")),
    *(("UpdateLedgerAccount", what) for what in ("ETAG_MISMATCH", "CURRENCY_MISMATCH", "ACCOUNT_CLOSED")),
    ("ExpireHolds", "POSTED"),
]
"""Situations that a search of 200 runs must have been in."""


@pytest.fixture
def machine(database_url: str) -> Iterator[type[LedgerServiceMachine]]:
    """The machine, with a server on a database whose clock stands still."""
    names = bank_settings(database_url)
    clock = StandingClock(database_url, names.database_role, START)
    bank = bank_settings(clock.url)
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        LedgerServiceMachine.clock = clock
        LedgerServiceMachine.line = Line(runner.get_loop(), runner.run(stack.enter_async_context(open_bank(bank))))
        LedgerServiceMachine.seen = Counter()
        try:
            yield LedgerServiceMachine
        finally:
            runner.run(stack.aclose())
            clock.close()


def test_the_service_answers_what_its_model_answers(machine: type[LedgerServiceMachine]) -> None:
    if THOROUGH:
        # It does not hang when it takes longer than tests may.
        faulthandler.cancel_dump_traceback_later()
    run_state_machine_as_test(machine, settings=PROFILE)
    machine.line.run(check_books(machine.line.teller.core.engine))
    if THOROUGH >= 200:
        assert [one for one in INTERESTING if one not in machine.seen] == []


def test_there_is_a_rule_for_every_rpc() -> None:
    service = ledger_service_pb2.DESCRIPTOR.services_by_name["LedgerService"]
    assert sorted(RULES) == sorted(method.name for method in service.methods)
