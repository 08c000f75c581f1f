"""The outbox: events that wait for their numbers, events that have them, and the last number of every stream."""

from alembic import op

revision = "0003_outbox"
down_revision = "0002_payments"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE sequence_heads (
        stream text CONSTRAINT sequence_heads_pkey PRIMARY KEY,
        incarnation uuid NOT NULL,
        last bigint NOT NULL DEFAULT 0
    )
    """,
    "COMMENT ON COLUMN sequence_heads.incarnation IS 'in every cursor: to refuse all that were given out, change it'",
    "INSERT INTO sequence_heads (stream, incarnation) VALUES ('outbox', gen_random_uuid())",
    # A row waits here for well under a second and leaves: numbering reads a table that stays small, and the outbox
    # itself is only ever added to, in the order in which it is read.
    """
    CREATE TABLE outbox_queue (
        id uuid NOT NULL,
        type text NOT NULL,
        owner_id text NOT NULL,
        resource_id text NOT NULL,
        reference text NOT NULL,
        state text NOT NULL,
        livemode boolean NOT NULL,
        create_time timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT outbox_queue_pkey PRIMARY KEY (create_time, id)
    )
    """,
    """
    CREATE TABLE outbox (
        number bigint CONSTRAINT outbox_pkey PRIMARY KEY,
        id uuid NOT NULL,
        type text NOT NULL,
        owner_id text NOT NULL,
        resource_id text NOT NULL,
        reference text NOT NULL,
        state text NOT NULL,
        livemode boolean NOT NULL,
        create_time timestamptz NOT NULL
    )
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    role = op.get_context().opts["role"]
    op.execute(f"GRANT SELECT, UPDATE ON sequence_heads TO {role}")
    op.execute(f"GRANT SELECT, INSERT, DELETE ON outbox_queue TO {role}")
    op.execute(f"GRANT SELECT, INSERT ON outbox TO {role}")


def downgrade() -> None:
    for table in ("outbox", "outbox_queue", "sequence_heads"):
        op.drop_table(table)
