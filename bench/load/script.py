"""What a load consists of: the next request, and what its reply acknowledges."""

import importlib
from collections.abc import Mapping
from typing import Any, Protocol, cast


class Script(Protocol):
    """Makes the requests of a phase. Its class is named by `module:Class`, so that other processes find it."""

    def next(self) -> bytes:
        """The next request as it goes over the wire: a message as serialised, or all of an HTTP request."""

    def effects(self, reply: bytes) -> int:
        """How many effects a good reply acknowledges, to be compared with the books; 0 for what is only read."""


def load_script(name: str, arguments: Mapping[str, Any]) -> Script:
    """The script of this name."""
    return cast("Script", named(name)(**arguments))


def named(name: str) -> Any:  # noqa: ANN401 - whatever the module has under that name
    """What `module:name` names."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)
