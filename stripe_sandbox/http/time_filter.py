"""Filters on times: `created=…` and `created[gt|gte|lt|lte]=…`."""

from collections.abc import Mapping
from dataclasses import dataclass

from stripe_sandbox.http.params import Integer, Params
from stripe_sandbox.json_types import FormValue

_TIME = Integer(minimum=0)
_BOUNDS = Params({"gt": _TIME, "gte": _TIME, "lt": _TIME, "lte": _TIME})


@dataclass(frozen=True, slots=True)
class Interval:
    """Whole seconds from `first` to `last`, both included; None leaves that side open."""

    first: int | None = None
    last: int | None = None

    def holds(self, second: int) -> bool:
        """Whether `second` lies in the interval."""
        return (self.first is None or second >= self.first) and (self.last is None or second <= self.last)


@dataclass(frozen=True, slots=True)
class TimeFilter:
    """A parameter that selects a time or an interval of times, in Unix seconds."""

    def read(self, value: FormValue, name: str) -> Interval:
        """Raises `StripeError` for anything that is neither a time nor bounds."""
        if not isinstance(value, Mapping):
            second = _TIME.read(value, name)
            return Interval(second, second)
        bounds = _BOUNDS.read(value, name) or {}
        lower = [bounds["gte"]] if "gte" in bounds else []
        lower += [bounds["gt"] + 1] if "gt" in bounds else []
        upper = [bounds["lte"]] if "lte" in bounds else []
        upper += [bounds["lt"] - 1] if "lt" in bounds else []
        return Interval(max(lower, default=None), min(upper, default=None))
