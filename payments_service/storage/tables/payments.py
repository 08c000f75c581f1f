"""Tables of payments, their operations, idempotency keys, Stripe's events and balance transactions."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from payments_service.storage.tables.metadata import metadata

_TIME = DateTime(timezone=True)
_NOW = text("clock_timestamp()")

payments = Table(
    "payments",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("owner_id", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("amount_captured_minor", BigInteger, nullable=False),
    Column("amount_refunded_minor", BigInteger, nullable=False),
    Column("charge_model", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("stripe_status", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("metadata", JSONB, nullable=False),
    Column("livemode", Boolean, nullable=False),
    Column("create_time", _TIME, nullable=False),
    Column("update_time", _TIME, nullable=False),
    Column("observed_time", _TIME),
    Column("failure", JSONB(none_as_null=True)),
    Column("intent_id", Text, nullable=False),
    Column("charge_id", Text, nullable=False),
    Column("balance_transaction_id", Text, nullable=False),
    Column("event_ids", JSONB, nullable=False),
    Column("capture_method", Text, nullable=False, server_default="AUTOMATIC"),
    Column("amount_capturable_minor", BigInteger, nullable=False, server_default="0"),
    Column("connected_account_id", UUID),
    Column("platform_fee_minor", BigInteger, nullable=False, server_default="0"),
    Column("transfer_id", Text, nullable=False, server_default=""),
    Column("application_fee_id", Text, nullable=False, server_default=""),
    Column("splits", JSONB, nullable=False, server_default="[]"),
    Index(None, "connected_account_id", "id", postgresql_where=text("connected_account_id IS NOT NULL")),
    Index(None, "intent_id", unique=True, postgresql_where=text("intent_id <> ''")),
    Index(None, "reference", "id", postgresql_where=text("reference <> ''")),
    Index(None, "owner_id", "id"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("operation_id", UUID, nullable=False),
    Column("outcome", LargeBinary, comment="encrypted"),
    Column("create_time", _TIME, nullable=False, server_default=_NOW),
    Column("complete_time", _TIME),
)

stripe_operations = Table(
    "stripe_operations",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("object_id", UUID, nullable=False),
    Column("claim", LargeBinary, nullable=False),
    Column("method", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("call", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("create_time", _TIME, nullable=False),
    Column("execute_until", _TIME, nullable=False),
    Column("lease_until", _TIME, nullable=False),
    Column("next_attempt_time", _TIME, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text, nullable=False, server_default=""),
    Column("finish_time", _TIME),
    Index(None, "next_attempt_time", postgresql_where=text("state = 'IN_PROGRESS'")),
    Index(None, "object_id", postgresql_where=text("state = 'IN_PROGRESS'")),
)

EVENT_SUBJECT = "COALESCE(NULLIF(related_ids ->> 'payment_intent', ''), NULLIF(object_id, ''), event_id)"
"""What an event is about: its payment intent, else its object, else nothing but itself."""

stripe_events = Table(
    "stripe_events",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("stripe_account", Text, nullable=False),
    Column("livemode", Boolean, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("create_time", _TIME),
    Column("api_version", Text, nullable=False),
    Column("object_type", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("related_ids", JSONB, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("secret_index", Integer, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("body", LargeBinary, comment="null: removed, as it was old"),
    Column("state", Text, nullable=False),
    Column("receive_time", _TIME, nullable=False, server_default=_NOW),
    Column("next_attempt_time", _TIME, nullable=False, server_default=_NOW),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("last_error", Text, nullable=False, server_default=""),
    Column("done_time", _TIME),
    Column("lease_id", UUID),
    Column("lease_until", _TIME),
    Index(None, "stripe_account", "livemode", "event_id", unique=True),
    Index(None, "next_attempt_time", postgresql_where=text("state = 'PENDING'")),
    Index("stripe_events_subject_idx", text(EVENT_SUBJECT), postgresql_where=text("state = 'PENDING'")),
    Index("stripe_events_dead_idx", "id", postgresql_where=text("state = 'DEAD'")),
)

stripe_accounts = Table(
    "stripe_accounts",
    metadata,
    Column("stripe_account", Text, primary_key=True, comment="empty: the platform"),
    Column("due_count", BigInteger, nullable=False, server_default="0"),
    Column("settled_count", BigInteger, nullable=False, server_default="0"),
    Column("settled_through", _TIME),
    Column("settle_time", _TIME),
    Column("lease_until", _TIME, nullable=False, server_default=_NOW),
)

stripe_balance_transactions = Table(
    "stripe_balance_transactions",
    metadata,
    Column("stripe_account", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("reporting_category", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("fee_minor", BigInteger, nullable=False),
    Column("net_minor", BigInteger, nullable=False),
    Column("fee_details", JSONB, nullable=False),
    Column("created", _TIME, nullable=False),
    Column("available_on", _TIME, nullable=False),
    Column("description", Text, nullable=False),
    Column("source_id", Text, nullable=False),
    Column("intent_id", Text, nullable=False),
    Column("exchange_rate", Text, nullable=False),
    Column("payment_id", UUID),
    Column("ledger_transaction_id", UUID),
    Column("record_time", _TIME, nullable=False, server_default=_NOW),
    Column("parent_id", Text, nullable=False, server_default=""),
    Column("connected_account_id", UUID),
    Column("balance_type", Text, nullable=False, server_default="payments"),
    Index(None, "parent_id", postgresql_where=text("parent_id <> ''")),
    Index(None, "source_id", postgresql_where=text("source_id <> ''")),
    Index(None, "payment_id", postgresql_where=text("payment_id IS NOT NULL")),
)

provisional_charges = Table(
    "provisional_charges",
    metadata,
    Column("charge_id", Text, primary_key=True),
    Column("payment_id", UUID, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("ledger_transaction_id", UUID, nullable=False),
    Column("state", Text, nullable=False),
    Column("record_time", _TIME, nullable=False, server_default=_NOW),
    Column("end_time", _TIME),
    Index(None, "record_time", postgresql_where=text("state = 'STANDING'")),
)
