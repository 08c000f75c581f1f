"""Tables of the outbox, and of the numbers that streams such as it are read by."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Table, Text, text
from sqlalchemy.dialects.postgresql import UUID

from payments_service.storage.tables.metadata import metadata

_TIME = DateTime(timezone=True)


def _event() -> tuple[Column[Any], ...]:
    """What an event says, waiting or numbered."""
    return (
        Column("type", Text, nullable=False),
        Column("owner_id", Text, nullable=False),
        Column("resource_id", Text, nullable=False),
        Column("reference", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("livemode", Boolean, nullable=False),
    )


sequence_heads = Table(
    "sequence_heads",
    metadata,
    Column("stream", Text, primary_key=True),
    Column(
        "incarnation", UUID, nullable=False, comment="in every cursor: to refuse all that were given out, change it"
    ),
    Column("last", BigInteger, nullable=False, server_default="0"),
)

outbox_queue = Table(
    "outbox_queue",
    metadata,
    Column("create_time", _TIME, primary_key=True, server_default=text("clock_timestamp()")),
    Column("id", UUID, primary_key=True),
    *_event(),
)
"""Events that wait for their numbers."""

outbox = Table(
    "outbox",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("create_time", _TIME, nullable=False),
    Column("id", UUID, nullable=False),
    *_event(),
)
"""Events that have them: only ever added to."""
