"""The command that runs the server."""

from pathlib import Path

from payments_service.storage.embedded.area import Area
from payments_service.storage.embedded.binaries import Binaries
from payments_service.storage.embedded.cluster import server_command


def command(**options: object) -> str:
    settings = {"work_mem": "64MB"}
    durable = options.get("durable", True) is True
    return " ".join(server_command(Area(Path("/x")), Binaries(Path("/site")), 5433, durable=durable, settings=settings))


def test_answered_commits_are_on_disk() -> None:
    assert {"fsync=on", "synchronous_commit=on", "full_page_writes=on"} <= set(command().split())


def test_throwaway_data_does_not_wait_for_the_disk() -> None:
    assert {"fsync=off", "synchronous_commit=off"} <= set(command(durable=False).split())


def test_it_listens_on_loopback_only_and_takes_the_callers_settings() -> None:
    assert "listen_addresses=127.0.0.1" in command().split()
    assert "-p 5433" in command()
    assert "work_mem=64MB" in command().split()
