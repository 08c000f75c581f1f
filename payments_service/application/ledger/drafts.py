"""What callers want posted, and what is wrong with it whatever the books say."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from payments_service.domain.errors import PaymentsError, invalid
from payments_service.domain.ledger.exchange import check_exchange, fx_account
from payments_service.domain.ledger.namespace import REFERENCE_LENGTH_MAX
from payments_service.domain.ledger.transaction import TransactionKind
from payments_service.domain.money import currency_from_input
from payments_service.domain.value_object import keyword_value_object, value_object

DESCRIPTION_LENGTH_MAX = 1_000
METADATA_PAIRS_MAX = 50
METADATA_KEY_LENGTH_MAX = 40
METADATA_VALUE_LENGTH_MAX = 500
CONDITIONS_MAX = 200


@value_object
class DraftPosting:
    """One posting, with accounts by code or id as the caller gave them, and a currency in any case."""

    debit: str
    credit: str
    amount_minor: int
    currency_code: str


@value_object
class DraftCondition:
    """What must hold for an account, by code or id."""

    account: str
    expected_version: int | None = None
    available_min_minor: int | None = None


@keyword_value_object
class Draft:
    """One transaction that a caller wants posted: see NewTransaction and TargetedTransaction in the API.

    Attributes:
        kind: what it shall do.
        reference: as the caller gave it; empty: none.
        target_id: the transaction to act on, `lt_…`; or
        target_reference: its reference, as the caller gave it.
        part_minor: how much of each posting of the target; empty: all that is left.
        atomic_group: drafts with the same name here succeed or fail together; empty: alone.
    """

    kind: TransactionKind
    reference: str = ""
    postings: tuple[DraftPosting, ...] = ()
    target_id: str = ""
    target_reference: str = ""
    part_minor: tuple[int, ...] = ()
    effective_time: datetime | None = None
    at_original_time: bool = False
    expire_time: datetime | None = None
    description: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    conditions: tuple[DraftCondition, ...] = ()
    atomic_group: str = ""

    @property
    def has_target(self) -> bool:
        """Whether it acts on another transaction."""
        return self.kind not in {TransactionKind.POST, TransactionKind.HOLD}


@value_object
class Unreadable:
    """An item of a batch that could not be made into a draft, and why."""

    error: PaymentsError
    atomic_group: str = ""


Drafted = Draft | Unreadable


def check_draft(draft: Draft) -> None:
    """Refuse what is wrong in itself; what the ledger checks of every request is left to it.

    Raises:
        PaymentsError: REQUEST_INVALID or CURRENCY_UNSUPPORTED, naming the field; LEDGER_ACCOUNT_RESERVED for an fx
            account where nothing is exchanged.
    """
    if len(draft.reference) > REFERENCE_LENGTH_MAX:
        raise invalid("reference", f"must have at most {REFERENCE_LENGTH_MAX} characters, has {len(draft.reference)}")
    if len(draft.description) > DESCRIPTION_LENGTH_MAX:
        raise invalid("description", f"must have at most {DESCRIPTION_LENGTH_MAX} characters")
    if len(draft.conditions) > CONDITIONS_MAX:
        raise invalid("conditions", f"must be at most {CONDITIONS_MAX}, are {len(draft.conditions)}")
    for index, condition in enumerate(draft.conditions):
        if not condition.account:
            raise invalid(f"conditions[{index}].account", "is required: the code or id of a ledger account")
    _check_metadata(draft.metadata)
    _check_postings(draft)
    if draft.has_target and not (draft.target_id or draft.target_reference):
        raise invalid("target", "is required: give target_transaction_id or target_reference")


def _check_postings(draft: Draft) -> None:
    legs: list[tuple[str, int]] = []
    for index, posting in enumerate(draft.postings):
        if not (posting.debit and posting.credit):
            missing = "credit_account" if posting.debit else "debit_account"
            raise invalid(f"postings[{index}].{missing}", "is required: the code or id of a ledger account")
        currency = currency_from_input(posting.currency_code, f"postings[{index}].amount.currency_code")
        for account, amount in ((posting.debit, posting.amount_minor), (posting.credit, -posting.amount_minor)):
            if fx_account(account, currency) is not None:
                legs.append((currency, amount))
    # What is held may never be captured, so it exchanges nothing.
    check_exchange(legs if draft.kind is TransactionKind.POST else legs[:1], draft.metadata)


def _check_metadata(metadata: Mapping[str, str]) -> None:
    if len(metadata) > METADATA_PAIRS_MAX:
        raise invalid("metadata", f"must be at most {METADATA_PAIRS_MAX} keys, are {len(metadata)}")
    for key, value in metadata.items():
        if not 1 <= len(key) <= METADATA_KEY_LENGTH_MAX or len(value) > METADATA_VALUE_LENGTH_MAX:
            raise invalid(
                f"metadata[{key[:METADATA_KEY_LENGTH_MAX]!r}]",
                f"keys have 1 to {METADATA_KEY_LENGTH_MAX} characters, values at most {METADATA_VALUE_LENGTH_MAX}",
            )
