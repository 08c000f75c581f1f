"""Write .env.example from the settings of the three programs: every variable, its default, what it means.

`python scripts/env_example.py` writes it; a test fails when it is out of date.
"""

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from payments_service.config import Settings
from stripe_sandbox.settings import SandboxSettings
from webhook_gateway.settings import Settings as GatewaySettings

PATH = Path(__file__).resolve().parent.parent / ".env.example"

HEAD = """\
# Every variable that the programs read, with its default. Made by scripts/env_example.py from the settings classes.
#
# `payments up` needs none of them. Nothing reads this file by itself: copy what you change into .env and load it with
# `set -a; . ./.env; set +a`. Secrets may be given in a file instead, named by the variable with _FILE at its end.
"""

PROGRAMS: tuple[tuple[str, type[BaseSettings]], ...] = (
    ("The payments service: payments serve, payments worker, payments up, …", Settings),
    ("The webhook gateway: webhook-gateway serve", GatewaySettings),
    ("The Stripe sandbox: stripe-sandbox serve", SandboxSettings),
)

WIDTH = 120


def env_example() -> str:
    """The whole file."""
    return HEAD + "".join(f"\n# == {title}\n{''.join(_variables(settings))}" for title, settings in PROGRAMS)


def main() -> None:
    """Write the file."""
    PATH.write_text(env_example(), encoding="utf-8")


def _variables(settings: type[BaseSettings]) -> Iterator[str]:
    documented = _attributes(settings)
    for name, field in settings.model_fields.items():
        variable = f"{settings.model_config.get('env_prefix', '')}{name}".upper()
        meaning = (field.description or documented[name]).rstrip(".")
        required = " (required)" if field.is_required() else ""
        yield f"\n{_comment(meaning + required)}# {variable}={_default(field)}\n"


def _attributes(settings: type[BaseSettings]) -> dict[str, str]:
    """What the class's docstring says of each attribute."""
    text = inspect.getdoc(settings) or ""
    _, _, section = text.partition("Attributes:\n")
    found = re.findall(r"^    (\w+): (.*(?:\n        .*)*)", section, re.MULTILINE)
    return {name: " ".join(meaning.split()) for name, meaning in found}


def _default(field: FieldInfo) -> str:
    return "" if field.is_required() else _text(field.get_default(call_default_factory=True))


def _text(value: object) -> str:
    """A value as its variable would hold it."""
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return ",".join(_text(each) for each in value)
    if isinstance(value, dict):
        return json.dumps(value)
    return str(value)


def _comment(text: str) -> str:
    """The text as comment lines of at most `WIDTH` characters."""
    lines, line = [], "#"
    for word in text.split():
        if len(line) + 1 + len(word) > WIDTH:
            lines.append(line)
            line = "#"
        line = f"{line} {word}"
    return "".join(f"{each}\n" for each in [*lines, line])


if __name__ == "__main__":
    main()
