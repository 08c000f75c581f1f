"""`payments verify`: recompute the whole ledger and say what differs."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict

import typer
from pydantic import SecretStr

from payments_service.application.verification.model import CheckResult, chosen
from payments_service.bootstrap import open_verify
from payments_service.cli.data_folder import DataFolder
from payments_service.cli.database import with_database
from payments_service.cli.errors import EXIT_FAILURE, EXIT_USAGE, CommandError
from payments_service.cli.progress import Progress
from payments_service.config import Settings, load_settings
from payments_service.domain.errors import PaymentsError

EXIT_INTERRUPTED = 130


def run_verify(*, only: Sequence[str] | None, as_json: bool) -> int:
    """Verify, and print what was found; returns the exit code: 1 when anything differs.

    Raises:
        ConfigurationError: a setting is wrong.
        CommandError: the database cannot be used, or there is no such check.
    """
    settings = _with_key_of_the_folder(load_settings())
    results: dict[str, CheckResult] = {}
    stopped = False
    with with_database(settings) as ready, Progress() as progress:

        def told(result: CheckResult) -> None:
            results[result.check] = result
            (progress.done if result.done else progress.doing)(_line(result))

        try:
            asyncio.run(_verify(ready, only, told))
        except KeyboardInterrupt:
            stopped = True
        except PaymentsError as error:
            raise CommandError(error.message) from None
    _print(list(results.values()), stopped=stopped, as_json=as_json)
    if stopped:
        return EXIT_INTERRUPTED
    return EXIT_FAILURE if any(result.findings for result in results.values()) else 0


async def _verify(settings: Settings, only: Sequence[str] | None, told: Callable[[CheckResult], None]) -> None:
    async with open_verify(settings) as verify:
        try:
            names = chosen(await verify.names(), only or ())
        except ValueError as error:
            raise CommandError(f"--check: {error}", EXIT_USAGE) from None
        await verify.run(names, told)


def _print(results: Sequence[CheckResult], *, stopped: bool, as_json: bool) -> None:
    findings = [finding for result in results for finding in result.findings]
    if as_json:
        document = {
            "ok": not findings and not stopped,
            "interrupted": stopped,
            "checks": [asdict(result) for result in results],
        }
        typer.echo(json.dumps(document, indent=2))
        return
    for finding in findings:
        typer.echo(" ".join(filter(None, (f"{finding.check}:", finding.subject, finding.message))))
    rows = sum(result.rows for result in results)
    verdict = "interrupted" if stopped else f"{len(findings)} findings" if findings else "everything agrees"
    typer.echo(f"{len(results)} checks, {rows} rows: {verdict}")


def _line(result: CheckResult) -> str:
    wrong = f", {len(result.findings)} findings" if result.findings else ""
    return f"{result.check}: {result.rows} rows{wrong}"


def _with_key_of_the_folder(settings: Settings) -> Settings:
    """The settings with the seal key that the data folder holds, where none is set: that of the development stack."""
    kept = DataFolder(settings.data_dir).folder / "keys" / "seal"
    if settings.seal_keys or settings.seal_public_keys or not kept.exists():
        return settings
    return settings.model_copy(update={"seal_keys": (SecretStr(kept.read_text(encoding="utf-8").strip()),)})
