"""Rules that ask again with a key that was used."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.integration.payments_service.application.ledger.machine.asking import Asking
from tests.integration.payments_service.application.ledger.machine.wishes import USD


class AgainRules(Asking):
    """Repeats, which get the stored reply, and other requests under the same key, which get none."""

    @rule(picks=st.lists(st.tuples(st.integers(0, 11), st.booleans()), min_size=1, max_size=4))
    def ask_again(self, picks: list[tuple[int, bool]]) -> None:
        """A key that has its answer: the same request gets it again, to the byte, and another one is refused."""
        for pick, other in picks if self.done else ():
            self._ask_again(pick, other)

    def _ask_again(self, pick: int, other: bool) -> None:
        method, request, answer = self.done[-1 - pick % len(self.done)]
        if other:
            another = type(request)()
            another.CopyFrom(request)
            _alter(another)
            again = self.line.ask(method, another)
            assert again.reason == "IDEMPOTENCY_KEY_REUSED", (another, again)
            self._note(method, again.reason)
            return
        again = self.line.ask(method, request)
        assert again.replayed, (method, again)
        self._same(answer.raw, again.raw)
        if again.failure and answer.failure:
            # Each call has an id of its own.
            metadata = answer.failure.metadata | {"request_id": again.failure.metadata["request_id"]}
            self._same(replace(answer.failure, metadata=metadata, replayed=True), again.failure)
        self._note(method, "REPEATED")


def _alter(request: Any) -> None:
    """Make a request into another one of the same kind, that would be well in itself."""
    fields = request.DESCRIPTOR.fields_by_name
    if "transaction" in fields:
        request.transaction.description += "!"
    elif "items" in fields:
        request.items.add().post.description = "!"
    elif "metadata" in fields:
        request.metadata["another"] = "request"
    elif "side" in fields:
        request.side = (request.side + 1) % 3
    else:
        request.code = USD[0] if request.code != USD[0] else USD[1]
