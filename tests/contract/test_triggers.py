"""`stripe trigger`, for each event that the service knows: the sandbox makes it, and the service is done with it.

The tests come in their order: the last one looks at what all before it have left.
"""

from collections import Counter

import pytest

from tests.contract.stripe_cli import StripeCli
from tests.contract.triggers import DESTINATION, OTHERS, TRIGGERS, Trigger
from tests.e2e.caller import Caller
from tests.e2e.stack import Stack
from tests.e2e.waiting import until

pytestmark = pytest.mark.xdist_group("contract")


async def test_all_that_the_cli_can_trigger_is_in_the_table(cli: StripeCli) -> None:
    wanted = [trigger.name for trigger in TRIGGERS]
    assert sorted([*wanted, *OTHERS]) == sorted(await cli.offered_triggers())
    assert (len(TRIGGERS), len(OTHERS)) == (68, 55)


@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda trigger: trigger.name)
async def test_an_event_is_made_and_done(cli: StripeCli, stack: Stack, receiver: str, trigger: Trigger) -> None:
    before = await _events(stack)
    await cli.trigger(trigger.name, *(option.replace(DESTINATION, receiver) for option in trigger.options))

    async def made() -> bool:
        now = await _events(stack)
        return all(now[kind] > before[kind] for kind in trigger.expected)

    async def done() -> bool:
        return await stack.stripe.pending_deliveries() == 0 and not stack.events_in("PENDING")

    await until(made)
    await until(done)
    assert stack.events_in("DEAD") == stack.events_in("REFUSED") == []


async def test_then_the_ledger_has_all_that_stripe_has(caller: Caller, stack: Stack) -> None:
    async def agrees() -> bool:
        mirrors = await caller.mirrors()
        ledger = {currency: mirrors[currency].ledger.amount_minor for currency in mirrors}
        return ledger == await stack.stripe.balance()

    await until(agrees)
    assert {total.difference.amount_minor for total in (await caller.books()).totals} == {0}


async def _events(stack: Stack) -> Counter[str]:
    """How many events of each type there are, in whichever account."""
    found = await stack.stripe.get("/_sandbox/events", limit="100000")
    return Counter(event["type"] for event in found["data"])
