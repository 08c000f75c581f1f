"""Short texts from outside: fit to be stored and logged, or taken for absent."""

IDENTIFIER_CHARACTERS_MAX = 255


def identifier(value: object, characters_max: int = IDENTIFIER_CHARACTERS_MAX) -> str:
    """Returns an id or name that came from outside, or an empty string if it is none that can be trusted as a key.

    Only printable ASCII of a bounded length passes: a NUL or a newline would break a database's text column or a log
    line later, where it could no longer be refused.
    """
    if isinstance(value, str) and len(value) <= characters_max and value.isascii() and value.isprintable():
        return value
    return ""
