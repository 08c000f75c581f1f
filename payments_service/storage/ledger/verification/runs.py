"""Runs of verifications in Postgres."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.verification.model import CheckResult, Finding, Run
from payments_service.storage.tables.verifications import verifications as t

RUNNING, DONE = "RUNNING", "DONE"


class RunRepository:
    """The runs' part of `application.verification.ports.VerificationStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, run: Run) -> None:
        """See the port."""
        values = {"id": run.id, "actor": run.actor, "create_time": run.create_time, **_progress(run)}
        await self._connection.execute(insert(t).values(values))

    async def get(self, run_id: UUID) -> Run | None:
        """See the port."""
        row = (await self._connection.execute(select(t).where(t.c.id == run_id))).first()
        return None if row is None else _run(row)

    async def lock_next(self) -> Run | None:
        """See the port."""
        query = select(t).where(t.c.state == RUNNING).order_by(t.c.id).limit(1).with_for_update(skip_locked=True)
        row = (await self._connection.execute(query)).first()
        return None if row is None else _run(row)

    async def lock(self, run_id: UUID) -> Run | None:
        """See the port."""
        row = (await self._connection.execute(select(t).where(t.c.id == run_id).with_for_update())).first()
        return None if row is None else _run(row)

    async def save(self, run: Run) -> None:
        """See the port."""
        await self._connection.execute(update(t).where(t.c.id == run.id).values(_progress(run)))


def _progress(run: Run) -> dict[str, Any]:
    return {
        "state": DONE if run.done else RUNNING,
        "results": [asdict(result) for result in run.results],
        "position": {name: value if isinstance(value, int) else str(value) for name, value in run.position.items()},
        "end_time": run.end_time,
    }


def _run(row: Row[Any]) -> Run:
    results = [
        CheckResult(**{**result, "findings": [Finding(**finding) for finding in result["findings"]]})
        for result in row.results
    ]
    return Run(row.id, results, row.create_time, row.actor, row.position, row.end_time)
