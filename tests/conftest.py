"""What all tests share: how hard property tests search, and where they may put files."""

import os
import sys
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from payments_service.transport.grpc_core import tell_grpc_core

ROOT = Path(__file__).parents[1]

# Tests start hundreds of programs. Where Python is told to write no bytecode, as it is in many containers, each of them
# would compile all that it imports, which takes five times as long as starting. So it is kept, but apart; and this
# process, which was told so too, keeps and uses it as well.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    sys.pycache_prefix = os.environ.setdefault("PYTHONPYCACHEPREFIX", str(ROOT / ".pytest_cache" / "bytecode"))
    sys.dont_write_bytecode = False

# Quick on every run, and the same examples each time, so that a run says something about the change at hand; thorough
# and at random on request (HYPOTHESIS_PROFILE=thorough). No deadline: on a busy machine a slow example says nothing
# about the code.
settings.register_profile(
    "quick", max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", max_examples=2_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

# What runs in this process has gRPC's core as our programs have it. Nothing has imported grpc yet.
tell_grpc_core()

# Tracebacks of what is logged, as they are: structlog's own choice draws a frame around the value of every variable,
# which took twenty seconds of an event loop for a traceback through a whole batch.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let those begin first that take longest, so that none of them is the last that everybody waits for."""
    items.sort(key=lambda item: "e2e" not in item.path.relative_to(ROOT).parts)


@pytest.fixture
def tmp_path(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The test's folder; as root one that the embedded Postgres' own user can reach.

    pytest closes its folders to others, and data of a closed folder would be put elsewhere, where nobody removes it.
    """
    if os.geteuid() == 0:
        root = tmp_path_factory.getbasetemp()
        while root.parent.name.startswith("pytest-"):
            root = root.parent
        for folder in (tmp_path, *tmp_path.parents):
            folder.chmod(0o711)
            if folder == root:
                break
    return tmp_path
