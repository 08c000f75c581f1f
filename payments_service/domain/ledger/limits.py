"""What the accounts must be after a transaction: within 64 bits, above their floors, as the conditions say."""

from payments_service.domain.errors import PaymentsError, Reason, invalid
from payments_service.domain.ledger.account import TOTAL_MINOR_MAX
from payments_service.domain.ledger.books import Books, RunningAccount
from payments_service.domain.ledger.receivable import Before
from payments_service.domain.ledger.transaction import EFFECTS, Condition, Effect, PostRequest


def check_after(books: Books, request: PostRequest, before: Before) -> None:
    """Refuse a request for what it has made of its accounts, all its postings taken together.

    Raises:
        PaymentsError: INSUFFICIENT_FUNDS, VERSION_MISMATCH, TOTAL_TOO_LARGE, or REQUEST_INVALID for a condition on an
            account that is not posted to.
    """
    releases = EFFECTS[request.kind] is Effect.RELEASED
    for code, (_, available_before) in before.items():
        running = books.accounts[code]
        _check_total(running)
        if running.receivable is not None:
            _check_total(running.receivable)
        if not (request.forced or releases):
            _check_floor(running, available_before)
    for condition in request.conditions:
        if condition.code not in before:
            raise invalid("conditions", f"ledger account {condition.code!r} is not among the postings")
        _check_condition(condition, books.accounts[condition.code], *before[condition.code])


def _check_total(running: RunningAccount) -> None:
    if running.largest_total > TOTAL_MINOR_MAX:
        code = running.account.code
        raise PaymentsError(
            Reason.TOTAL_TOO_LARGE,
            f"the totals of ledger account {code!r} would pass {TOTAL_MINOR_MAX}: post to another account",
            metadata={"code": code},
        )


def _check_floor(running: RunningAccount, available_before: int) -> None:
    """Only what lowers the available balance is refused: an account that facts took below its floor can be filled."""
    floor = running.account.floor_minor
    if floor is not None and running.available_minor < floor and running.available_minor < available_before:
        raise _insufficient(running, available_before, floor)


def _check_condition(condition: Condition, running: RunningAccount, version: int, available_before: int) -> None:
    if condition.expected_version is not None and version != condition.expected_version:
        raise PaymentsError(
            Reason.VERSION_MISMATCH,
            f"ledger account {condition.code!r} is at version {version}, not {condition.expected_version}: "
            "read it again and decide anew",
            metadata={"code": condition.code, "version": str(version)},
        )
    least = condition.available_min_minor
    if least is not None and running.available_minor < least:
        raise _insufficient(running, available_before, least)


def _insufficient(running: RunningAccount, available_before: int, least: int) -> PaymentsError:
    code = running.account.code
    return PaymentsError(
        Reason.INSUFFICIENT_FUNDS,
        f"ledger account {code!r} has {available_before} {running.account.currency} available (minor units): "
        f"this would leave {running.available_minor}, below the minimum of {least}",
        metadata={"code": code, "available_minor": str(available_before), "minimum_minor": str(least)},
    )
