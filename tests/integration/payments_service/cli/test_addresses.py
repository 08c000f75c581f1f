"""Addresses of the stack: what was set is used or refused, a default gives way."""

import socket
import sys
from collections.abc import Iterator

import pytest

from payments_service.cli.errors import CommandError
from payments_service.cli.stack.addresses import Address, AddressBook


@pytest.fixture
def taken() -> Iterator[str]:
    """An address that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def free() -> str:
    """An address that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


def test_a_free_default_is_taken(free: str) -> None:
    with AddressBook() as book:
        assert book.choose("X_ADDRESS", free, None) == Address(free)


def test_a_default_that_is_in_use_gives_way_to_a_free_port_and_is_remembered(taken: str) -> None:
    with AddressBook() as book:
        chosen = book.choose("X_ADDRESS", taken, None)
    assert chosen.instead_of == taken
    assert chosen.text != taken
    assert chosen.text.startswith("127.0.0.1:")


def test_what_was_set_and_is_in_use_is_refused_by_name(taken: str, free: str) -> None:
    with AddressBook() as book, pytest.raises(CommandError, match=f"X_ADDRESS: cannot listen on {taken}") as caught:
        book.choose("X_ADDRESS", free, taken)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("text", ["nonsense", ":80", "127.0.0.1:port"])
def test_what_is_no_address_is_refused_with_an_example(text: str, free: str) -> None:
    with AddressBook() as book, pytest.raises(CommandError, match=f"is not host:port, for example {free}"):
        book.choose("X_ADDRESS", free, text)


def test_free_ports_are_different_ones(free: str) -> None:
    with AddressBook() as book:
        chosen = {book.choose("X_ADDRESS", free, "127.0.0.1:0").text for _ in range(20)}
    assert len(chosen) == 20


def test_what_was_handed_over_can_be_listened_on_and_on_linux_nobody_else_is_given_it(free: str) -> None:
    with AddressBook() as book:
        host, _, port = book.choose("X_ADDRESS", free, "127.0.0.1:0").text.rpartition(":")
        book.hand_over()
        if sys.platform == "linux":
            with pytest.raises(OSError, match="in use"), socket.socket() as other:
                other.bind((host, int(port)))
        with socket.create_server((host, int(port))), socket.create_connection((host, int(port))):
            pass


def test_any_address_of_this_machine_is_reached_by_loopback() -> None:
    assert Address("0.0.0.0:8080").reachable == "127.0.0.1:8080"
    assert Address("[::]:8080").reachable == "[::1]:8080"
    assert Address("127.0.0.1:8080").reachable == "127.0.0.1:8080"
