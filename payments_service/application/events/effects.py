"""Which events mean what: the whole table of the design's stripe.md.

An event is a hint: what it says is fetched from Stripe, and money moves only by balance transactions and by the fetched
state. docs/events/ has a page for each type, written from this table by `make docs`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from payments_service.application.events.catalogue.accounts import ACCOUNTS
from payments_service.application.events.catalogue.balances import BALANCES
from payments_service.application.events.catalogue.billing import BILLING
from payments_service.application.events.catalogue.customers import CUSTOMERS
from payments_service.application.events.catalogue.model import NOTHING, Effect
from payments_service.application.events.catalogue.payments import PAYMENTS
from payments_service.application.events.catalogue.risk import RISK

EFFECTS: Mapping[str, Effect] = MappingProxyType({**PAYMENTS, **RISK, **ACCOUNTS, **CUSTOMERS, **BILLING, **BALANCES})
"""By type. A type that is not here is stored, counted and has no effect."""


def effect_of(event_type: str) -> Effect:
    """What an event of this type leads to."""
    return EFFECTS.get(event_type, NOTHING)


def is_known(event_type: str) -> bool:
    """Whether the table has this type."""
    return event_type in EFFECTS
