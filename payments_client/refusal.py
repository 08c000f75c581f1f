"""The one error of this package."""


class ProofError(Exception):
    """Something does not prove what it should; the message says what."""
