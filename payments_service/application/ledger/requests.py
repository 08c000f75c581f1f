"""Drafts of callers as requests to the ledger: names looked up, and what is not theirs refused."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from payments_service.application.caller import Principal
from payments_service.application.ledger.drafts import Draft, Drafted, DraftPosting, check_draft
from payments_service.application.ledger.names import AccountName, may_be_id, no_account, sees_owner
from payments_service.application.ledger.ports import LedgerLookups
from payments_service.application.ledger.transactions import no_transaction, space_of
from payments_service.domain.errors import PaymentsError
from payments_service.domain.ids import Prefix, format_id, new_id, parse_id
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
from payments_service.domain.value_object import value_object

Requested = PostRequest | PaymentsError


@value_object
class Asked:
    """What one call asks for, and who asks.

    Attributes:
        drafts: what shall be posted, in order.
        ids: the id of each draft's transaction, should it be posted. Chosen once, so that whatever is run again posts
            the same transactions.
        groups: an id for the name of each atomic group of the call.
    """

    principal: Principal
    request_id: str
    drafts: Sequence[Drafted]
    ids: Sequence[UUID]
    groups: Mapping[str, UUID]

    @classmethod
    def of(cls, principal: Principal, request_id: str, drafts: Sequence[Drafted]) -> "Asked":
        """The call with new ids."""
        groups = {draft.atomic_group for draft in drafts} - {""}
        return cls(principal, request_id, drafts, [new_id() for _ in drafts], {group: new_id() for group in groups})


async def requests_for(known: LedgerLookups, calls: Sequence[Asked]) -> list[list[Requested]]:
    """For each call the requests of its drafts, or why there is none. What was wrong before stays as it is.

    Reads only what cannot change any more, whose an account or a transaction is, and reads it for all calls at once.
    """
    errors = [[_error_in(draft) for draft in call.drafts] for call in calls]
    sound = [
        (call, [one for one, error in zip(call.drafts, wrong, strict=True) if isinstance(one, Draft) and error is None])
        for call, wrong in zip(calls, errors, strict=True)
    ]
    found = _Known(await _accounts(known, sound), *await _targets(known, sound))
    return [_requested(call, wrong, found) for call, wrong in zip(calls, errors, strict=True)]


@value_object
class _Known:
    """What was looked up.

    Attributes:
        accounts: by code and by id.
        targets: by id and by reference.
        owners: whose accounts a target touches, by its id; read only where a caller is bound to owners.
    """

    accounts: Mapping[str | UUID, Account]
    targets: Mapping[UUID | str, Transaction]
    owners: Mapping[UUID, frozenset[str | None]]


def _requested(call: Asked, errors: Sequence[PaymentsError | None], known: _Known) -> list[Requested]:
    names = _Names(call, known)
    requested: list[Requested] = []
    for draft, error, transaction_id in zip(call.drafts, errors, call.ids, strict=True):
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


_Sound = Sequence[tuple[Asked, Sequence[Draft]]]
"""Calls with those of their drafts that have nothing wrong with them."""


async def _accounts(known: LedgerLookups, sound: _Sound) -> dict[str | UUID, Account]:
    """The accounts to be looked up, by code and by id: those given by id, and all of callers bound to owners."""
    wanted: set[str | UUID] = set()
    for call, drafts in sound:
        is_bound = call.principal.owner_ids is not None
        texts = (text for draft in drafts for text in _account_texts(draft))
        keys = [AccountName.of(text).key for text in texts if is_bound or may_be_id(text)]
        wanted |= {key for key in keys if isinstance(key, UUID) or (key and is_bound)}
    found: dict[str | UUID, Account] = {}
    for account in await known.ledger_accounts.many(list(wanted)) if wanted else ():
        found |= {account.id: account, account.code: account}
    return found


async def _targets(
    known: LedgerLookups, sound: _Sound
) -> tuple[dict[UUID | str, Transaction], dict[UUID, frozenset[str | None]]]:
    """The transactions that drafts act on, by id and by reference, and whose accounts they touch."""
    ids: set[UUID] = set()
    references: set[str] = set()
    for call, drafts in sound:
        space = space_of(call.principal)
        for draft in drafts:
            if not draft.has_target:
                continue
            if (parsed := parse_id(Prefix.LEDGER_TRANSACTION, draft.target_id)) is not None:
                ids.add(parsed)
            if draft.target_reference and "\0" not in draft.target_reference:
                references.add(lookup_reference(draft.target_reference, space))
    if not ids and not references:
        return {}, {}
    targets = await known.ledger_transactions.get(ids, references)
    found: dict[UUID | str, Transaction] = {}
    for transaction in targets:
        found |= {transaction.id: transaction, transaction.reference: transaction}
    if not targets or all(call.principal.owner_ids is None for call, _ in sound):
        return found, {}
    entries = await known.ledger_transactions.entries([transaction.id for transaction in targets])
    owners = {
        transaction_id: frozenset(account.owner_id for account, _ in sides) for transaction_id, sides in entries.items()
    }
    return found, owners


def _account_texts(draft: Draft) -> list[str]:
    texts = [text for posting in draft.postings for text in (posting.debit, posting.credit)]
    return texts + [condition.account for condition in draft.conditions]


class _Names:
    """What the names in the drafts of one call stand for."""

    def __init__(self, asked: Asked, known: _Known) -> None:
        self._asked = asked
        self._known = known
        self._space = space_of(asked.principal)
        self._is_bound = asked.principal.owner_ids is not None
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
            postings=tuple([self._posting(posting) for posting in draft.postings]),
            effective_time=draft.effective_time,
            at_original_time=draft.at_original_time,
            expire_time=draft.expire_time,
            target_id=target_id,
            target_reference=target_reference,
            part_minor=draft.part_minor or None,
            atomic_group=self._asked.groups.get(draft.atomic_group),
            conditions=tuple(
                [
                    Condition(self._code(one.account), one.expected_version, one.available_min_minor)
                    for one in draft.conditions
                ]
            ),
            description=draft.description,
            metadata=draft.metadata,
            actor=self._asked.principal.subject,
            request_id=self._asked.request_id,
        )
        # From here on later drafts of the call may act on it by this name.
        self._made[reference] = transaction_id
        return request

    def _posting(self, posting: DraftPosting) -> Posting:
        currency = posting.currency_code.lower()
        debit, credit = self._key(posting.debit, currency), self._key(posting.credit, currency)
        return Posting(debit, credit, Money(posting.amount_minor, currency))

    def _key(self, text: str, currency: str) -> AccountKey:
        """The account that a posting in this currency names, which must be one of a caller or the currency's fx."""
        if self._is_bound:
            code = self._code(text)
        elif (exchange := fx_account(text, currency)) is not None:
            return exchange
        else:
            # Whether an account by its code exists is found out under its lock.
            code = self._code(text) if may_be_id(text) or "\0" in text else text
        if not is_callers_account(code):
            raise reserved_account(code)
        return code

    def _code(self, text: str) -> str:
        """The code of the account by this name, which the caller must see."""
        name = AccountName.of(text)
        if isinstance(name.key, str) and not is_callers_account(name.key):
            return name.key
        if isinstance(name.key, str) and not self._is_bound:
            return name.key
        account = self._known.accounts.get(name.key) if name.key is not None else None
        if account is None or not sees_owner(self._asked.principal, account.owner_id):
            raise no_account(name)
        return account.code

    def _target(self, draft: Draft) -> tuple[UUID, str]:
        """The transaction that a draft acts on: one of the books, or with its reference one that comes earlier."""
        if draft.target_id:
            found = self._known.targets.get(parse_id(Prefix.LEDGER_TRANSACTION, draft.target_id) or "")
        else:
            reference = lookup_reference(draft.target_reference, self._space)
            found = self._known.targets.get(reference)
            if found is None and reference in self._made:
                return self._made[reference], reference
        if found is None or not self._sees(found):
            raise no_transaction(draft.target_id or draft.target_reference)
        if not is_callers_reference(found.reference):
            raise reserved_reference(outside_reference(found.reference))
        return found.id, ""

    def _sees(self, target: Transaction) -> bool:
        """Whether the caller sees all of a transaction."""
        principal = self._asked.principal
        return principal.owner_ids is None or all(
            sees_owner(principal, owner_id) for owner_id in self._known.owners.get(target.id, ())
        )
