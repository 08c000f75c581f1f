"""One call of an endpoint: what the handler gets."""

from dataclasses import dataclass

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.scope import Scope


@dataclass(frozen=True, slots=True)
class Call(Scope):
    """A request whose parameters have been read.

    Attributes:
        path: Values of the names in the endpoint's path.
        params: The parameters, read.
        base_url: Scheme and host under which the client reached the sandbox.
    """

    path: dict[str, str]
    params: JsonObject
    base_url: str
