"""However refunds are asked for, succeed and fail: together they never take more than was captured."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.money import Money
from payments_service.domain.refund.decide import amount_to_refund, refundable, refunded
from payments_service.domain.refund.model import Refund, RefundSnapshot, RefundState
from payments_service.domain.refund.transitions import fail_refund, follow_refund
from tests.unit.payments_service.domain.samples import NOON, a_captured_payment, a_refund

CAPTURED = 1_000
NEXT = {
    RefundState.CREATING: (RefundState.PENDING, RefundState.REQUIRES_ACTION, RefundState.SUCCEEDED, RefundState.FAILED),
    RefundState.PENDING: (RefundState.SUCCEEDED, RefundState.FAILED, RefundState.CANCELED, RefundState.OTHER),
    RefundState.REQUIRES_ACTION: (RefundState.PENDING, RefundState.CANCELED, RefundState.FAILED),
    RefundState.SUCCEEDED: (RefundState.FAILED,),
    RefundState.OTHER: (RefundState.SUCCEEDED, RefundState.FAILED),
}
"""Where Stripe's refunds go from each state; the others are the end."""


class Move(NamedTuple):
    """Something becomes of one of the refunds, counted around, in one of the ways open to it."""

    which: int
    way: int


AMOUNTS = st.none() | st.integers(1, CAPTURED + 1)
MOVES = st.builds(Move, st.integers(0, 20), st.integers(0, 3))
STEPS = st.lists(AMOUNTS | MOVES, max_size=30)
"""Refunds that are asked for, None being all that is left, and moves."""


@dataclass
class Till:
    """A payment's refunds, as racing callers, Stripe and the completer change them one after the other."""

    payment = a_captured_payment(CAPTURED)
    refunds: list[Refund] = field(default_factory=list)
    now = NOON

    def reserve(self, wanted: int | None) -> None:
        """Ask for a refund; a refusal is right if and only if there is not so much left."""
        left = CAPTURED - self.taken
        asked = None if wanted is None else Money(wanted, "usd")
        if left < (wanted or 1):
            with pytest.raises(PaymentsError) as raised:
                amount_to_refund(self.payment, self.refunds, asked)
            assert raised.value.reason is Reason.REFUND_EXCEEDS_CAPTURED
            return
        amount = amount_to_refund(self.payment, self.refunds, asked)
        assert amount.amount_minor == (left if wanted is None else wanted)
        self.refunds.append(a_refund(amount.amount_minor))

    def move(self, move: Move) -> None:
        """Something becomes of a refund."""
        if not self.refunds:
            return
        index = move.which % len(self.refunds)
        refund = self.refunds[index]
        ways = NEXT.get(refund.state, ())
        if ways:
            self.refunds[index] = self._moved(refund, ways[move.way % len(ways)])

    @property
    def taken(self) -> int:
        """Counted here, by hand: what is not known to have ended without giving money back."""
        ended = (RefundState.FAILED, RefundState.CANCELED)
        return sum(refund.amount.amount_minor for refund in self.refunds if refund.state not in ended)

    def _moved(self, refund: Refund, state: RefundState) -> Refund:
        self.now += timedelta(seconds=1)
        if refund.state is RefundState.CREATING and state is RefundState.FAILED:
            return fail_refund(refund, "stripe_unavailable", self.now)
        snapshot = RefundSnapshot("re_1", "pi_1", state, state.value.lower(), refund.amount, NOON)
        return follow_refund(refund, snapshot, began=self.now, ended=self.now)


@given(STEPS)
def test_refunds_and_reservations_never_exceed_what_was_captured(steps: list[int | Move | None]) -> None:
    till = Till()
    for step in steps:
        if isinstance(step, Move):
            till.move(step)
        else:
            till.reserve(step)
        left, given_back = refundable(till.payment, till.refunds), refunded(till.payment, till.refunds)
        assert 0 <= till.taken <= CAPTURED
        assert left == Money(CAPTURED - till.taken, "usd")
        assert 0 <= given_back.amount_minor <= till.taken


@given(st.lists(AMOUNTS, max_size=10))
def test_what_failed_can_be_asked_for_again(amounts: list[int | None]) -> None:
    till = Till()
    for amount in amounts:
        till.reserve(amount)
    till.refunds = [fail_refund(refund, "stripe_unavailable", NOON) for refund in till.refunds]

    assert amount_to_refund(till.payment, till.refunds, None) == Money(CAPTURED, "usd")
