"""Whole rows by id, saved with a statement that is made once: `values()` makes an object of each column every time."""

from typing import Any

from sqlalchemy import Table, Update, bindparam, update


def saving(table: Table) -> Update:
    """Update one row of a table; columns and id are parameters, see `saved`."""
    return update(table).where(table.c.id == bindparam("row_id"))


def saved(values: dict[str, Any]) -> dict[str, Any]:
    """The parameters of `saving` from a row's values by column, which are changed."""
    values["row_id"] = values.pop("id")
    return values
