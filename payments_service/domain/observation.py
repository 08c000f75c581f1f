"""Which answer of Stripe is newer: told by when its call began and ended, by the database's clock."""

from datetime import datetime


def may_be_older(observed_time: datetime | None, began: datetime) -> bool:
    """Whether nobody can tell if an answer is older than the last applied one, so that Stripe has to be asked again.

    That is so when its call began before the last applied answer had arrived.

    Args:
        observed_time: when the call of the last applied answer had ended; None: none was applied yet.
        began: when the call of the answer at hand began.
    """
    return observed_time is not None and began < observed_time
