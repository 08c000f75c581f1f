"""Two certificate authorities: one that is trusted, and another."""

from pathlib import Path

import pytest

from tests.authority import Authority


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path / "ours", "ours")


@pytest.fixture
def theirs(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path / "theirs", "theirs")
