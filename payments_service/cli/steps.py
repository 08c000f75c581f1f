"""Steps of a start and of a purchase, with how long each took."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was waited for, and how long."""

    name: str
    milliseconds: float
