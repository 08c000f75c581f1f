"""Ids and secrets in Stripe's style: a prefix and random letters and digits, repeatable with a seed."""

import random
import string

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_ID_CHARS = 24
_SECRET_CHARS = 32


class Identifiers:
    """Makes ids. With a seed the same calls yield the same ids."""

    def __init__(self, seed: int | None = None) -> None:
        # Ids of a double guard nothing: repeatability is worth more than unpredictability.
        self._random = random.Random(seed)  # noqa: S311

    def new(self, prefix: str) -> str:
        """An id such as `pi_…`; `prefix` comes without the underscore."""
        return f"{prefix}_{self.text(_ID_CHARS)}"

    def secret(self, prefix: str) -> str:
        """A secret such as `whsec_…`."""
        return f"{prefix}_{self.text(_SECRET_CHARS)}"

    def text(self, chars: int) -> str:
        """Random letters and digits."""
        return "".join(self._random.choices(_ALPHABET, k=chars))
