"""How control endpoints read their JSON and answer."""

from typing import TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.account import AccountState
from stripe_sandbox.state.objects import Objects
from stripe_sandbox.state.world import World

Model = TypeVar("Model", bound=BaseModel)


class Command(BaseModel):
    """The body of a control request: unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ControlError(Exception):
    """A control request that cannot be carried out; `status` is 400 or 404."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


async def read_command(request: Request, kind: type[Model]) -> Model:
    """The request's JSON as `kind`; an empty body stands for `{}`.

    Raises:
        ControlError: 400 that says which field is wrong.
    """
    try:
        return kind.model_validate_json(await request.body() or b"{}")
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise ControlError(400, f"{where}: {first['msg']}") from error


def found_anywhere(
    world: World, collection: str, identifier: str, path: str | None = None
) -> tuple[AccountState, JsonObject]:
    """The object with this id and the account it is in; `collection` is the field of `AccountState` that holds it.

    `path` is where they are listed, if not at `/v1/` and the name of the collection.

    Raises:
        ControlError: 404, no account has it.
    """
    kind = collection
    for account in world.accounts.values():
        objects: Objects = getattr(account, collection)
        kind = objects.kind
        found = objects.get(identifier)
        if found is not None:
            return account, found
    raise ControlError(404, f"no {kind} {identifier}: GET {path or '/v1/' + collection} lists them")


def answer(shown: object, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(shown), status, media_type="application/json")


async def refuse(_: Request, error: Exception) -> Response:
    """The answer to a `ControlError`."""
    status = error.status if isinstance(error, ControlError) else 500
    return answer({"error": {"message": str(error), "type": "sandbox_control_error"}}, status)
