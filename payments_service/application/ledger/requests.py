"""Drafts of callers as requests to the ledger: names looked up, and what is not theirs refused."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from payments_service.application.caller import Principal
from payments_service.application.ledger.drafts import Draft, Drafted, check_draft
from payments_service.application.ledger.names import AccountName, no_account, sees_owner
from payments_service.application.ledger.transactions import no_transaction, space_of
from payments_service.application.ports import UnitOfWork
from payments_service.domain.errors import PaymentsError
from payments_service.domain.ids import Prefix, format_id, parse_id
from payments_service.domain.ledger.account import Account
from payments_service.domain.ledger.exchange import fx_account
from payments_service.domain.ledger.namespace import (
    inside_reference,
    is_callers_account,
    is_callers_reference,
    lookup_reference,
    outside_reference,
    reserved_account,
    reserved_reference,
)
from payments_service.domain.ledger.transaction import AccountKey, Condition, Posting, PostRequest, Transaction
from payments_service.domain.money import Money

Requested = PostRequest | PaymentsError


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, and with which call.

    Attributes:
        groups: an id for the name of each atomic group of the call.
    """

    principal: Principal
    request_id: str
    groups: Mapping[str, UUID]


async def requests_for(
    unit: UnitOfWork, asked: Asked, drafts: Sequence[Drafted], ids: Sequence[UUID]
) -> list[Requested]:
    """The request of each draft under its id, or why there is none. What was wrong before stays as it is.

    Reads only what cannot change any more: whose an account or a transaction is.
    """
    errors = [_error_in(draft) for draft in drafts]
    sound = [one for one, error in zip(drafts, errors, strict=True) if isinstance(one, Draft) and error is None]
    names = _Names(asked, await _accounts(unit, asked, sound), *await _targets(unit, asked, sound))
    requested: list[Requested] = []
    for draft, error, transaction_id in zip(drafts, errors, ids, strict=True):
        if error is not None:
            requested.append(error)
        elif isinstance(draft, Draft):
            requested.append(names.request_or_error(draft, transaction_id))
    return requested


def _error_in(draft: Drafted) -> PaymentsError | None:
    """What is wrong with a draft in itself."""
    if not isinstance(draft, Draft):
        return draft.error
    try:
        check_draft(draft)
    except PaymentsError as error:
        return error
    return None


async def _accounts(unit: UnitOfWork, asked: Asked, drafts: Iterable[Draft]) -> dict[str | UUID, Account]:
    """The accounts to be looked up, by code and by id: those given by id, and all of a caller bound to owners."""
    names = {AccountName.of(text) for draft in drafts for text in _account_texts(draft)}
    keys = {name.key for name in names}
    wanted = [key for key in keys if isinstance(key, UUID) or (key and asked.principal.owner_ids is not None)]
    found: dict[str | UUID, Account] = {}
    for account in await unit.ledger_accounts.many(wanted) if wanted else ():
        found |= {account.id: account, account.code: account}
    return found


async def _targets(
    unit: UnitOfWork, asked: Asked, drafts: Iterable[Draft]
) -> tuple[dict[UUID | str, Transaction], set[UUID]]:
    """The transactions that drafts act on, by id and by reference, and which of them the caller does not see."""
    targeted = [draft for draft in drafts if draft.has_target]
    parsed = [parse_id(Prefix.LEDGER_TRANSACTION, draft.target_id) for draft in targeted]
    ids = {transaction_id for transaction_id in parsed if transaction_id is not None}
    space = space_of(asked.principal)
    references = {lookup_reference(draft.target_reference, space) for draft in targeted if draft.target_reference}
    known = await unit.ledger_transactions.get(ids, {name for name in references if "\0" not in name})
    found: dict[UUID | str, Transaction] = {}
    for transaction in known:
        found |= {transaction.id: transaction, transaction.reference: transaction}
    if asked.principal.owner_ids is None or not known:
        return found, set()
    entries = await unit.ledger_transactions.entries([transaction.id for transaction in known])
    hidden = {
        transaction_id
        for transaction_id, sides in entries.items()
        if not all(sees_owner(asked.principal, account.owner_id) for account, _ in sides)
    }
    return found, hidden


def _account_texts(draft: Draft) -> list[str]:
    texts = [text for posting in draft.postings for text in (posting.debit, posting.credit)]
    return texts + [condition.account for condition in draft.conditions]


class _Names:
    """What the names in the drafts of one call stand for."""

    def __init__(
        self,
        asked: Asked,
        accounts: Mapping[str | UUID, Account],
        targets: Mapping[UUID | str, Transaction],
        hidden: set[UUID],
    ) -> None:
        self._asked = asked
        self._accounts = accounts
        self._targets = targets
        self._hidden = hidden
        self._space = space_of(asked.principal)
        self._made: dict[str, UUID] = {}

    def request_or_error(self, draft: Draft, transaction_id: UUID) -> Requested:
        """The request of a draft, or why there is none."""
        try:
            return self._request(draft, transaction_id)
        except PaymentsError as error:
            return error

    def _request(self, draft: Draft, transaction_id: UUID) -> PostRequest:
        """The request of a draft.

        Raises:
            PaymentsError: LEDGER_ACCOUNT_NOT_FOUND, LEDGER_ACCOUNT_RESERVED, LEDGER_TRANSACTION_NOT_FOUND,
                REFERENCE_RESERVED.
        """
        name = draft.reference or format_id(Prefix.LEDGER_TRANSACTION, transaction_id)
        reference = inside_reference(name, self._space)
        target_id, target_reference = self._target(draft) if draft.has_target else (None, "")
        request = PostRequest(
            transaction_id=transaction_id,
            reference=reference,
            kind=draft.kind,
            postings=tuple(
                Posting(
                    self._key(posting.debit, currency),
                    self._key(posting.credit, currency),
                    Money(posting.amount_minor, currency),
                )
                for posting in draft.postings
                for currency in (posting.currency_code.lower(),)
            ),
            effective_time=draft.effective_time,
            at_original_time=draft.at_original_time,
            expire_time=draft.expire_time,
            target_id=target_id,
            target_reference=target_reference,
            part_minor=draft.part_minor or None,
            atomic_group=self._asked.groups.get(draft.atomic_group),
            conditions=tuple(
                Condition(self._code(one.account), one.expected_version, one.available_min_minor)
                for one in draft.conditions
            ),
            description=draft.description,
            metadata=draft.metadata,
            actor=self._asked.principal.subject,
            request_id=self._asked.request_id,
        )
        # From here on later drafts of the call may act on it by this name.
        self._made[reference] = transaction_id
        return request

    def _key(self, text: str, currency: str) -> AccountKey:
        """The account that a posting in this currency names, which must be one of a caller or the currency's fx."""
        exchange = fx_account(text, currency) if self._asked.principal.owner_ids is None else None
        if exchange is not None:
            return exchange
        code = self._code(text)
        if not is_callers_account(code):
            raise reserved_account(code)
        return code

    def _code(self, text: str) -> str:
        """The code of the account by this name, which the caller must see."""
        name = AccountName.of(text)
        if isinstance(name.key, str) and not is_callers_account(name.key):
            return name.key
        if isinstance(name.key, str) and self._asked.principal.owner_ids is None:
            # Whether it exists is found out under its lock.
            return name.key
        account = self._accounts.get(name.key) if name.key is not None else None
        if account is None or not sees_owner(self._asked.principal, account.owner_id):
            raise no_account(name)
        return account.code

    def _target(self, draft: Draft) -> tuple[UUID, str]:
        """The transaction that a draft acts on: one of the books, or with its reference one that comes earlier."""
        if draft.target_id:
            found = self._targets.get(parse_id(Prefix.LEDGER_TRANSACTION, draft.target_id) or "")
        else:
            reference = lookup_reference(draft.target_reference, self._space)
            found = self._targets.get(reference)
            if found is None and reference in self._made:
                return self._made[reference], reference
        if found is None or found.id in self._hidden:
            raise no_transaction(draft.target_id or draft.target_reference)
        if not is_callers_reference(found.reference):
            raise reserved_reference(outside_reference(found.reference))
        return found.id, ""
