"""Stripe's form encoding: `application/x-www-form-urlencoded` with brackets for nesting.

`metadata[k]=v` is a mapping, `expand[]=a` and `expand[0]=a` are lists. Which of the two a numbered name means is
only known from the endpoint's parameters, so numbered names stay mappings here and `params` turns them into lists.
"""

from itertools import pairwise
from urllib.parse import parse_qsl

from stripe_sandbox.http.errors import invalid
from stripe_sandbox.json_types import FormValue, JsonObject

FIELDS_MAX = 1_000
DEPTH_MAX = 10


def parse_form(encoded: bytes) -> JsonObject:
    """Decodes a form body or a query string into nested mappings, lists and strings.

    Raises:
        StripeError: 400, if it is not UTF-8, too large or contradicts itself (`a=1&a[b]=2`).
    """
    if not encoded:
        return {}
    try:
        pairs = parse_qsl(encoded.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict")
    except UnicodeDecodeError as error:
        raise invalid("Invalid request: the parameters are not valid UTF-8.") from error
    except ValueError as error:
        raise invalid(f"Invalid request: more than {FIELDS_MAX} parameters.") from error
    tree: JsonObject = {}
    for name, value in pairs:
        if "[" in name:
            _put(tree, _path(name), value, name)
        elif isinstance(tree.get(name, ""), str):
            tree[name] = value
        else:
            raise _contradiction(name)
    return tree


def _path(name: str) -> list[str]:
    """Splits `a[b][]` into `["a", "b", ""]`."""
    head, _, rest = name.partition("[")
    if not head or not rest.endswith("]"):
        raise invalid(f"Invalid parameter name: {name}", param=name)
    path = [head, *rest[:-1].split("][")]
    if len(path) > DEPTH_MAX:
        raise invalid(f"Invalid parameter name: {name} is nested more than {DEPTH_MAX} deep", param=name)
    return path


def _put(tree: JsonObject, path: list[str], value: str, name: str) -> None:
    here: FormValue = tree
    for part, following in pairwise(path):
        here = _enter(here, part, following, name)
    last = path[-1]
    if last == "":
        here.append(value)
    elif isinstance(here.get(last, ""), str):
        here[last] = value
    else:
        raise _contradiction(name)


def _enter(here: FormValue, part: str, following: str, name: str) -> FormValue:
    """Steps into `part`, which holds a list if the next part of the name is empty and a mapping if it is not."""
    wanted: type = list if following == "" else dict
    if isinstance(here, list):
        # `a[][b]=1&a[][c]=2`: a name that the last element has already begins a new element.
        if not here or wanted is list or not isinstance(here[-1], dict) or following in here[-1]:
            here.append(wanted())
        return here[-1]
    child = here.setdefault(part, wanted())
    if not isinstance(child, wanted):
        raise _contradiction(name)
    return child


def _contradiction(name: str) -> Exception:
    return invalid(f"Invalid request: {name} is given both as a value and as a group of values", param=name)
