"""Proportional parts of an amount that add up: how Stripe reverses a transfer or a fee along with partial refunds."""


def share(total: int, part: int, whole: int) -> int:
    """The share of `total` that belongs to `part` of `whole`, rounded half up; all of it for the whole."""
    return (2 * total * part + whole) // (2 * whole)


def next_share(total: int, before: int, part: int, whole: int) -> int:
    """The share of a further `part` after `before`: however `whole` is divided, the shares add up to `total`."""
    return share(total, before + part, whole) - share(total, before, whole)
