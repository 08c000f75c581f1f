"""docs/errors.md says what the protos say."""

import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_is_up_to_date() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "error_docs.py"))

    assert script["PAGE"].read_text() == script["page"](), "run: make docs"
