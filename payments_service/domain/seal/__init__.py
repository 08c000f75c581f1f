"""Proof that the books were not changed: what is hashed of a transaction, the tree above it, and the chain of seals."""
