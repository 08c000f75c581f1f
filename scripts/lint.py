"""All static checks, one line each; the output of those that fail. Exit 1 when any does."""

import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent
PACKAGES = ("payments_service", "webhook_gateway", "stripe_sandbox", "payments_client")
IMAGE = "gen/image.binpb"
BUF = ("--config", "buf.yaml", "--path", "payments_api")

CHECKS: dict[str, tuple[str, ...]] = {
    "ruff format": ("ruff", "format", "--check", "--quiet", "."),
    "ruff check": ("ruff", "check", "--quiet", "."),
    "mypy": ("mypy", *PACKAGES, "bench", "scripts", "migrations", "tests"),
    "import rules": ("lint-imports", "--no-cache"),
    "buf lint": ("buf", "lint", IMAGE, *BUF),
    "buf breaking": ("buf", "breaking", IMAGE, "--against", "protos/baseline.binpb", *BUF),
}


def main() -> int:
    """Run every check, also after one has failed."""
    failed = []
    for name, command in CHECKS.items():
        started = time.monotonic()
        result = subprocess.run(
            [str(BIN / command[0]), *command[1:]], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        verdict = "ok" if result.returncode == 0 else "FAILED"
        print(f"{name:<14} {verdict:<7} {time.monotonic() - started:5.1f} s", flush=True)
        if result.returncode != 0:
            failed.append(name)
            print((result.stdout + result.stderr).strip(), flush=True)
    if failed:
        print(f"lint: {', '.join(failed)} failed; `make format` mends what can be mended by itself")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
