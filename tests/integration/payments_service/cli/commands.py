"""Running `payments …` as a process. Imported by its full name."""

import os
import subprocess
import sys
from pathlib import Path

PAYMENTS = [sys.executable, "-m", "payments_service"]
PATIENCE_SECONDS = 120.0
"""Long enough for a machine that has ten times more to do than it can: who waits so long for nothing has failed."""


def environment(**variables: str) -> dict[str, str]:
    """This process's environment without settings of ours, and with those that are given."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PAYMENTS_")} | variables


def payments(*arguments: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*PAYMENTS, *arguments],
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
