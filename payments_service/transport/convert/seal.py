"""Seals and proofs as messages."""

from payments_api.v1 import ledger_service_pb2, seal_pb2

from payments_service.application.sealing.prove import Part, Proof
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.ledger.outcome import AccountEntry
from payments_service.domain.seal.encoding import VERSION
from payments_service.domain.seal.model import Seal
from payments_service.transport.convert.basic import time_to_message
from payments_service.transport.convert.ledger import EFFECT_TO_MESSAGE, SIDE_TO_MESSAGE
from payments_service.transport.convert.ledger_posting import view_to_message


def seal_to_message(seal: Seal) -> seal_pb2.LedgerSeal:
    """A seal for a reply."""
    header = seal.header
    return seal_pb2.LedgerSeal(
        number=header.number,
        first_transaction_number=header.first,
        last_transaction_number=header.last,
        root=header.root,
        previous_head=header.previous_head,
        seal_time=time_to_message(header.seal_time),
        key_id=header.key_id,
        head=seal.head,
        signature=seal.signature,
    )


def proof_to_message(proof: Proof) -> ledger_service_pb2.GetSealProofResponse:
    """A transaction with its proof."""
    return ledger_service_pb2.GetSealProofResponse(
        transaction=view_to_message(proof.view),
        proof=seal_pb2.SealProof(
            encoding_version=VERSION,
            transaction_number=proof.number,
            parts=[_part_to_message(part) for part in proof.parts],
            audit_path=proof.path,
            seal=seal_to_message(proof.seal),
        ),
    )


def _part_to_message(part: Part) -> seal_pb2.SealedPart:
    if part.hash:
        return seal_pb2.SealedPart(hash=part.hash)
    return seal_pb2.SealedPart(salt=part.salt, entry=_entry_to_message(part.entry) if part.entry else None)


def _entry_to_message(line: AccountEntry) -> seal_pb2.SealedEntry:
    account, entry = line
    return seal_pb2.SealedEntry(
        posting_index=entry.posting_index,
        side=SIDE_TO_MESSAGE[entry.side],
        effect=EFFECT_TO_MESSAGE[entry.effect],
        ledger_account_id=format_id(Prefix.LEDGER_ACCOUNT, account.id),
        code=account.code,
        version=entry.version,
        posted_debits_minor=entry.posted_debits,
        posted_credits_minor=entry.posted_credits,
        pending_debits_minor=entry.pending_debits,
        pending_credits_minor=entry.pending_credits,
    )
