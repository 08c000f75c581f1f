"""Who controls an account: from `type`, or from the properties of `controller`, which have replaced it.

Source: https://docs.stripe.com/connect/migrate-to-controller-properties.
"""

from stripe_sandbox.http.errors import invalid
from stripe_sandbox.json_types import JsonObject


def _controller(payer: str, losses: str, collection: str, dashboard: str) -> JsonObject:
    return {
        "fees": {"payer": payer},
        "is_controller": True,
        "losses": {"payments": losses},
        "requirement_collection": collection,
        "stripe_dashboard": {"type": dashboard},
        "type": "application",
    }


def controller_and_type(params: JsonObject) -> tuple[JsonObject, str]:
    """The controller of a new account and the `type` that it shows; without either parameter it is standard.

    Raises:
        StripeError: 400, both are given, or the properties do not go together.
    """
    kind, given = params.get("type"), params.get("controller")
    if kind is not None and given is not None:
        raise invalid("You may not provide the `type` parameter and `controller` parameters together.", param="type")
    if kind == "express":
        return _controller("application_express", "application", "stripe", "express"), kind
    if kind == "custom":
        return _controller("application_custom", "application", "application", "none"), kind
    if not given:
        return _controller("account", "stripe", "stripe", "full"), "standard"
    controller = _controller(
        given.get("fees", {}).get("payer", "account"),
        given.get("losses", {}).get("payments", "stripe"),
        given.get("requirement_collection", "stripe"),
        given.get("stripe_dashboard", {}).get("type", "full"),
    )
    _check(controller)
    return controller, "standard" if controller == _controller("account", "stripe", "stripe", "full") else "none"


def _check(controller: JsonObject) -> None:
    dashboard = controller["stripe_dashboard"]["type"]
    if controller["requirement_collection"] == "application":
        if controller["losses"]["payments"] != "application":
            message = "When `controller[requirement_collection]=application`, `controller[losses][payments]` must be "
            raise invalid(f"{message}`application`.", param="controller[losses][payments]")
        if dashboard != "none":
            message = "When `controller[requirement_collection]=application`, `controller[stripe_dashboard][type]` "
            raise invalid(f"{message}must be `none`.", param="controller[stripe_dashboard][type]")
    if dashboard == "express" and controller["losses"]["payments"] != "application":
        message = "When `controller[stripe_dashboard][type]=express`, `controller[losses][payments]` must be "
        raise invalid(f"{message}`application`.", param="controller[losses][payments]")
