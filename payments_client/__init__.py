"""For callers of the payments service: checks that need neither the service nor its database.

>>> from payments_client import verify_seal_proof
"""

from payments_client.chain import verify_seal_chain
from payments_client.keys import PublicKeys, parse_public_keys
from payments_client.proof import Verified, verify_seal_proof
from payments_client.refusal import ProofError

__all__ = [
    "ProofError",
    "PublicKeys",
    "Verified",
    "parse_public_keys",
    "verify_seal_chain",
    "verify_seal_proof",
]
