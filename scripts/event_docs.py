"""Write docs/events/: a page for each event type, from the table of effects and the samples."""

import json
from pathlib import Path

from payments_service.application.events.catalogue.model import Effect
from payments_service.application.events.effects import EFFECTS
from scripts.event_samples import sample_of

PAGES = Path(__file__).resolve().parent.parent / "docs" / "events"
INDEX = PAGES / "README.md"

HEAD = """# Stripe's events

What each type of event leads to; its page has the details and a sample. Written by `make docs` from
`payments_service/application/events/catalogue/`.

An event is a hint. Whatever it says is fetched from Stripe, and applied only if it is newer than what is known. So
events may come late, in any order, more than once, or before what they are about. A type that is not listed is stored,
counted and acknowledged.

| type | follows | marks the account due | tells others |
|---|---|---|---|
"""


def pages() -> dict[Path, str]:
    """Every page as it should be, by its path."""
    rows = [
        f"| [{name}]({name}.md) | {', '.join(_followed(effect)) or '-'} | {'yes' if effect.settles else '-'} "
        f"| {', '.join(f'`{event}`' for event in effect.outbox) or '-'} |"
        for name, effect in sorted(EFFECTS.items())
    ]
    written = {PAGES / f"{name}.md": page(name, effect) for name, effect in EFFECTS.items()}
    return {INDEX: HEAD + "\n".join(rows) + "\n"} | written


def page(name: str, effect: Effect) -> str:
    """The page of a type."""
    sample = json.dumps(sample_of(name), indent=2)
    told = "\n".join(f"- `{event}`" for event in effect.outbox)
    parts = [
        f"# {name}",
        f"**When Stripe sends it.** {effect.sent}",
        f"**What we do.** {_does(effect)}",
        f"**What is booked.** {_books(effect)}",
        effect.note,
        f"**What others are told**, if the fetched state is news:\n\n{told}"
        if told
        else "**What others are told.** Nothing.",
        f"**Sample**\n\n```json\n{sample}\n```",
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _followed(effect: Effect) -> list[str]:
    named = {"payment": effect.payment, "refunds": effect.refunds, "account": effect.account}
    return [name for name, follows in named.items() if follows] + [f"{follow.kind.value}" for follow in effect.follows]


def _does(effect: Effect) -> str:
    sentences = []
    if effect.payment:
        sentences.append("The payment behind it follows its payment intent, fetched anew.")
    if effect.refunds:
        sentences.append("Its refunds follow Stripe's list of them.")
    if effect.account:
        sentences.append("The connected account follows Stripe's, fetched anew.")
    for follow in effect.follows:
        which = f"The {follow.kind.value} that it names" if follow.via else f"The {follow.kind.value}"
        sentences.append(f"{which} is fetched anew and kept as it is now.")
    if effect.settles:
        sentences.append("The account is marked due for settlement.")
    return " ".join(sentences)


def _books(effect: Effect) -> str:
    kinds = {follow.kind.value for follow in effect.follows}
    sentences = []
    if effect.settles:
        sentences.append("The account's new balance transactions, each as one ledger transaction.")
    if "dispute" in kinds:
        sentences.append("A hold while the dispute is open, the loss when it is lost (decision 45).")
    if "payout" in kinds:
        sentences.append("What is paid moves from transit to the bank, and back if it fails (decision 46).")
    return " ".join(sentences) or "Nothing."


if __name__ == "__main__":
    wanted = pages()
    for path in set(PAGES.glob("*.md")) - wanted.keys():
        path.unlink()
    for path, text in wanted.items():
        path.write_text(text)
