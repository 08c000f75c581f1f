"""How callers name accounts, and which they see."""

from uuid import UUID

from payments_service.application.caller import Principal
from payments_service.application.ports import UnitOfWork
from payments_service.domain.errors import PaymentsError, Reason, invalid
from payments_service.domain.ids import Prefix, parse_id
from payments_service.domain.ledger.views import LedgerAccount
from payments_service.domain.value_object import value_object

_ID_BEGINNING = f"{Prefix.LEDGER_ACCOUNT}_"


@value_object
class AccountName:
    """How a caller names an account: by id or by code, whichever is not empty."""

    ledger_account_id: str = ""
    code: str = ""

    @classmethod
    def of(cls, text: str) -> "AccountName":
        """The name in a field that takes both: what can be an id is one, since no code looks like that."""
        is_id = parse_id(Prefix.LEDGER_ACCOUNT, text) is not None
        return cls(ledger_account_id=text) if is_id else cls(code=text)

    @property
    def text(self) -> str:
        """As the caller gave it."""
        return self.code or self.ledger_account_id

    @property
    def key(self) -> UUID | str | None:
        """As storage takes it; None for what cannot be a name."""
        if self.code:
            return None if "\0" in self.code else self.code
        return parse_id(Prefix.LEDGER_ACCOUNT, self.ledger_account_id)


def may_be_id(text: str) -> bool:
    """Whether what names an account might be its id; most are codes, and reading each as an id costs more."""
    return text.startswith(_ID_BEGINNING)


def sees_owner(principal: Principal, owner_id: str | None) -> bool:
    """Whether an account of this owner exists for the caller; what is the platform's own does for backends only."""
    return principal.owner_ids is None or owner_id in principal.owner_ids


def check_texts(field: str, *texts: str) -> None:
    """Refuse text that the database cannot hold.

    Raises:
        PaymentsError: REQUEST_INVALID, naming the field.
    """
    if any("\0" in text for text in texts):
        raise invalid(field, "holds a zero character: remove it")


def no_account(name: AccountName) -> PaymentsError:
    """The error for an account that does not exist for the caller."""
    return PaymentsError(
        Reason.LEDGER_ACCOUNT_NOT_FOUND,
        f"no ledger account {name.text!r}: an account of the chart exists from its first posting on, one of a caller "
        "from CreateLedgerAccount on",
        metadata={"code": name.text},
    )


async def require_ledger_account(
    unit: UnitOfWork, principal: Principal, name: AccountName, *, lock: bool = False
) -> LedgerAccount:
    """The account by this name, locked until the transaction ends if so wanted.

    Raises:
        PaymentsError: LEDGER_ACCOUNT_NOT_FOUND.
    """
    store = unit.ledger_accounts
    key = name.key
    found = None if key is None else await (store.lock(key) if lock else store.get(key))
    if found is None or not sees_owner(principal, found.account.owner_id):
        raise no_account(name)
    return found
