"""The table of verifications."""

from sqlalchemy import Column, DateTime, Index, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from payments_service.storage.tables.metadata import metadata

_TIME = DateTime(timezone=True)

verifications = Table(
    "verifications",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("state", Text, nullable=False),
    Column("results", JSONB, nullable=False),
    Column("position", JSONB, nullable=False),
    Column("actor", Text, nullable=False),
    Column("create_time", _TIME, nullable=False),
    Column("end_time", _TIME),
    Index(None, "id", postgresql_where=text("state = 'RUNNING'")),
)
"""Each with its checks and what they have found, and where the one that is being made has come to."""
