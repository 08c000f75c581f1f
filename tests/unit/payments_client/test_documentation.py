"""The example in docs/proof.md runs as it stands there."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from payments_api.v1 import ledger_service_pb2 as pb

from payments_client import ProofError
from payments_service.application.sealing.keys import new_seal_key
from tests.unit.payments_client.sealed import PUBLIC, Sealed

PAGE = (Path(__file__).parents[3] / "docs" / "proof.md").read_text(encoding="utf-8")
[EXAMPLE] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
FIRST = Sealed.of(3)
SECOND = Sealed.of(2, FIRST.seal)


def check(transaction: int, *, seals: list[Any], public: str = PUBLIC) -> Any:
    names: dict[str, Any] = {}
    exec(EXAMPLE, names)
    reply = SECOND.reply(transaction)
    stub = SimpleNamespace(
        GetSealProof=lambda _: reply,
        ListSeals=lambda request: pb.ListSealsResponse(seals=seals[request.after_number :][:1]),
    )
    return names["check"](stub, reply.transaction.id, public)


def test_the_example_checks_a_transaction_and_the_chain_below_it() -> None:
    found = check(1, seals=[FIRST.message, SECOND.message])
    assert found == SECOND.reply(1).transaction


def test_the_example_refuses_what_does_not_hold() -> None:
    with pytest.raises(LookupError, match="ends before"):
        check(1, seals=[FIRST.message])
    with pytest.raises(LookupError, match="not in the chain"):
        check(1, seals=[FIRST.message, Sealed.of(3, FIRST.seal).message])
    with pytest.raises(ProofError):
        check(1, seals=[FIRST.message, SECOND.message], public=new_seal_key("one")[1])
