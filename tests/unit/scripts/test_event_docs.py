"""Every type of event has an effect, a sample and a page, and the pages say what the table says."""

import pytest

from payments_service.application.events.effects import EFFECTS
from scripts import event_docs
from scripts.event_samples import sample_of, shape_of
from webhook_gateway.categories import CATEGORIES


def test_the_pages_are_up_to_date() -> None:
    wanted = event_docs.pages()

    assert set(event_docs.PAGES.glob("*.md")) == wanted.keys(), "run: make docs"
    assert [path.name for path, text in wanted.items() if path.read_text() != text] == [], "run: make docs"


def test_what_the_gateway_knows_has_an_effect() -> None:
    assert CATEGORIES.keys() - EFFECTS.keys() == set()


@pytest.mark.parametrize("event_type", sorted(EFFECTS))
def test_every_type_has_an_effect_a_sentence_and_a_sample(event_type: str) -> None:
    effect, sample = EFFECTS[event_type], sample_of(event_type)

    assert effect.payment or effect.account or effect.follows or effect.settles
    assert effect.sent.endswith((".", ")"))
    assert sample["type"] == event_type
    assert sample["data"]["object"]["object"] in {shape_of(event_type), "charge", "bank_account"}
