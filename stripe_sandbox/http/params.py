"""The parameters of an endpoint: which there are, how they are read, what is said when they are wrong.

An endpoint declares `Params`; what it does not declare is refused as Stripe refuses it (`parameter_unknown`), so
a feature that the sandbox lacks is never a silent success.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from stripe_sandbox.http.errors import invalid, missing_parameter, unknown_parameters
from stripe_sandbox.json_types import FormValue, JsonObject

METADATA_KEYS_MAX = 50
METADATA_KEY_CHARS_MAX = 40
METADATA_VALUE_CHARS_MAX = 500
_INTEGER_MAX = 2**63 - 1
_INTEGER_DIGITS_MAX = 19


class Field(Protocol):
    """Reads one parameter."""

    def read(self, value: FormValue, name: str) -> object:
        """Turns the form value of the parameter `name` into what the endpoint works with.

        Raises:
            StripeError: 400, the value is not of this kind.
        """


@dataclass(frozen=True, slots=True)
class Text:
    """A string. `unset`: an empty one is an order to clear the field and reads as None."""

    chars_max: int = 5_000
    unset: bool = False

    def read(self, value: FormValue, name: str) -> str | None:
        """Raises `StripeError` for a non-string, a forbidden empty one and one that is too long."""
        text = _string(value, name)
        if not text:
            if self.unset:
                return None
            raise _cannot_unset(name)
        if len(text) > self.chars_max:
            raise invalid(
                f"Invalid string: {text[:10]}...{text[-10:]}; must be at most {self.chars_max} characters",
                param=name,
            )
        return text


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number, not below `minimum` nor above `maximum`. `unset`: an empty string reads as None."""

    minimum: int | None = None
    maximum: int | None = None
    unset: bool = False

    def read(self, value: FormValue, name: str) -> int | None:
        """Raises `StripeError` `parameter_invalid_integer` for anything else."""
        text = _string(value, name)
        if not text and self.unset:
            return None
        digits = text[1:] if text[:1] == "-" else text
        if not (digits.isascii() and digits.isdigit()) or len(digits) > _INTEGER_DIGITS_MAX:
            raise invalid(f"Invalid integer: {text[:40]}", param=name, code="parameter_invalid_integer")
        number = int(text)
        if abs(number) > _INTEGER_MAX:
            raise invalid(f"Invalid integer: {text[:40]}", param=name, code="parameter_invalid_integer")
        if self.minimum is not None and number < self.minimum:
            raise _out_of_range(f"greater than or equal to {self.minimum}", name)
        if self.maximum is not None and number > self.maximum:
            raise _out_of_range(f"less than or equal to {self.maximum}", name)
        return number


@dataclass(frozen=True, slots=True)
class Boolean:
    """`true` or `false`."""

    def read(self, value: FormValue, name: str) -> bool:
        """Raises `StripeError` for any other word."""
        text = _string(value, name).lower()
        if text not in {"true", "false"}:
            raise invalid(f"Invalid boolean: {text[:40]}", param=name)
        return text == "true"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words. `unset`: an empty one clears the field and reads as None."""

    words: tuple[str, ...]
    unset: bool = False

    def read(self, value: FormValue, name: str) -> str | None:
        """Raises `StripeError` that names the words."""
        text = _string(value, name)
        if text in self.words:
            return text
        if not text:
            if self.unset:
                return None
            raise _cannot_unset(name)
        words = ", ".join(self.words[:-1]) + f", or {self.words[-1]}" if len(self.words) > 1 else self.words[0]
        raise invalid(f"Invalid {name}: must be one of {words}", param=name)


@dataclass(frozen=True, slots=True)
class Metadata:
    """Stripe's metadata: names and strings; an empty string in place of it clears all of it."""

    def read(self, value: FormValue, name: str) -> dict[str, str] | None:
        """Raises `StripeError` for too many or too long names and values, and for nesting."""
        if value == "":
            return None
        if not isinstance(value, Mapping):
            raise invalid("Invalid hash", param=name)
        if len(value) > METADATA_KEYS_MAX:
            raise invalid(f"Metadata cannot have more than {METADATA_KEYS_MAX} keys", param=name)
        for key, text in value.items():
            inner = f"{name}[{key}]"
            if len(key) > METADATA_KEY_CHARS_MAX:
                raise invalid(f"Metadata keys must be at most {METADATA_KEY_CHARS_MAX} characters: {key}", param=name)
            if len(_string(text, inner)) > METADATA_VALUE_CHARS_MAX:
                raise invalid(
                    f"Metadata values can have up to {METADATA_VALUE_CHARS_MAX} characters: {inner}", param=inner
                )
        return dict(value)


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list, written `name[]=…` or `name[0]=…`."""

    item: Field

    def read(self, value: FormValue, name: str) -> list[object]:
        """Raises `StripeError` if it is no list or an item is wrong."""
        if isinstance(value, Mapping) and all(key.isascii() and key.isdigit() for key in value):
            value = [value[key] for key in sorted(value, key=int)]
        if not isinstance(value, list):
            raise invalid("Invalid array", param=name)
        return [self.item.read(item, f"{name}[{index}]") for index, item in enumerate(value)]


@dataclass(frozen=True, slots=True)
class MapOf:
    """Values by names that are not known beforehand, such as currencies; an empty string clears all of it (None)."""

    item: Field

    def read(self, value: FormValue, name: str) -> dict[str, object] | None:
        """Raises `StripeError` if it is no map or a value is wrong."""
        if value == "":
            return None
        if not isinstance(value, Mapping):
            raise invalid("Invalid object", param=name)
        return {key: self.item.read(given, f"{name}[{key}]") for key, given in value.items()}


@dataclass(frozen=True, slots=True)
class Params:
    """A group of named parameters: all of an endpoint's, or those nested below one name.

    `unset`: an empty string in place of the group clears it and reads as None.
    """

    fields: Mapping[str, Field] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    unset: bool = False

    def read(self, value: FormValue, name: str = "") -> JsonObject | None:
        """Reads the group.

        Raises:
            StripeError: 400 for unknown, missing or wrong parameters, in this order.
        """
        if value == "" and self.unset:
            return None
        if not isinstance(value, Mapping):
            raise invalid("Invalid object", param=name)
        unknown = [_inner(name, key) for key in value if key not in self.fields]
        if unknown:
            raise unknown_parameters(unknown)
        for key in self.required:
            if key not in value:
                raise missing_parameter(_inner(name, key))
        return {key: self.fields[key].read(given, _inner(name, key)) for key, given in value.items()}

    def extended(self, fields: Mapping[str, Field]) -> "Params":
        """The same group with further fields."""
        return Params({**self.fields, **fields}, self.required, self.unset)


def merge_metadata(current: dict[str, str], change: dict[str, str] | None) -> dict[str, str]:
    """Metadata after an update: None clears it, an empty value removes its key.

    Raises:
        StripeError: 400, more than 50 keys would result.
    """
    if change is None:
        return {}
    merged = {key: text for key, text in {**current, **change}.items() if text}
    if len(merged) > METADATA_KEYS_MAX:
        raise invalid(f"Metadata cannot have more than {METADATA_KEYS_MAX} keys", param="metadata")
    return merged


def _inner(name: str, key: str) -> str:
    return f"{name}[{key}]" if name else key


def _string(value: FormValue, name: str) -> str:
    if not isinstance(value, str):
        raise invalid("Invalid string: must be a string", param=name)
    return value


def _cannot_unset(name: str) -> Exception:
    return invalid(
        f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; "
        f"however '{name}' cannot be unset. You should remove '{name}' from your request or supply a non-empty value.",
        param=name,
        code="parameter_invalid_empty",
    )


def _out_of_range(what: str, name: str) -> Exception:
    return invalid(f"This value must be {what}.", param=name, code="parameter_invalid_integer")
