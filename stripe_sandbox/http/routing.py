"""Finding the endpoint of a request: a tree of path segments, so that many endpoints cost no more than few."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from stripe_sandbox import API_VERSION
from stripe_sandbox.http.call import Call
from stripe_sandbox.http.params import Params
from stripe_sandbox.json_types import JsonObject

Handler = Callable[[Call], JsonObject]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method on one path.

    Attributes:
        method: HTTP method.
        pattern: Path with names in braces, for example `/v1/charges/{id}`.
        handler: Runs the call on the state and returns the object to show. It never waits, so a call is atomic.
        params: What the call may carry, besides `expand`.
        older_params: The same under the account's older API version, if that differs.
    """

    method: str
    pattern: str
    handler: Handler
    params: Params = field(default_factory=Params)
    older_params: Params | None = None

    def params_of(self, version: str) -> Params:
        """What the call may carry under an API version."""
        return self.params if version == API_VERSION or self.older_params is None else self.older_params


@dataclass(slots=True)
class _Node:
    children: dict[str, "_Node"] = field(default_factory=dict)
    named: "tuple[str, _Node] | None" = None
    endpoints: dict[str, Endpoint] = field(default_factory=dict)


class Router:
    """Resolves method and path to an endpoint and the values of the path's names."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._root = _Node()
        for endpoint in endpoints:
            self._add(endpoint)

    def _add(self, endpoint: Endpoint) -> None:
        node = self._root
        for segment in _segments(endpoint.pattern):
            if segment.startswith("{"):
                if node.named is None:
                    node.named = (segment[1:-1], _Node())
                node = node.named[1]
            else:
                node = node.children.setdefault(segment, _Node())
        if endpoint.method in node.endpoints:
            raise ValueError(f"{endpoint.method} {endpoint.pattern} is declared twice")
        node.endpoints[endpoint.method] = endpoint

    def find(self, method: str, path: str) -> tuple[Endpoint, dict[str, str]] | None:
        """The endpoint for a request, or None. Literal segments win over names."""
        node = self._root
        names: dict[str, str] = {}
        for segment in _segments(path):
            child = node.children.get(segment)
            if child is not None:
                node = child
            elif node.named is not None and segment:
                names[node.named[0]] = segment
                node = node.named[1]
            else:
                return None
        endpoint = node.endpoints.get(method)
        return None if endpoint is None else (endpoint, names)


def _segments(path: str) -> list[str]:
    return path.strip("/").split("/")
