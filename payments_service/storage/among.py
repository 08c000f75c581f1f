"""Conditions on many values at once."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, any_, literal


def among(column: ColumnElement[Any], values: Collection[object]) -> ColumnElement[bool]:
    """Whether a column has one of these values, of which there may be none.

    They are one array, so the statement is the same for any number of them. With `IN` and a parameter for each,
    SQLAlchemy, the driver and Postgres each have to read a statement that they have not seen before.
    """
    return column == any_(literal(list(values), ARRAY(column.type)))
