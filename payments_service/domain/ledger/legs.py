"""Pair signed legs into postings: a recipe thinks in legs, the ledger in movements from one account to another."""

from collections.abc import Iterable
from dataclasses import dataclass

from payments_service.domain.ledger.account import AccountSpec
from payments_service.domain.ledger.transaction import AccountKey, Posting, code_of
from payments_service.domain.money import Money


@dataclass(frozen=True, slots=True)
class Leg:
    """What one account gets.

    Attributes:
        account: the account.
        amount_minor: minor units; a negative debit leg credits, a negative counter leg debits.
    """

    account: AccountKey
    amount_minor: int


def pair(debits: Iterable[Leg], counters: Iterable[Leg], currency: str) -> tuple[Posting, ...]:
    """The postings that give each account the sum of its legs.

    Legs of one account are netted first, wherever they stand, so no account posts to itself and zeros vanish. Then
    equal amounts are matched, which gives the postings one would write by hand; the rest is matched in the order of the
    legs. At most (accounts - 1) postings come out, always the same ones for the same legs.

    Args:
        debits: legs that debit where positive: the mirror's net and the fees of a balance transaction.
        counters: legs that credit where positive: the counter accounts.
        currency: of all of them.

    Raises:
        ValueError: debits and counters do not come to the same amount.
    """
    debited, credited, keys = _net(debits, counters)
    if sum(debited.values()) != sum(credited.values()):
        raise ValueError(f"legs do not balance: debits {debited}, credits {credited} {currency}")
    return tuple(
        Posting(keys[debit], keys[credit], Money(amount, currency))
        for debit, credit, amount in [*_take_equal(debited, credited), *_take_in_order(debited, credited)]
    )


def _net(
    debits: Iterable[Leg], counters: Iterable[Leg]
) -> tuple[dict[str, int], dict[str, int], dict[str, AccountKey]]:
    """What each account is debited and credited in the end, in the order of the legs, and the accounts by code."""
    net: dict[str, int] = {}
    keys: dict[str, AccountKey] = {}
    for legs, sign in ((debits, 1), (counters, -1)):
        for leg in legs:
            code = code_of(leg.account)
            net[code] = net.get(code, 0) + sign * leg.amount_minor
            # Of a code and a spec for one account the spec knows more: it can make the account.
            if code not in keys or isinstance(leg.account, AccountSpec):
                keys[code] = leg.account
    debited = {code: amount for code, amount in net.items() if amount > 0}
    credited = {code: -amount for code, amount in net.items() if amount < 0}
    return debited, credited, keys


def _take_equal(debited: dict[str, int], credited: dict[str, int]) -> list[tuple[str, str, int]]:
    """Match a debit and a credit of the same amount, and take both away."""
    taken = []
    for debit, amount in list(debited.items()):
        credit = next((code for code, other in credited.items() if other == amount), None)
        if credit is not None:
            taken.append((debit, credit, amount))
            del debited[debit], credited[credit]
    return taken


def _take_in_order(debited: dict[str, int], credited: dict[str, int]) -> list[tuple[str, str, int]]:
    """Match what is left, each debit with as many credits as it needs; every step uses up at least one account."""
    taken = []
    credits_left = list(credited.items())[::-1]
    for debit, amount in debited.items():
        left = amount
        while left:
            credit, available = credits_left.pop()
            used = min(left, available)
            taken.append((debit, credit, used))
            left -= used
            if available > used:
                credits_left.append((credit, available - used))
    return taken
