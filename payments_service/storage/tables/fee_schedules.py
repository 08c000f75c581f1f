"""Tables of the platform's fee schedules."""

from sqlalchemy import Column, DateTime, Index, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from payments_service.storage.tables.metadata import metadata

_TIME = DateTime(timezone=True)
_ACCOUNT = "connected account; the nil UUID: all accounts"

fee_schedules = Table(
    "fee_schedules",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("account_id", UUID, nullable=False, comment=_ACCOUNT),
    Column("version", Integer, nullable=False),
    Column("effective_time", _TIME, nullable=False),
    Column("create_time", _TIME, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("rules", JSONB, nullable=False, comment="by currency"),
    Index(None, "kind", "account_id", "version", unique=True),
    Index(None, "kind", "account_id", "effective_time"),
    Index(None, "account_id", "id"),
)

fee_schedule_versions = Table(
    "fee_schedule_versions",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("account_id", UUID, primary_key=True, comment=_ACCOUNT),
    Column("newest", Integer, nullable=False),
)
"""The newest version of each scope: its row is the lock that makes versions follow each other without a gap."""
