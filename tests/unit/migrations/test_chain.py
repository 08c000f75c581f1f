"""Migrations are one chain, in the order of their numbers: two that were made side by side must be put in order."""

from pathlib import Path

from alembic.script import ScriptDirectory


def test_there_is_one_head_and_numbers_follow_the_chain() -> None:
    scripts = ScriptDirectory(str(Path(__file__).parents[3] / "migrations"))
    chain = [revision.revision for revision in scripts.walk_revisions()][::-1]

    assert len(scripts.get_heads()) == 1
    assert [int(name.partition("_")[0]) for name in chain] == list(range(1, len(chain) + 1))
