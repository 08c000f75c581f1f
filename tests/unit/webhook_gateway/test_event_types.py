"""Gateway and service know the same event types, although neither imports the other."""

from payments_service.application.events.effects import EFFECTS
from webhook_gateway.categories import CATEGORIES


def test_every_type_that_has_an_effect_has_a_category() -> None:
    missing = sorted(set(EFFECTS) - set(CATEGORIES))
    assert not missing, "add these to webhook_gateway/categories.py, or take them out of the service's table"
