"""Events about connected accounts and those who are behind them."""

from payments_service.application.events.catalogue.model import Effect, Follow
from payments_service.domain.outbox import EventType
from payments_service.domain.stripe_object.model import ObjectKind

_UPDATED = (EventType.ACCOUNT_UPDATED,)
_BANK = Follow(ObjectKind.EXTERNAL_ACCOUNT)
_PERSON = Follow(ObjectKind.PERSON)
_NO_PERSONAL_DATA = "Of a person only the verification's state and what is missing is kept, never who it is."

ACCOUNTS: dict[str, Effect] = {
    "account.updated": Effect(
        sent="Something of a connected account changed: its requirements, its capabilities, its onboarding.",
        account=True,
        outbox=_UPDATED,
    ),
    "account.application.authorized": Effect(
        sent="An account was connected to the platform by OAuth.", account=True, outbox=_UPDATED
    ),
    "account.application.deauthorized": Effect(
        sent="An account's owner disconnected it from the platform.",
        account=True,
        outbox=_UPDATED,
        note="If Stripe really does not show the account any more, it is DISCONNECTED here; its history stays.",
    ),
    "account.external_account.created": Effect(
        sent="A connected account got a bank account or debit card for its payouts.", account=True, follows=(_BANK,)
    ),
    "account.external_account.updated": Effect(
        sent="A connected account's bank account or debit card changed.", account=True, follows=(_BANK,)
    ),
    "account.external_account.deleted": Effect(
        sent="A connected account's bank account or debit card was removed.", account=True, follows=(_BANK,)
    ),
    "capability.updated": Effect(
        sent="A capability of a connected account was requested, switched on or switched off.",
        account=True,
        follows=(Follow(ObjectKind.CAPABILITY),),
        outbox=_UPDATED,
    ),
    "person.created": Effect(
        sent="A person was added to a connected account.",
        account=True,
        follows=(_PERSON,),
        outbox=_UPDATED,
        note=_NO_PERSONAL_DATA,
    ),
    "person.updated": Effect(
        sent="A person of a connected account changed, or their verification did.",
        account=True,
        follows=(_PERSON,),
        outbox=_UPDATED,
        note=_NO_PERSONAL_DATA,
    ),
    "person.deleted": Effect(
        sent="A person was removed from a connected account.", account=True, follows=(_PERSON,), outbox=_UPDATED
    ),
}
