"""Only one stack runs on a data folder, and others learn where it is."""

from pathlib import Path

import pytest

from payments_service.cli.data_folder import DataFolder
from payments_service.cli.errors import CommandError
from payments_service.cli.stack.state import StackState, only_stack, read_stack, write_stack

STATE = StackState(
    pid=4711,
    grpc_address="127.0.0.1:50051",
    gateway_address="127.0.0.1:8080",
    metrics_address="",
    worker_metrics_address="",
    stripe_api_base="http://127.0.0.1:12111",
    stripe_api_key="sk_test_1",
    token="token",
)


def test_a_running_stack_is_found_and_one_that_has_stopped_is_not(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    assert read_stack(folder) is None
    with only_stack(folder):
        assert read_stack(folder) is None
        write_stack(folder, STATE)
        assert read_stack(folder) == STATE
    assert read_stack(folder) is None
    assert not folder.stack.exists()


def test_a_second_stack_is_told_where_the_first_is(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    with only_stack(folder):
        write_stack(folder, STATE)
        with (
            pytest.raises(CommandError, match=r"runs already .*process 4711\): gRPC 127.0.0.1:50051"),
            only_stack(folder),
        ):
            pytest.fail("there were two")
        assert read_stack(folder) == STATE


def test_a_stack_that_is_still_starting_is_said_to_be(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    with only_stack(folder), pytest.raises(CommandError, match="is starting or stopping"), only_stack(folder):
        pytest.fail("there were two")


def test_what_a_killed_stack_has_left_counts_for_nothing(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.lock.touch()
    write_stack(folder, STATE)
    assert read_stack(folder) is None
    with only_stack(folder):
        assert not folder.stack.exists()
