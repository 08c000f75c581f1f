"""Currencies as the sandbox knows them: exponents and limits.

Sources: https://docs.stripe.com/currencies (zero- and three-decimal currencies, minimum and maximum charge amounts).
"""

ZERO_DECIMAL = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"}
)
THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
TWO_DECIMAL = frozenset({
    "aed", "all", "amd", "ang", "aoa", "ars", "aud", "awg", "azn", "bam", "bbd", "bdt", "bgn", "bmd", "bnd", "bob",
    "brl", "bsd", "bwp", "byn", "bzd", "cad", "cdf", "chf", "cny", "cop", "crc", "cve", "czk", "dkk", "dop", "dzd",
    "egp", "etb", "eur", "fjd", "fkp", "gbp", "gel", "gip", "gmd", "gtq", "gyd", "hkd", "hnl", "htg", "huf", "idr",
    "ils", "inr", "isk", "jmd", "kes", "kgs", "khr", "kyd", "kzt", "lak", "lbp", "lkr", "lrd", "lsl", "mad", "mdl",
    "mkd", "mmk", "mnt", "mop", "mur", "mvr", "mwk", "mxn", "myr", "mzn", "nad", "ngn", "nio", "nok", "npr", "nzd",
    "pab", "pen", "pgk", "php", "pkr", "pln", "qar", "ron", "rsd", "rub", "sar", "sbd", "scr", "sek", "sgd", "shp",
    "sle", "sos", "srd", "std", "szl", "thb", "tjs", "top", "try", "ttd", "twd", "tzs", "uah", "ugx", "usd", "uyu",
    "uzs", "wst", "xcd", "yer", "zar", "zmw",
})  # fmt: skip
SUPPORTED = ZERO_DECIMAL | TWO_DECIMAL | THREE_DECIMAL

_WHOLE_UNITS_ONLY = frozenset({"isk", "ugx"})

CHARGE_MAX = 99_999_999
"""Eight digits; see `charge_maximum` for the currencies that allow more."""

_MINIMUMS = {
    "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1_500, "dkk": 250, "eur": 50,
    "gbp": 30, "hkd": 400, "huf": 17_500, "inr": 50, "jpy": 50, "mxn": 1_000, "myr": 200, "nok": 300, "nzd": 50,
    "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1_000, "usd": 50,
}  # fmt: skip
_MAXIMUMS = {"idr": 999_999_999_999, "cop": 9_999_999_999, "huf": 9_999_999_999, "jpy": 9_999_999_999}
_MAXIMUMS |= {"inr": 999_999_999, "lbp": 999_999_999_999, "krw": 9_999_999_999, "vnd": 9_999_999_999}


def exponent(currency: str) -> int:
    """Digits after the decimal point of the major unit."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def charge_step(currency: str) -> int:
    """What every charged amount must be a multiple of, in minor units.

    ISK and UGX have no decimals but are written with two; of three decimals the last must be 0.
    """
    if currency in _WHOLE_UNITS_ONLY:
        return 100
    return 10 if currency in THREE_DECIMAL else 1


def charge_minimum(currency: str) -> int:
    """The smallest amount that can be charged, in minor units; 1 where Stripe names none."""
    return _MINIMUMS.get(currency, 1)


def charge_maximum(currency: str) -> int:
    """The largest amount that can be charged, in minor units."""
    return _MAXIMUMS.get(currency, CHARGE_MAX)


def display(amount: int, currency: str) -> str:
    """The amount in major units with the currency, as in Stripe's messages: `0.50 usd`."""
    digits = exponent(currency)
    if digits == 0:
        return f"{amount:,} {currency}"
    whole, rest = divmod(abs(amount), 10**digits)
    return f"{'-' if amount < 0 else ''}{whole:,}.{rest:0{digits}d} {currency}"
