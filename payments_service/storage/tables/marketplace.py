"""Tables of connected accounts and refunds."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from payments_service.storage.tables.metadata import metadata

_TIME = DateTime(timezone=True)

connected_accounts = Table(
    "connected_accounts",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("owner_id", Text, nullable=False),
    Column("stripe_account", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("business_type", Text, nullable=False),
    Column("default_currency", Text, nullable=False),
    Column("charges_enabled", Boolean, nullable=False),
    Column("payouts_enabled", Boolean, nullable=False),
    Column("transfers_enabled", Boolean, nullable=False),
    Column("details_submitted", Boolean, nullable=False),
    Column("requirements", JSONB, nullable=False),
    Column("metadata", JSONB, nullable=False),
    Column("livemode", Boolean, nullable=False),
    Column("create_time", _TIME, nullable=False),
    Column("update_time", _TIME, nullable=False),
    Column("observed_time", _TIME),
    Index(None, "owner_id", unique=True, postgresql_where=text("state <> 'FAILED'")),
    Index(None, "stripe_account", unique=True, postgresql_where=text("stripe_account <> ''")),
)

refunds = Table(
    "refunds",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("payment_id", UUID, nullable=False),
    Column("owner_id", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("stripe_status", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("absorb_by", Text, nullable=False),
    Column("reverse_transfer", Boolean, nullable=False),
    Column("refund_platform_fee", Boolean, nullable=False),
    Column("failure_reason", Text, nullable=False),
    Column("metadata", JSONB, nullable=False),
    Column("livemode", Boolean, nullable=False),
    Column("create_time", _TIME, nullable=False),
    Column("update_time", _TIME, nullable=False),
    Column("observed_time", _TIME),
    Column("stripe_refund_id", Text, nullable=False),
    Column("balance_transaction_id", Text, nullable=False),
    Column("transfer_reversal_id", Text, nullable=False),
    Index(None, "payment_id", "id"),
    Index(None, "owner_id", "id"),
    Index(None, "stripe_refund_id", unique=True, postgresql_where=text("stripe_refund_id <> ''")),
)
