"""Resolve the dependencies into uv.lock and scripts/uv.txt, naming no index host (docs/decisions/0002)."""

import re
import subprocess
import sys
from pathlib import Path

UV = str(Path(sys.executable).with_name("uv"))
INDEX = re.compile(r"https://[^/\"]+/")
EXPORT = ("export", "--quiet", "--frozen", "--no-emit-project", "--no-header", "--no-annotate", "--only-group", "dev")


def main() -> None:
    """Lock again; keep versions and hashes, drop the hosts that only hold for the machine that locked."""
    subprocess.run([UV, "lock", *sys.argv[1:]], check=True)
    lock = Path("uv.lock")
    lock.write_text(INDEX.sub("https://index.invalid/", lock.read_text()))
    exported = subprocess.run([UV, *EXPORT], check=True, capture_output=True, text=True).stdout
    uv = re.search(r"^uv==(?:.*\\\n)*.*\n", exported, re.MULTILINE)
    if uv is None:
        raise SystemExit("lock: uv is not in the dev group of pyproject.toml")
    Path("scripts/uv.txt").write_text(uv[0])


if __name__ == "__main__":
    main()
