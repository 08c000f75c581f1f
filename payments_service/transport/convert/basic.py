"""Money and times as messages."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from payments_api.v1 import money_pb2

from payments_service.domain.errors import invalid
from payments_service.domain.money import Money, money_from_input

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_SECONDS = 86_400
_MICROSECOND_NANOS = 1_000


def money_to_message(money: Money) -> money_pb2.Money:
    """Money for a reply."""
    return money_pb2.Money(amount_minor=money.amount_minor, currency_code=money.currency)


def fill_money(message: money_pb2.Money, amount_minor: int, currency: str) -> None:
    """Write money into a part of a reply."""
    message.amount_minor = amount_minor
    message.currency_code = currency


def money_from_message(message: money_pb2.Money, field: str) -> Money:
    """Money from a request.

    Raises:
        PaymentsError: CURRENCY_UNSUPPORTED or REQUEST_INVALID, naming `field`.
    """
    return money_from_input(message.amount_minor, message.currency_code, field)


def time_to_message(time: datetime) -> Timestamp:
    """A time for a reply, to the microsecond that the database keeps."""
    since = time - _EPOCH
    return Timestamp(seconds=since.days * _DAY_SECONDS + since.seconds, nanos=since.microseconds * _MICROSECOND_NANOS)


def fill_time(message: Timestamp, time: datetime) -> None:
    """Write a time into a part of a reply."""
    since = time - _EPOCH
    message.seconds = since.days * _DAY_SECONDS + since.seconds
    message.nanos = since.microseconds * _MICROSECOND_NANOS


def time_from_message(message: Timestamp, field: str) -> datetime:
    """A time from a request.

    Raises:
        PaymentsError: REQUEST_INVALID for a time outside the years 1 to 9999.
    """
    try:
        return message.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise invalid(field, "must be a time between the years 0001 and 9999 (RFC 3339)") from None
