"""What follows some charges by themselves, because of the card."""

from stripe_sandbox.cards import Aftermath
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.charges.booking import card_of_charge
from stripe_sandbox.resources.disputes.opening import Claim, open_dispute
from stripe_sandbox.state.scope import Scope

_MS_PER_S = 1_000
_CLAIMS = {
    Aftermath.FRAUDULENT: Claim("fraudulent"),
    Aftermath.NOT_RECEIVED: Claim("product_not_received"),
    Aftermath.INQUIRY: Claim("general", "inquiry"),
}


def arrange_aftermath(scope: Scope, charge: JsonObject) -> None:
    """A captured charge of a card for disputes is disputed soon."""
    card = card_of_charge(scope, charge)
    claim = None if card is None else _CLAIMS.get(card.aftermath)
    if claim is not None:
        moment = scope.world.clock.now() + scope.world.settings.dispute_delay_ms / _MS_PER_S
        scope.world.scheduler.at(moment, lambda: open_dispute(scope.by_itself, charge, claim))
