"""What follows some charges by themselves, because of the card."""

from stripe_sandbox.cards import Aftermath
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.charges.booking import card_of_charge
from stripe_sandbox.resources.disputes.opening import Claim, open_dispute
from stripe_sandbox.resources.radar.doubts import open_review, warn
from stripe_sandbox.state.scope import Scope

_MS_PER_S = 1_000
_CLAIMS = {
    Aftermath.FRAUDULENT: Claim("fraudulent"),
    Aftermath.NOT_RECEIVED: Claim("product_not_received"),
    Aftermath.INQUIRY: Claim("general", "inquiry"),
}


def arrange_review(scope: Scope, charge: JsonObject) -> None:
    """A charge of a card of elevated risk is reviewed as soon as it is authorised."""
    card = card_of_charge(scope, charge)
    if card is not None and card.aftermath is Aftermath.REVIEW:
        open_review(scope, charge, "rule")


def arrange_aftermath(scope: Scope, charge: JsonObject) -> None:
    """A captured charge of a card for disputes or warnings gets them soon."""
    card = card_of_charge(scope, charge)
    if card is None:
        return
    moment = scope.world.clock.now() + scope.world.settings.dispute_delay_ms / _MS_PER_S
    claim = _CLAIMS.get(card.aftermath)
    if claim is not None:
        scope.world.scheduler.at(moment, lambda: open_dispute(scope.by_itself, charge, claim))
    elif card.aftermath is Aftermath.WARNING:
        scope.world.scheduler.at(moment, lambda: warn(scope.by_itself, charge, "unauthorized_use_of_card"))
