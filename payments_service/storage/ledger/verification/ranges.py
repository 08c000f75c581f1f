"""Walking a table by its key, a stretch of rows at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.verification.model import FINDINGS_MAX, Finding, Position, Stretch
from payments_service.domain.ids import Prefix, format_id

STRETCH = 10_000
"""Rows that one statement looks at: some tens of milliseconds."""

_ZERO = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Walk:
    """A table and the key by which it is walked.

    Attributes:
        table: the table.
        key: its key's columns with what is below the first of each; what is below every text is the empty one.
    """

    table: str
    key: Mapping[str, object]

    async def next(
        self, connection: AsyncConnection, position: Position, limit: int
    ) -> tuple[int, dict[str, Any], dict[str, Any]]:
        """How many rows the next stretch has, at most `limit`, and the keys before it and at its end."""
        columns = ", ".join(self.key)
        after = {name: position.get(name, least) for name, least in self.key.items()}
        rows = (
            await connection.execute(
                text(
                    f"SELECT {columns} FROM {self.table} WHERE ({columns}) > ({_named(self.key, 'after')}) "  # noqa: S608 - constants
                    f"ORDER BY {columns} LIMIT :stretch"
                ),
                {f"after_{name}": value for name, value in after.items()} | {"stretch": limit},
            )
        ).all()
        return len(rows), after, dict(zip(self.key, rows[-1], strict=True)) if rows else {}

    def within(self, alias: str) -> str:
        """The condition that a row is in the stretch."""
        columns = ", ".join(f"{alias}.{name}" for name in self.key)
        return f"({columns}) > ({_named(self.key, 'after')}) AND ({columns}) <= ({_named(self.key, 'upto')})"


TRANSACTIONS = Walk("ledger_transactions", {"id": _ZERO})
ENTRIES = Walk("ledger_entries", {"account_id": _ZERO, "version": 0})
ACCOUNTS = Walk("ledger_accounts", {"id": _ZERO})
SHIFTED = Walk("ledger_shifted_entries", {"account_id": _ZERO, "version": 0})
BUCKETS = Walk("ledger_effective_totals", {"account_id": _ZERO, "width": 0, "start_time": "-infinity"})
NUMBERS = Walk("ledger_sequence", {"number": 0})
PAYMENTS = Walk("payments", {"id": _ZERO})
EVENTS = Walk("stripe_events", {"id": _ZERO})
BALANCE_TRANSACTIONS = Walk("stripe_balance_transactions", {"stripe_account": "", "id": ""})
PROVISIONAL = Walk("provisional_charges", {"charge_id": ""})

_TYPES = {"id": "uuid", "account_id": "uuid", "version": "bigint", "number": "bigint", "width": "smallint"}


def _named(key: Mapping[str, object], which: str) -> str:
    types = {name: "text" if least == "" else _TYPES.get(name, "timestamptz") for name, least in key.items()}
    return ", ".join(f"CAST(:{which}_{name} AS {type_})" for name, type_ in types.items())


@dataclass(frozen=True, slots=True)
class RangeCheck:
    """A check of a stretch of a table.

    Attributes:
        walk: the table.
        sql: gives `(id or key, message)` of rows that differ; `{within:x}` stands for the stretch by alias `x`.
        prefix: of the outside id; None: the key is shown as it is.
    """

    walk: Walk
    sql: str
    prefix: Prefix | None = None

    async def look(self, connection: AsyncConnection, name: str, position: Position) -> Stretch:
        """Look at the next stretch."""
        rows, after, upto = await self.walk.next(connection, position, STRETCH)
        if not rows:
            return Stretch()
        statement = text(self.sql.format_map(_Within(self.walk)) + f" LIMIT {FINDINGS_MAX}")
        values = {f"after_{key}": value for key, value in after.items()}
        values |= {f"upto_{key}": value for key, value in upto.items()}
        found = [
            Finding(name, format_id(self.prefix, subject) if self.prefix else str(subject), message)
            for subject, message in await connection.execute(statement, values)
        ]
        return Stretch(rows, upto if rows == STRETCH else None, tuple(found))


class _Within(dict[str, str]):
    """Fills in `{x}` with the condition that alias `x` is in the stretch."""

    def __init__(self, walk: Walk) -> None:
        super().__init__()
        self._walk = walk

    def __missing__(self, alias: str) -> str:
        return self._walk.within(alias)
