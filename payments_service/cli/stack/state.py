"""Where the running stack is: a file for `payments demo` and `payments token`, and a lock that says whether it runs."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

from payments_service.cli.data_folder import DataFolder
from payments_service.cli.errors import CommandError


@dataclass(frozen=True, slots=True)
class StackState:
    """The running stack. Addresses are host:port; empty where there is none.

    Attributes:
        pid: the process of `payments up`.
        stripe_api_base: the sandbox, or what else stands for Stripe.
        stripe_api_key: what `/v1/balance` is asked with, when it is the sandbox's.
        token: the development token.
        ca_file: what the gRPC server's certificate is checked against; empty when it speaks in the clear.
        mtls_address: where gRPC takes a client certificate instead of a token.
        cert_file: such a certificate, for calls by hand.
        key_file: its key.
    """

    pid: int
    grpc_address: str
    gateway_address: str
    metrics_address: str
    worker_metrics_address: str
    stripe_api_base: str
    stripe_api_key: str = field(repr=False)
    token: str = field(repr=False)
    ca_file: str = ""
    mtls_address: str = ""
    cert_file: str = ""
    key_file: str = ""


def write_stack(folder: DataFolder, state: StackState) -> None:
    """Say where the stack is.

    Raises:
        CommandError: the file cannot be written.
    """
    folder.write_private(folder.stack, json.dumps(asdict(state), indent=2) + "\n")


def read_stack(folder: DataFolder) -> StackState | None:
    """The stack that runs on this data folder; None when none does, or it has not come up yet."""
    if not _is_locked(folder):
        return None
    try:
        return StackState(**json.loads(folder.stack.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


@contextlib.contextmanager
def only_stack(folder: DataFolder) -> Iterator[None]:
    """Be the only stack of a data folder; its description goes away with it.

    Raises:
        CommandError: another runs already; says where it is.
    """
    descriptor = _open_lock(folder)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(_where(folder)) from None
        folder.stack.unlink(missing_ok=True)  # of a stack that was killed
        try:
            yield
        finally:
            folder.stack.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _where(folder: DataFolder) -> str:
    other = read_stack(folder)
    if other is None:
        return f"another `payments up` is starting or stopping on {folder.folder}: try again in a moment"
    return (
        f"a stack runs already on {folder.folder} (process {other.pid}): gRPC {other.grpc_address}, webhooks "
        f"http://{other.gateway_address}, Stripe {other.stripe_api_base}; play a purchase with `payments demo`, or "
        "stop it with Ctrl-C there"
    )


def _is_locked(folder: DataFolder) -> bool:
    if not folder.lock.exists():
        return False
    descriptor = _open_lock(folder)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _open_lock(folder: DataFolder) -> int:
    try:
        return os.open(folder.lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CommandError(f"PAYMENTS_DATA_DIR: cannot use {folder.lock}: {error.strerror}") from None
