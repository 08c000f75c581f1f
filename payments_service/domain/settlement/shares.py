"""What a payment's money is owed to, cumulatively exact: parts of it add up however it is cut, in whatever order."""

from collections.abc import Sequence


def shares(amount: int, weights: Sequence[int]) -> list[int]:
    """Divide an amount in proportion to weights; the parts add up to it exactly.

    Each boundary between two parts is rounded by itself, so `shares(a + b)` less `shares(a)` is what `b` adds to each
    part after `a`, and what comes to nothing again leaves nothing behind.

    Args:
        amount: in minor units; may be below zero.
        weights: none below zero, not all zero.

    Raises:
        ValueError: there is nothing to be in proportion to.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError(f"weights must be 0 or more and not all 0, are {list(weights)}")
    parts = []
    weight = boundary = 0
    for each in weights:
        weight += each
        # Half up, also below zero: floor division rounds towards minus infinity on both sides.
        next_boundary = (2 * amount * weight + whole) // (2 * whole)
        parts.append(next_boundary - boundary)
        boundary = next_boundary
    return parts


def moved(before: int, after: int, weights: Sequence[int]) -> list[int]:
    """What each part changes by when the amount that is divided goes from `before` to `after`."""
    return [now - then for now, then in zip(shares(after, weights), shares(before, weights), strict=True)]
