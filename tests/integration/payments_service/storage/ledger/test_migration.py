"""Books from before the ledger was whole: what the migration makes of them."""

from collections.abc import Iterator

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from payments_service.storage.migrate import migrations_folder
from payments_service.storage.url import database_url as sqlalchemy_url

BEFORE, AFTER = "0005_fee_schedules", "0006_ledger_whole"
OLD_BOOKS = """
INSERT INTO ledger_accounts (id, code, currency, kind, owner_id, floor_minor, version, posted_credits) VALUES
    ('00000000-0000-7000-8000-000000000001', 'wallet:user:1:usd', 'usd', 'liability', 'user:1', 0, 2, 300),
    ('00000000-0000-7000-8000-000000000002', 'creator:acn_1:payable:eur', 'eur', 'liability', 'seller', NULL, 0, 0),
    ('00000000-0000-7000-8000-000000000003', 'stripe:usd', 'usd', 'asset', NULL, NULL, 0, 0);
INSERT INTO ledger_transactions (id, reference, kind, effective_time, record_time, expire_time, description, metadata,
                                 actor, request_id, digest)
SELECT id::uuid, id, kind, effective_time::timestamptz, '2026-01-05 12:00Z', expire_time::timestamptz, '', '{}', '', '',
       '' FROM (VALUES
    ('00000000-0000-7000-8000-000000000011', 'post', '2026-01-01 10:03Z', NULL),
    ('00000000-0000-7000-8000-000000000012', 'post', '2026-01-05 12:00Z', NULL),
    ('00000000-0000-7000-8000-000000000013', 'hold', '2026-01-05 12:00Z', '2026-02-01 00:00Z')
) AS t (id, kind, effective_time, expire_time);
INSERT INTO ledger_entries (account_id, version, transaction_id, amount_minor, posted_debits, posted_credits,
                            pending_debits, pending_credits, record_time, posting_index, side, effect)
SELECT '00000000-0000-7000-8000-000000000001', n, ('00000000-0000-7000-8000-00000000001' || n)::uuid, n * 100, 0,
       n * (n + 1) * 50, 0, 0, '2026-01-05 12:00Z', 0, 2, 1 FROM generate_series(1, 2) n;
"""


@pytest.fixture
def connection(empty_database_url: str) -> Iterator[psycopg.Connection]:
    """A connection to a database as the migration before this one left it, with something in its books."""
    _migrate(empty_database_url, BEFORE)
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute(OLD_BOOKS)
        _migrate(empty_database_url, AFTER)
        yield connection


def _migrate(url: str, revision: str) -> None:
    engine = create_engine(sqlalchemy_url(url), poolclass=NullPool)
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        connection.exec_driver_sql("DO 'BEGIN CREATE ROLE payments_app; EXCEPTION WHEN OTHERS THEN NULL; END'")
        config.attributes |= {"connection": connection, "role": "payments_app"}
        direction = command.downgrade if revision == BEFORE and _is_newer(connection) else command.upgrade
        direction(config, revision)


def _is_newer(connection: object) -> bool:
    """Whether the newer migration has been run."""
    found = connection.exec_driver_sql("SELECT to_regclass('ledger_shifted_entries') IS NOT NULL")  # type: ignore[attr-defined]  # a Connection
    return bool(found.scalar_one())


def test_every_wallet_and_payable_gets_its_floor_and_its_receivable(connection: psycopg.Connection) -> None:
    found = connection.execute("SELECT code, currency, kind, owner_id, floor_minor FROM ledger_accounts ORDER BY code")
    assert found.fetchall() == [
        ("creator:acn_1:payable:eur", "eur", "liability", "seller", 0),
        ("receivable:acn_1:eur", "eur", "asset", "seller", None),
        ("receivable:user:1:usd", "usd", "asset", "user:1", None),
        ("stripe:usd", "usd", "asset", None, None),
        ("wallet:user:1:usd", "usd", "liability", "user:1", 0),
    ]


def test_what_happened_at_another_time_than_it_was_recorded_is_known(connection: psycopg.Connection) -> None:
    found = connection.execute("SELECT version, shifted_credits, side FROM ledger_shifted_entries")
    assert found.fetchall() == [(1, 100, 2)]
    totals = connection.execute(
        "SELECT width, to_char(start_time AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), debits, credits "
        "FROM ledger_effective_totals ORDER BY width"
    )
    assert totals.fetchall() == [(1, "2026-01-01 00:00", 0, 100), (2, "2026-01-01 10:00", 0, 100)]


def test_holds_that_will_expire_are_queued(connection: psycopg.Connection) -> None:
    found = connection.execute("SELECT right(transaction_id::text, 2) FROM ledger_hold_expiries")
    assert found.fetchall() == [("13",)]


def test_it_can_be_taken_back(connection: psycopg.Connection, empty_database_url: str) -> None:
    _migrate(empty_database_url, BEFORE)
    assert connection.execute("SELECT to_regclass('ledger_hold_expiries')").fetchall() == [(None,)]
    _migrate(empty_database_url, AFTER)
    assert connection.execute("SELECT count(*) FROM ledger_hold_expiries").fetchall() == [(1,)]
