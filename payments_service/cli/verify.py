"""`payments verify`: recompute the whole ledger and say what differs."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict

import typer
from pydantic import SecretStr

from payments_service.application.verification.mirrors import NO_STRIPE
from payments_service.application.verification.model import CheckResult, chosen
from payments_service.bootstrap import open_verify
from payments_service.cli.data_folder import DataFolder
from payments_service.cli.database import with_database
from payments_service.cli.errors import EXIT_FAILURE, EXIT_USAGE, CommandError
from payments_service.cli.progress import Progress
from payments_service.cli.stack.state import read_stack
from payments_service.config import Settings, load_settings
from payments_service.domain.errors import PaymentsError

EXIT_INTERRUPTED = 130


def run_verify(*, only: Sequence[str] | None, as_json: bool) -> int:
    """Verify, and print what was found; returns the exit code.

    It is 1 when anything differs, or could not be checked: but for what needs Stripe where none is configured, unless
    that was asked for.

    Raises:
        ConfigurationError: a setting is wrong.
        CommandError: the database cannot be used, or there is no such check.
    """
    settings = _with_the_folder(load_settings())
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
    sound = not stopped and all(
        result.agrees or (_lacks_stripe_only(result) and not only) for result in results.values()
    )
    _print(list(results.values()), sound=sound, stopped=stopped, as_json=as_json)
    return 0 if sound else EXIT_INTERRUPTED if stopped else EXIT_FAILURE


def _lacks_stripe_only(result: CheckResult) -> bool:
    """Whether all that is missing is a Stripe that nobody has configured, as beside a restored backup."""
    return not result.findings and result.not_checked == [NO_STRIPE]


async def _verify(settings: Settings, only: Sequence[str] | None, told: Callable[[CheckResult], None]) -> None:
    async with open_verify(settings) as verify:
        try:
            names = chosen(await verify.names(), only or ())
        except ValueError as error:
            raise CommandError(f"--check: {error}", EXIT_USAGE) from None
        await verify.run(names, told)


def _print(results: Sequence[CheckResult], *, sound: bool, stopped: bool, as_json: bool) -> None:
    findings = [finding for result in results for finding in result.findings]
    missing = [(result.check, what) for result in results for what in result.not_checked]
    if as_json:
        document = {
            "ok": sound,
            "interrupted": stopped,
            "checks": [asdict(result) for result in results],
        }
        typer.echo(json.dumps(document, indent=2))
        return
    for finding in findings:
        typer.echo(" ".join(filter(None, (f"{finding.check}:", finding.subject, finding.message))))
    for check, what in missing:
        typer.echo(f"{check}: not checked: {what}")
    rows = sum(result.rows for result in results)
    verdict = "interrupted" if stopped else f"{len(findings)} findings" if findings else "everything agrees"
    if missing and not findings and not stopped:
        verdict = "everything that was checked agrees"
    typer.echo(f"{len(results)} checks, {rows} rows: {verdict}{f', {len(missing)} not checked' if missing else ''}")


def _line(result: CheckResult) -> str:
    wrong = f", {len(result.findings)} findings" if result.findings else ""
    missing = ", not all of it checked" if result.not_checked else ""
    return f"{result.check}: {result.rows} rows{wrong}{missing}"


def _with_the_folder(settings: Settings) -> Settings:
    """The settings with what the data folder holds, where nothing is set: the development stack's seal key and Stripe.

    Its Stripe is that of its own database, and is known while it runs.
    """
    folder = DataFolder(settings.data_dir)
    kept = folder.folder / "keys" / "seal"
    found: dict[str, object] = {}
    if not settings.seal_keys and not settings.seal_public_keys and kept.exists():
        found["seal_keys"] = (SecretStr(kept.read_text(encoding="utf-8").strip()),)
    stack = read_stack(folder) if settings.database_url is None and settings.stripe_api_key is None else None
    if stack is not None and stack.stripe_api_base and stack.stripe_api_key:
        found |= {"stripe_api_base": stack.stripe_api_base, "stripe_api_key": SecretStr(stack.stripe_api_key)}
    return settings.model_copy(update=found)
