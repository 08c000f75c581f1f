"""LedgerService.GetSealProof and ListSeals, checked with what callers check them with."""

import psycopg

from payments_client import verify_seal_chain, verify_seal_proof
from payments_service.application.sealing.keys import new_seal_key
from payments_service.application.sealing.sealer import Sealer
from payments_service.application.sequencing.sequencer import Sequencer
from payments_service.domain.ids import Prefix, format_id, new_id
from tests.integration.payments_service.application.ledger.bank import bank_settings, open_bank
from tests.integration.payments_service.application.ledger.teller import Teller

MINE, THEIRS = "caller:alice:cash", "caller:bob:cash"


async def seal(teller: Teller) -> None:
    await Sequencer(teller.core.transactions).run_once()
    await Sealer(teller.core.transactions, teller.core.seal_keys).run_once()


async def test_a_posting_is_proved_once_it_is_sealed(database_url: str) -> None:
    async with open_bank(bank_settings(database_url, seal_keys=new_seal_key("test")[0])) as teller:
        await teller.account(MINE, owner_id="alice")
        await teller.account(THEIRS, owner_id="bob")
        made = (await teller.post(MINE, THEIRS, 250, reference="order-1", metadata={"k": "v"})).transaction
        early = await teller.fails("GetSealProof", transaction_id=made.id)
        assert (early.code, early.reason) == ("FAILED_PRECONDITION", "NOT_SEALED_YET")
        assert early.retry

        await seal(teller)
        chain = await teller.call("ListSeals")
        keys = {key.id: key.public_key for key in chain.keys}
        last = verify_seal_chain(chain.seals, keys)
        reply = await teller.call("GetSealProof", transaction_id=made.id)
        proved = verify_seal_proof(made, reply.proof, keys)
        assert (proved.transaction_number, proved.seal, proved.whole) == (1, last, True)
        assert reply.transaction == (await teller.call("GetTransaction", transaction_id=made.id)).transaction

        seen = await teller.other("app", ["alice"]).call("GetSealProof", transaction_id=made.id)
        assert not verify_seal_proof(seen.transaction, seen.proof, keys).whole
        assert b"bob" not in seen.SerializeToString()
        for owners, name in (
            (["carol"], made.id),
            (None, format_id(Prefix.LEDGER_TRANSACTION, new_id())),
            (None, "lt_none"),
        ):
            stranger = await teller.other("app", owners).fails("GetSealProof", transaction_id=name)
            assert stranger.reason == "LEDGER_TRANSACTION_NOT_FOUND"

        with psycopg.connect(database_url) as owner:
            owner.execute("UPDATE ledger_entries SET posted_credits = posted_credits + 1")
        broken = await teller.fails("GetSealProof", transaction_id=made.id)
        assert (broken.reason, "is not what was sealed" in broken.message) == ("INTERNAL", True)
