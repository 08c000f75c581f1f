"""Paths for people to read."""

from pathlib import Path


def shown(path: Path) -> str:
    """A path as one would write it here: relative when it is below the working directory."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
