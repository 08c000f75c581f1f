"""Collections of Stripe objects."""

from collections.abc import Callable

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.collection import Collection

Objects = Collection[JsonObject]


def objects_of(kind: str, *indexes: str, moment: str = "created") -> Objects:
    """A collection of Stripe objects, indexed by the named fields; `moment` is the field with their time, if any."""

    def by(name: str) -> Callable[[JsonObject], str | None]:
        return lambda item: item.get(name)

    return Collection(
        kind,
        identify=lambda item: str(item["id"]),
        created=lambda item: int(item.get(moment, 0)),
        indexes={name: by(name) for name in indexes},
    )
