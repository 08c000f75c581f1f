"""Saves whole rows by their primary keys."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Table, Update, bindparam, update
from sqlalchemy.ext.asyncio import AsyncConnection


async def save_rows(connection: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Set the columns of rows that are there; the driver sends all together, and waits for the server once.

    Args:
        connection: in a transaction.
        table: where they are.
        rows: their values by column, the primary key among them and all with the same columns. May be none.
    """
    if rows:
        parameters = [_parameters(table, row) for row in rows]
        await connection.execute(_update(table), parameters if len(parameters) > 1 else parameters[0])


@cache
def _update(table: Table) -> Update:
    """Made once a table, with the columns as parameters: `values()` would make an object of each column every time."""
    return update(table).where(*(key == bindparam(_which(key.name)) for key in table.primary_key))


def _parameters(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    parameters = dict(row)
    for key in table.primary_key:
        parameters[_which(key.name)] = parameters.pop(key.name)
    return parameters


def _which(key: str) -> str:
    """SQLAlchemy takes a parameter with the name of a column for its new value."""
    return f"which_{key}"
