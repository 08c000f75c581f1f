"""Which payment intents on connected accounts are ours: those of direct payments.

An account that is connected may do any business of its own, of which its events tell too. Asking Stripe about each of
those would be in vain, so the books are asked first.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from payments_service.application.events.effects import effect_of
from payments_service.application.events.model import EventRow
from payments_service.application.ports import Transactions, UnitOfWork


async def direct_intents(transactions: Transactions, events: Sequence[EventRow]) -> frozenset[str]:
    """The payment intents on connected accounts, among those that events are about, that may be ours.

    An intent whose creation has no known outcome yet is known by its metadata alone, so while a call to an account is
    under way all of its intents may be.
    """
    at = {
        event.intent_id: event.stripe_account
        for event in events
        if event.stripe_account and event.intent_id and effect_of(event.type).payment
    }
    return await transactions.run(partial(_ours, at)) if at else frozenset()


async def _ours(at: Mapping[str, str], unit: UnitOfWork) -> frozenset[str]:
    # In this order: a creation that ends in between has stored its intent by then.
    busy = await unit.operations.accounts_under_way(sorted(set(at.values())))
    known = await unit.payments.by_intent(sorted(at))
    return frozenset(known.keys() | {intent for intent, account in at.items() if account in busy})
