"""Rules that go straight to where chance alone leads too seldom: two or three steps that must follow each other."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.integration.payments_service.application.ledger.machine.account_rules import AccountRules
from tests.integration.payments_service.application.ledger.machine.again_rules import AgainRules
from tests.integration.payments_service.application.ledger.machine.posting_rules import PostingRules
from tests.integration.payments_service.application.ledger.machine.time_rules import TimeRules
from tests.integration.payments_service.application.ledger.machine.wishes import (
    DAY,
    EUR,
    METADATA,
    METHODS,
    USD,
    NewWish,
    TargetWish,
    new_wishes,
    target_wishes,
)

SOUND = NewWish([((USD[0], USD[1]), 3)], False, None, None, {}, None, True, False)
WRONG: dict[str, NewWish] = {
    "of two currencies": replace(SOUND, lines=[((USD[0], EUR[0]), 3)]),
    "to an account that is not there": replace(SOUND, lines=[((USD[0], "caller:nobody"), 3)]),
    "to an account of the service": replace(SOUND, lines=[((USD[0], "stripe:usd"), 3)]),
    "of nothing": replace(SOUND, lines=[((USD[0], USD[1]), 0)]),
    "of less than nothing": replace(SOUND, lines=[((USD[0], USD[1]), -1)]),
    "of too much": replace(SOUND, lines=[((USD[0], USD[1]), 10**12 + 1)]),
    "for another version": replace(SOUND, condition=("version", 1)),
}
"""Transactions with one thing wrong with each, whatever the books are."""

NAMED, HELD = replace(SOUND, named=True), replace(SOUND, named=True, pending=True)
BACK = TargetWish("reverse", 0, False, True, True, None, None, False, None, False)
CAPTURED, VOIDED = replace(BACK, action="post_pending"), replace(BACK, action="void_pending")
COURSES: dict[str, list[tuple[Any, str, str]]] = {
    "the same again": [(NAMED, "", ""), (NAMED, "", "same")],
    "another under its name": [(NAMED, "", ""), (NAMED, "", "other")],
    "captured though nothing was held": [(NAMED, "", ""), (CAPTURED, "", "")],
    "reversed twice": [(NAMED, "", ""), (BACK, "", ""), (BACK, "", "")],
    "captured after its end": [(HELD, "", ""), (VOIDED, "", ""), (CAPTURED, "", "")],
}
"""Batches whose last item cannot be what those before it were."""


class RareRules(AccountRules, PostingRules, TimeRules, AgainRules):
    """What is wrong in a batch, what is left to expire, and what comes too late or to the wrong place."""

    @rule(
        wrongs=st.lists(st.sampled_from(sorted(WRONG)), min_size=1, max_size=3),
        sound=new_wishes(st.just(False)),
        place=st.integers(0, 3),
        together=st.sampled_from([False, False, True]),
    )
    def batch_with_something_wrong(self, wrongs: list[str], sound: NewWish, place: int, together: bool) -> None:
        wishes: list[Any] = [WRONG[name] for name in wrongs]
        wishes.insert(place, sound)
        self.batch_post_transactions([(wish, "g" if together else "", "") for wish in wishes], dry_run=False)

    @rule(wishes=st.lists(new_wishes(st.just(True)), min_size=1, max_size=2))
    def holds_are_left_to_expire(self, wishes: list[NewWish]) -> None:
        for wish in wishes:
            self.hold(replace(wish, expires=DAY, effective=None))
        self.time_passes(DAY)
        self.holds_expire()

    @rule(
        code=st.sampled_from(["caller:new:1", "caller:new:2", *EUR]),
        floor=st.sampled_from([None, 0, -10]),
        metadata=METADATA,
        side=st.sampled_from([0, 1, 2]),
    )
    def an_account_is_changed_after_its_end(
        self, code: str, floor: int | None, metadata: dict[str, str], side: int
    ) -> None:
        self.close_ledger_account(code, by_id=False)
        self.ask_again([(0, False)])
        self.update_ledger_account(code, floor, "", metadata, ["floor", "metadata"], "", by_id=False)
        self.freeze_ledger_account(code, side, by_id=False)
        self.unfreeze_ledger_account(code, side, by_id=False, all_of_them=False)

    @rule(wish=target_wishes(*METHODS))
    def something_is_done_to_what_it_is_not_meant_for(self, wish: TargetWish) -> None:
        stray = replace(wish, stray=True, inside=False, share=None)
        self._post(METHODS[stray.action], stray.action, self.requests.targeted(stray, []), dry_run=False)

    @rule(course=st.sampled_from(sorted(COURSES)))
    def batch_that_comes_to_a_bad_end(self, course: str) -> None:
        self.batch_post_transactions(COURSES[course], dry_run=False)

    @rule(side=st.sampled_from([0, 1]))
    def a_hold_waits_while_its_account_is_frozen(self, side: int) -> None:
        capture = replace(CAPTURED, inside=False)
        self.hold(HELD)
        self.freeze_ledger_account(USD[0], side, by_id=False)
        self.post_pending_transaction(capture, dry_run=False)
        self.unfreeze_ledger_account(USD[0], 0, by_id=False, all_of_them=False)
        self.post_pending_transaction(capture, dry_run=True)
        self.void_pending_transaction(replace(VOIDED, inside=False), dry_run=True)

    @rule()
    def what_was_spent_cannot_be_reversed(self) -> None:
        self.move(NAMED)
        if (spent := self.model.available(USD[1])) > 0:
            self.move(replace(NAMED, lines=[((USD[1], USD[2]), spent)]))
            self.reverse_transaction(replace(BACK, inside=False, pick=1), dry_run=False)

    @rule(code=st.sampled_from(USD), by_id=st.booleans())
    def a_floor_is_wanted_that_is_not_for_this_account(self, code: str, by_id: bool) -> None:
        self.update_ledger_account(code, 0, "eur", {}, ["floor"], "", by_id)
        self.update_ledger_account(code, -10, "usd", {}, ["floor"], "stale", by_id)
