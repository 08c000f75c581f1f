"""`expand`: showing an object in place of its id (https://docs.stripe.com/api/expanding_objects)."""

from collections.abc import Callable

from stripe_sandbox.http.errors import invalid
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.checkout.lines import list_of_lines
from stripe_sandbox.resources.invoices.payments import confirmation_secret_of, payments_of
from stripe_sandbox.state.account import AccountState
from stripe_sandbox.state.world import World

LEVELS_MAX = 4

_EXPANDABLE = {
    "application_fee": frozenset({"account", "balance_transaction", "charge", "originating_transaction"}),
    "balance_transaction": frozenset({"source"}),
    "charge": frozenset(
        {
            "application_fee",
            "balance_transaction",
            "customer",
            "failure_balance_transaction",
            "on_behalf_of",
            "payment_intent",
            "payment_method",
            "review",
            "source_transfer",
            "transfer",
        }
    ),
    "checkout.session": frozenset({"customer", "invoice", "payment_intent", "setup_intent", "subscription"}),
    "credit_note": frozenset({"customer", "customer_balance_transaction", "invoice"}),
    "dispute": frozenset({"charge", "payment_intent"}),
    "fee_refund": frozenset({"balance_transaction", "fee"}),
    "payment_intent": frozenset({"customer", "latest_charge", "on_behalf_of", "payment_method", "review"}),
    "invoice": frozenset({"customer", "default_payment_method", "on_behalf_of"}),
    "invoice_item_details": frozenset({"invoice_item", "subscription"}),
    "invoice_payment": frozenset({"invoice"}),
    "invoiceitem": frozenset({"customer", "invoice"}),
    "mandate": frozenset({"payment_method"}),
    "payment": frozenset({"payment_intent"}),
    "payout": frozenset(
        {"balance_transaction", "destination", "failure_balance_transaction", "original_payout", "reversed_by"}
    ),
    "payment_method": frozenset({"customer"}),
    "radar.early_fraud_warning": frozenset({"charge", "payment_intent"}),
    "review": frozenset({"charge", "payment_intent"}),
    "plan": frozenset({"product"}),
    "price": frozenset({"product"}),
    "price_details": frozenset({"price", "product"}),
    "product": frozenset({"default_price"}),
    "refund": frozenset(
        {
            "balance_transaction",
            "charge",
            "failure_balance_transaction",
            "payment_intent",
            "source_transfer_reversal",
            "transfer_reversal",
        }
    ),
    "topup": frozenset({"balance_transaction"}),
    "setup_attempt": frozenset({"customer", "on_behalf_of", "payment_method", "setup_intent"}),
    "setup_intent": frozenset({"customer", "latest_attempt", "mandate", "on_behalf_of", "payment_method"}),
    "subscription": frozenset(
        {"customer", "default_payment_method", "latest_invoice", "on_behalf_of", "pending_setup_intent"}
    ),
    "subscription_details": frozenset({"subscription"}),
    "subscription_item_details": frozenset({"subscription"}),
    "transfer": frozenset({"balance_transaction", "destination", "destination_payment", "source_transaction"}),
    "transfer_data": frozenset({"destination"}),
    "transfer_reversal": frozenset({"balance_transaction", "destination_payment_refund", "source_refund", "transfer"}),
}
"""Fields that hold ids, by kind of object; a group within an object goes by its own name."""

_OF_ANY_SOURCE = frozenset[str]().union(
    *(
        _EXPANDABLE[kind]
        for kind in (
            "application_fee",
            "charge",
            "dispute",
            "fee_refund",
            "payout",
            "refund",
            "topup",
            "transfer",
            "transfer_reversal",
        )
    )
)
"""Fields that the source of a balance transaction may have, whatever it is."""

Tree = dict[str, "Tree"]


def _refunds_of_charge(account: AccountState, charge: JsonObject) -> JsonObject:
    newest_first = account.refunds.matching("charge", charge["id"])[::-1]
    return {"object": "list", "data": newest_first, "has_more": False, "url": f"/v1/charges/{charge['id']}/refunds"}


_ONLY_WHEN_EXPANDED: dict[tuple[str, str], Callable[[AccountState, JsonObject], JsonObject | None]] = {
    ("charge", "refunds"): _refunds_of_charge,
    ("checkout.session", "line_items"): list_of_lines,
    ("invoice", "confirmation_secret"): confirmation_secret_of,
    ("invoice", "payments"): payments_of,
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


def expanded(world: World, account: AccountState, shown: JsonObject, tree: Tree, path: str = "") -> JsonObject:
    """A copy of `shown`, an object of `account`, with the ids along the tree replaced by their objects.

    Raises:
        StripeError: 400, a field that does not exist or holds no id of an object.
    """
    return _expanded(world, account, shown, tree, path, str(shown.get("object")))


def _expanded(world: World, account: AccountState, shown: JsonObject, tree: Tree, path: str, kind: str) -> JsonObject:
    copy = dict(shown)
    for name, below in tree.items():
        copy[name] = _field(world, account, shown, name, below, f"{path}.{name}" if path else name, kind)
    return copy


def _field(
    world: World, account: AccountState, shown: JsonObject, name: str, below: Tree, path: str, kind: str
) -> object:
    compute = _ONLY_WHEN_EXPANDED.get((kind, name))
    if compute is not None:
        computed = compute(account, shown)
        return None if computed is None else expanded(world, account, computed, below, path)
    value = shown.get(name)
    if kind in ("list", "search_result") and name == "data" and isinstance(value, list):
        return [expanded(world, account, item, below, path) for item in value]
    if name in _EXPANDABLE.get(kind, ()):
        found = _find(world, account, shown, value) if isinstance(value, str) else None
        if found is None:
            return value
        owner, target = found
        if name == "source":
            below = _fitting(target, below)
        return expanded(world, owner, target, below, path)
    if isinstance(value, dict) and below:
        return _expanded(world, account, value, below, path, str(value.get("object", name)))
    if value is None and name in _EXPANDABLE and below:
        return None
    raise invalid(f"This property cannot be expanded ({path}).", param="expand")


def _fitting(source: JsonObject, below: Tree) -> Tree:
    """The part of a tree that this kind of source has: a list of transactions asks for the fields of all kinds."""
    own = _EXPANDABLE.get(source["object"], frozenset())
    return {name: tree for name, tree in below.items() if name in own or name not in _OF_ANY_SOURCE}


def _find(
    world: World, account: AccountState, shown: JsonObject, identifier: str
) -> tuple[AccountState, JsonObject] | None:
    """The object behind an id and the account it is in: this one, or the other side of a transfer or a fee."""
    if identifier in world.accounts:
        owner = world.accounts[identifier]
        return (owner, owner.profile) if owner.profile else None
    for side in (account, _other_side(world, account, shown)):
        target = None if side is None else side.find(identifier)
        if side is not None and target is not None:
            return side, target
    return None


def _other_side(world: World, account: AccountState, shown: JsonObject) -> AccountState | None:
    """Where a relation of `shown` may lead besides its own account."""
    if not account.is_platform:
        return world.platform
    transfer = account.transfers.get(shown["transfer"]) if shown.get("object") == "transfer_reversal" else None
    named = (transfer or shown).get("destination") or shown.get("account")
    return world.accounts.get(named) if isinstance(named, str) else None
