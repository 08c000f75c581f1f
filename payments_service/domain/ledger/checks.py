"""What a request must be by itself, whatever the books say."""

from dataclasses import replace

from payments_service.domain.errors import PaymentsError, Reason, invalid
from payments_service.domain.ledger.account import TOTAL_MINOR_MAX, AccountSpec
from payments_service.domain.ledger.transaction import POSTINGS_MAX, PostRequest, TransactionKind, code_of
from payments_service.domain.money import AMOUNT_MINOR_MAX

REFERENCE_LENGTH_MAX = 320
"""Characters of a reference at most: those that a caller may give, and the name of the space that they are kept in."""

_OWN_POSTINGS = (TransactionKind.POST, TransactionKind.HOLD)
_PARTIAL = (TransactionKind.CAPTURE, TransactionKind.REVERSE)


def check_shape(request: PostRequest) -> None:
    """Refuse what no state of the books could make right.

    Raises:
        PaymentsError: REQUEST_INVALID, naming the field.
    """
    if not 1 <= len(request.reference) <= REFERENCE_LENGTH_MAX:
        raise invalid("reference", f"must have 1 to {REFERENCE_LENGTH_MAX} characters, has {len(request.reference)}")
    _check_texts(request)
    if request.kind in _OWN_POSTINGS:
        _check_postings(request)
        if request.target_id is not None or request.part_minor is not None:
            raise invalid("target_id", f"a {request.kind} acts on no other transaction: leave it out")
    else:
        _check_target(request)
    if request.expire_time is not None and request.kind is not TransactionKind.HOLD:
        raise invalid("expire_time", f"only a hold expires: leave it out of a {request.kind}")
    if request.at_original_time and (request.kind is not TransactionKind.REVERSE or request.effective_time is not None):
        raise invalid("at_original_time", "is for a reversal without an effective time of its own: leave it out")


def is_sound(request: PostRequest) -> bool:
    """Whether `check_shape` has nothing against the request."""
    try:
        check_shape(request)
    except PaymentsError:
        return False
    return True


def cleaned(request: PostRequest) -> PostRequest:
    """The request with what is not text taken out of its description and metadata.

    A fact is booked whatever others wrote into its description; what identifies it is still checked.
    """
    texts = (request.description, *request.metadata, *request.metadata.values())
    if all(_is_text(text) for text in texts):
        return request
    metadata = {_clean(name): _clean(value) for name, value in request.metadata.items()}
    return replace(request, description=_clean(request.description), metadata=metadata)


def _check_postings(request: PostRequest) -> None:
    if not 1 <= len(request.postings) <= POSTINGS_MAX:
        raise invalid("postings", f"must be 1 to {POSTINGS_MAX}, are {len(request.postings)}: split the transaction")
    # A fact is as large as it is; what callers ask for is capped.
    amount_max = TOTAL_MINOR_MAX if request.forced else AMOUNT_MINOR_MAX
    for index, posting in enumerate(request.postings):
        if not 0 < posting.amount.amount_minor <= amount_max:
            raise _wrong_amount(f"postings[{index}].amount.amount_minor", posting.amount.amount_minor, amount_max)
        if code_of(posting.debit) == code_of(posting.credit):
            raise invalid(f"postings[{index}]", f"debits and credits the same account {code_of(posting.debit)!r}")


def _check_target(request: PostRequest) -> None:
    if request.target_id is None:
        raise invalid("target_id", f"is required: name the transaction to {request.kind}")
    if request.postings:
        raise invalid("postings", f"a {request.kind} takes its postings from its target: leave them out")
    if request.part_minor is None:
        return
    if request.kind not in _PARTIAL:
        raise invalid("part_minor", f"a {request.kind} releases all that is left: leave it out")
    if not any(request.part_minor):
        raise invalid("part_minor", "must not be all 0: leave it out to take all that is left", Reason.AMOUNT_ZERO)
    for index, amount in enumerate(request.part_minor):
        if not 0 <= amount <= TOTAL_MINOR_MAX:
            raise _wrong_amount(f"part_minor[{index}]", amount, TOTAL_MINOR_MAX)


def _wrong_amount(field: str, amount_minor: int, amount_max: int) -> PaymentsError:
    """The error for an amount outside of 1 to `amount_max`, with a reason for each way to be wrong."""
    if amount_minor > amount_max:
        return invalid(field, f"must be at most {amount_max}, is {amount_minor}: split it", Reason.AMOUNT_TOO_LARGE)
    if amount_minor < 0:
        hint = "to move money back, swap the accounts"
        return invalid(field, f"must be above 0, is {amount_minor}: {hint}", Reason.AMOUNT_NEGATIVE)
    return invalid(field, "must be above 0: leave the posting out", Reason.AMOUNT_ZERO)


def _check_texts(request: PostRequest) -> None:
    texts = _texts(request)
    # Nearly all are fine, and one look at all of them together is cheap.
    if _is_text("".join(texts)):
        return
    wrong = next((text for text in texts if not _is_text(text)), "")
    raise invalid("text", f"{wrong[:40]!r} holds a character that is not text: remove it")


def _texts(request: PostRequest) -> list[str]:
    texts = [request.reference, request.actor, request.request_id]
    for posting in request.postings:
        for key in (posting.debit, posting.credit):
            if isinstance(key, AccountSpec):
                texts += (key.code, key.owner_id or "")
            else:
                texts.append(key)
    if not request.forced:
        texts.append(request.description)
        if request.metadata:
            texts += (*request.metadata, *request.metadata.values())
    return texts


def _is_text(text: str) -> bool:
    """Postgres stores neither a zero character nor half a surrogate pair: one such text would fail a whole batch."""
    return "\0" not in text and (text.isascii() or _clean(text) == text)


def _clean(text: str) -> str:
    return text.replace("\0", "").encode(errors="replace").decode()
