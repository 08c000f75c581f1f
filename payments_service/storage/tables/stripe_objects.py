"""The table of Stripe's objects without a model of their own."""

from sqlalchemy import Boolean, Column, DateTime, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from payments_service.storage.tables.metadata import metadata

_TIME = DateTime(timezone=True)

stripe_objects = Table(
    "stripe_objects",
    metadata,
    Column("stripe_account", Text, primary_key=True, comment="empty: the platform"),
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("facts", JSONB, nullable=False, comment="no secrets, no personal data"),
    Column("livemode", Boolean, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("create_time", _TIME, nullable=False),
    Column("update_time", _TIME, nullable=False),
    Column("observed_time", _TIME, nullable=False),
)
