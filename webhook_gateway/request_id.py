"""The id that ties a delivery's log line here to its trace in the payments service."""

import itertools
import re
from collections.abc import Iterable
from os import urandom

HEADER_NAME = b"x-request-id"
_PROCESS = urandom(12).hex()
"""No other process has it. New randomness for every id would be a system call each."""

_numbers = itertools.count()
_ACCEPTABLE = re.compile(rb"[A-Za-z0-9._-]{1,64}")


def request_id_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Returns the id that a proxy in front gave the request, or a new one where that is not fit to be logged."""
    for name, value in headers:
        if name == HEADER_NAME and _ACCEPTABLE.fullmatch(value):
            return value.decode()
    return f"{_PROCESS}{next(_numbers):08x}"
