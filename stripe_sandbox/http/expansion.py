"""`expand`: showing an object in place of its id (https://docs.stripe.com/api/expanding_objects)."""

from collections.abc import Callable

from stripe_sandbox.http.errors import invalid
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.account import AccountState

LEVELS_MAX = 4

_EXPANDABLE = {
    "balance_transaction": frozenset({"source"}),
    "charge": frozenset(
        {"balance_transaction", "customer", "failure_balance_transaction", "payment_intent", "payment_method"}
    ),
    "payment_intent": frozenset({"customer", "latest_charge", "payment_method"}),
    "payment_method": frozenset({"customer"}),
    "refund": frozenset({"balance_transaction", "charge", "payment_intent"}),
}

Tree = dict[str, "Tree"]


def _refunds_of_charge(account: AccountState, charge: JsonObject) -> JsonObject:
    newest_first = account.refunds.matching("charge", charge["id"])[::-1]
    return {"object": "list", "data": newest_first, "has_more": False, "url": f"/v1/charges/{charge['id']}/refunds"}


_ONLY_WHEN_EXPANDED: dict[tuple[str, str], Callable[[AccountState, JsonObject], JsonObject]] = {
    ("charge", "refunds"): _refunds_of_charge,
}
"""Fields that an object has only if asked for."""


def expansion_tree(paths: list[str]) -> Tree:
    """Merges paths such as `data.source` and `data.source.customer` into one tree.

    Raises:
        StripeError: 400, a path is deeper than four levels.
    """
    tree: Tree = {}
    for path in paths:
        levels = path.split(".")
        if len(levels) > LEVELS_MAX:
            raise invalid(f"You cannot expand more than {LEVELS_MAX} levels of a property path: {path}", param="expand")
        node = tree
        for level in levels:
            node = node.setdefault(level, {})
    return tree


def expanded(account: AccountState, shown: JsonObject, tree: Tree, path: str = "") -> JsonObject:
    """A copy of `shown` with the ids along the tree replaced by their objects.

    Raises:
        StripeError: 400, a field that does not exist or holds no id of an object.
    """
    copy = dict(shown)
    for name, below in tree.items():
        copy[name] = _expanded_field(account, shown, name, below, f"{path}.{name}" if path else name)
    return copy


def _expanded_field(account: AccountState, shown: JsonObject, name: str, below: Tree, path: str) -> object:
    kind = str(shown.get("object"))
    compute = _ONLY_WHEN_EXPANDED.get((kind, name))
    if compute is not None:
        return expanded(account, compute(account, shown), below, path)
    value = shown.get(name)
    if kind in ("list", "search_result") and name == "data" and isinstance(value, list):
        return [expanded(account, item, below, path) for item in value]
    if name in _EXPANDABLE.get(kind, ()):
        target = account.find(value) if isinstance(value, str) else None
        return value if target is None else expanded(account, target, below, path)
    if isinstance(value, dict) and below:
        return expanded(account, value, below, path)
    raise invalid(f"This property cannot be expanded ({path}).", param="expand")
