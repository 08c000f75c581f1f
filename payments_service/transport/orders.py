"""What a parent tells each of its server processes, as one line."""

import importlib
import json
from pathlib import Path
from typing import Any, NamedTuple, Self

from pydantic import BaseModel, SecretStr

from payments_service.config import Settings, load_settings
from payments_service.transport.addresses import Addresses
from payments_service.transport.application import ApplicationFactory


class Orders(NamedTuple):
    """What a server process is to do.

    Attributes:
        factory: module and name of the application factory, `module:name`.
        addresses: the shared addresses.
        settings: plain values of the settings, secrets included: they go through a pipe and nowhere else.
    """

    factory: str
    addresses: Addresses
    settings: dict[str, Any]

    @classmethod
    def of(cls, settings: Settings, factory: ApplicationFactory, addresses: Addresses) -> Self:
        """Orders to serve this application.

        Raises:
            ValueError: another process could not find the factory again, because it is not a module's own function.
        """
        name = getattr(factory, "__qualname__", "")
        if not name or "<" in name or "." in name:
            raise ValueError("the application factory must be a function at the top of a module")
        return cls(f"{factory.__module__}:{name}", addresses, {key: _plain(value) for key, value in settings})

    def to_line(self) -> bytes:
        """The orders as one line."""
        return json.dumps(self).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Self:
        """The orders of a line."""
        factory, addresses, settings = json.loads(line)
        return cls(factory, Addresses(*addresses), settings)

    def load_settings(self) -> Settings:
        """The settings as the parent has them, whatever this process's environment says."""
        return load_settings({}, **self.settings)

    def load_factory(self) -> ApplicationFactory:
        """The application factory."""
        module, _, name = self.factory.partition(":")
        factory: ApplicationFactory = getattr(importlib.import_module(module), name)
        return factory


def _plain(value: object) -> object:
    """A setting as JSON can carry it and `load_settings` takes it."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, BaseModel):
        return _plain(dict(value))
    return str(value) if isinstance(value, Path) else value
