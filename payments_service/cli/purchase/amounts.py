"""Amounts for people to read. Only for showing: all else counts minor units."""

# How many minor units Stripe counts to a major one: none here, a thousand there, else a hundred
# (https://docs.stripe.com/currencies#zero-decimal).
_NO_DECIMALS = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())  # noqa: SIM905 - reads better
_THREE_DECIMALS = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})


def display(amount_minor: int, currency: str) -> str:
    """The amount in major units with its currency: `-1,234.50 usd`."""
    return f"{number(amount_minor, currency)} {currency}"


def number(amount_minor: int, currency: str) -> str:
    """The amount in major units: `-1,234.50`."""
    digits = 0 if currency in _NO_DECIMALS else 3 if currency in _THREE_DECIMALS else 2
    sign = "-" if amount_minor < 0 else ""
    if digits == 0:
        return f"{sign}{abs(amount_minor):,}"
    whole, rest = divmod(abs(amount_minor), 10**digits)
    return f"{sign}{whole:,}.{rest:0{digits}d}"
