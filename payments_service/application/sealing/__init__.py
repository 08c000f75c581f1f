"""Sealing what was numbered, and proofs from seals."""
