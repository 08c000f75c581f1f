"""The inbox: leases with a holder, events of one object leased together, bodies that can be removed."""

from alembic import op

revision = "0009_inbox_leases"
down_revision = "0008_suspense_index"
branch_labels = None
depends_on = None

SUBJECT = "COALESCE(NULLIF(related_ids ->> 'payment_intent', ''), NULLIF(object_id, ''), event_id)"

CHANGES = (
    """
    ALTER TABLE stripe_events
        ADD COLUMN lease_id uuid,
        ADD COLUMN lease_until timestamptz,
        ALTER COLUMN body DROP NOT NULL
    """,
    "COMMENT ON COLUMN stripe_events.body IS 'null: removed, as it was old'",
    f"CREATE INDEX stripe_events_subject_idx ON stripe_events (({SUBJECT})) WHERE state = 'PENDING'",
    "CREATE INDEX stripe_events_dead_idx ON stripe_events (id) WHERE state = 'DEAD'",
)


def upgrade() -> None:
    for statement in CHANGES:
        op.execute(statement)
    # Events that are done are kept for a while, not for ever.
    op.execute(f"GRANT DELETE ON stripe_events TO {op.get_context().opts['role']}")


def downgrade() -> None:
    op.execute(f"REVOKE DELETE ON stripe_events FROM {op.get_context().opts['role']}")
    for name in ("stripe_events_dead_idx", "stripe_events_subject_idx"):
        op.drop_index(name)
    op.execute("UPDATE stripe_events SET body = '' WHERE body IS NULL")
    op.execute("ALTER TABLE stripe_events ALTER COLUMN body SET NOT NULL")
    for name in ("lease_until", "lease_id"):
        op.drop_column("stripe_events", name)
