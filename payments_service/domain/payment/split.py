"""Splitting a payment among connected accounts: what is allowed."""

from collections.abc import Sequence

from payments_service.domain.errors import invalid
from payments_service.domain.money import Money
from payments_service.domain.payment.model import Split


def require_splits_within(splits: Sequence[Split], platform_fee: Money, amount: Money) -> None:
    """Refuse splits that nobody can pay.

    Args:
        splits: what is owed to whom.
        platform_fee: what the platform keeps, as asked for or by the fee schedule.
        amount: what is split.

    Raises:
        PaymentsError: REQUEST_INVALID naming the field.
    """
    seen = set()
    for index, split in enumerate(splits):
        if split.amount.currency != amount.currency:
            raise invalid(f"splits[{index}].amount.currency_code", f"must be {amount.currency}, as the payment's is")
        if split.account_id in seen:
            raise invalid(f"splits[{index}].connected_account_id", "is there twice: add its amounts up")
        seen.add(split.account_id)
    claimed = sum(split.amount.amount_minor for split in splits)
    if claimed + platform_fee.amount_minor > amount.amount_minor:
        raise invalid(
            "splits",
            f"come to {claimed}, which with the platform's fee of {platform_fee.amount_minor} is more than the amount, "
            f"{amount.amount_minor} {amount.currency}",
        )
