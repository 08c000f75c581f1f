"""Everything that can be wrong with one transaction: what to ask for, which reason comes, and what the error names."""

from dataclasses import dataclass
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from payments_api.v1 import ledger_pb2

from tests.integration.payments_service.application.ledger.teller import condition, posting

A, B, EURO, POOR = "caller:a", "caller:b", "caller:euro", "caller:poor"
NO_DEBIT, NO_CREDIT, FROZEN, CLOSED, FULL = (
    "caller:no-debit",
    "caller:no-credit",
    "caller:frozen",
    "caller:closed",
    "caller:full",
)
AGES = Timestamp(seconds=10**15)
PAST, FUTURE = Timestamp(seconds=1_500_000_000), Timestamp(seconds=4_000_000_000)
NOBODY = "lt_00000000000000000000000000"


@dataclass(frozen=True)
class Wrong:
    """One thing that is wrong.

    Attributes:
        what: in words.
        action: the field of a batch's item.
        message: what to ask for.
        reason: what comes of it.
        named: the path of the wrong field, or the key and value of the metadata that say what was wrong.
        advice: a part of the message that says what to do, or with what value it was wrong.
    """

    what: str
    action: str
    message: Any
    reason: str
    named: str | tuple[str, str]
    advice: str


def new(what: str, reason: str, named: str | tuple[str, str], advice: str, *lines: Any, **fields: Any) -> Wrong:
    values = {"postings": lines or (posting(A, B, 1),)} | fields
    return Wrong(what, "post", ledger_pb2.NewTransaction(**values), reason, named, advice)


def acting(
    action: str, what: str, reason: str, named: str | tuple[str, str], advice: str, target: str = "", **fields: Any
) -> Wrong:
    message = ledger_pb2.TargetedTransaction(target_reference=target or None, **fields)
    return Wrong(what, action, message, reason, named, advice)


AMOUNT = "postings[0].amount.amount_minor"
LONG = "x" * 256
INVALID = "REQUEST_INVALID"
EXCHANGE = {"fx_rate": "0.9"}

AMOUNTS = [
    new("zero", "AMOUNT_ZERO", AMOUNT, "leave the posting out", posting(A, B, 0)),
    new("below zero", "AMOUNT_NEGATIVE", AMOUNT, "swap the accounts", posting(A, B, -1)),
    new("the smallest number", "AMOUNT_NEGATIVE", AMOUNT, "swap the accounts", posting(A, B, -(2**63))),
    new("above the cap", "AMOUNT_TOO_LARGE", AMOUNT, "split it", posting(A, B, 10**12 + 1)),
    new("the largest number", "AMOUNT_TOO_LARGE", AMOUNT, "split it", posting(A, B, 2**63 - 1)),
    new(
        "wrong in the second line",
        "AMOUNT_ZERO",
        "postings[1].amount.amount_minor",
        "leave the posting out",
        *(posting(A, B, 1), posting(A, B, 0)),
    ),
    new("a total above 64 bits", "TOTAL_TOO_LARGE", ("code", FULL), "another account", posting(FULL, A, 100)),
    new(
        "a total that holds would take above 64 bits",
        "TOTAL_TOO_LARGE",
        ("code", FULL),
        "another account",
        posting(FULL, A, 100),
        pending=True,
    ),
]
CURRENCIES = [
    new("a currency of neither", "CURRENCY_MISMATCH", ("code", A), "use one in eur", posting(A, B, 1, "eur")),
    new("two currencies", "CURRENCY_MISMATCH", ("code", EURO), "use one in usd", posting(A, EURO, 1)),
    new(
        "no currency",
        "CURRENCY_UNSUPPORTED",
        "postings[0].amount.currency_code",
        "ISO 4217",
        posting(A, B, 1, "xxx"),
    ),
    new("an exchange of nothing", "LEDGER_ACCOUNT_RESERVED", ("code", "fx:usd"), "caller:", posting(A, "fx:usd", 1)),
    new(
        "an exchange in one direction",
        "LEDGER_ACCOUNT_RESERVED",
        ("code", "fx:eur"),
        "caller:",
        *(posting(A, "fx:usd", 1), posting(EURO, "fx:eur", 1, "eur")),
        metadata=EXCHANGE,
    ),
    new(
        "the exchange account of another currency",
        "LEDGER_ACCOUNT_RESERVED",
        ("code", "fx:eur"),
        "caller:",
        posting(A, "fx:eur", 1),
    ),
    new(
        "an exchange at a rate of nothing",
        INVALID,
        "metadata.fx_rate",
        "a decimal above 0",
        *(posting(A, "fx:usd", 1), posting("fx:eur", EURO, 1, "eur")),
        metadata={"fx_rate": "0.0"},
    ),
    new(
        "an exchange without a rate",
        INVALID,
        "metadata.fx_rate",
        "a decimal above 0",
        *(posting(A, "fx:usd", 1), posting("fx:eur", EURO, 1, "eur")),
    ),
    new(
        "an exchange that may never happen",
        "LEDGER_ACCOUNT_RESERVED",
        ("code", "fx:usd"),
        "caller:",
        *(posting(A, "fx:usd", 1), posting("fx:eur", EURO, 1, "eur")),
        pending=True,
        metadata=EXCHANGE,
    ),
]
NOT_THERE = "LEDGER_ACCOUNT_NOT_FOUND"
ACCOUNTS = [
    new("an unknown account", NOT_THERE, ("code", "caller:x"), "create it first", posting(A, "caller:x", 1)),
    new(
        "an unknown id",
        NOT_THERE,
        ("code", "la_00000000000000000000000000"),
        "from CreateLedgerAccount on",
        posting("la_00000000000000000000000000", A, 1),
    ),
    new("no account", INVALID, "postings[0].debit_account", "code or id", posting("", B, 1)),
    new("no credit account", INVALID, "postings[0].credit_account", "code or id", posting(A, "", 1)),
    new("an account and itself", INVALID, "postings[0]", "same account", posting(A, A, 1)),
    new("a chart account", "LEDGER_ACCOUNT_RESERVED", ("code", "stripe:usd"), "caller:", posting(A, "stripe:usd", 1)),
    new(
        "a wallet of the service",
        "LEDGER_ACCOUNT_RESERVED",
        ("code", "wallet:bob:usd"),
        "caller:",
        posting("wallet:bob:usd", A, 1),
    ),
    new("a frozen debit side", "ACCOUNT_FROZEN", ("state", "debit_frozen"), "no debit", posting(NO_DEBIT, A, 1)),
    new("a frozen credit side", "ACCOUNT_FROZEN", ("state", "credit_frozen"), "no credit", posting(A, NO_CREDIT, 1)),
    new("frozen, debited", "ACCOUNT_FROZEN", ("state", "frozen"), "no debit", posting(FROZEN, A, 1)),
    new("frozen, credited", "ACCOUNT_FROZEN", ("state", "frozen"), "no credit", posting(A, FROZEN, 1)),
    new("frozen, held", "ACCOUNT_FROZEN", ("code", FROZEN), "no debit", posting(FROZEN, A, 1), pending=True),
    new("closed, debited", "ACCOUNT_CLOSED", ("code", CLOSED), "no posting any more", posting(CLOSED, A, 1)),
    new("closed, credited", "ACCOUNT_CLOSED", ("code", CLOSED), "no posting any more", posting(A, CLOSED, 1)),
    new("below the floor", "INSUFFICIENT_FUNDS", ("available_minor", "10"), "below the minimum", posting(POOR, A, 11)),
    new(
        "below the floor, held",
        "INSUFFICIENT_FUNDS",
        ("minimum_minor", "0"),
        "leave -1",
        posting(POOR, A, 11),
        pending=True,
    ),
    new(
        "below the floor with all lines together",
        "INSUFFICIENT_FUNDS",
        ("code", POOR),
        "leave -2",
        *(posting(POOR, A, 6), posting(POOR, B, 6)),
    ),
]
NAMES = [
    new("a name of Stripe's", "REFERENCE_RESERVED", ("reference", "stripe:x"), "their own facts", reference="stripe:x"),
    new("a name of the service's", "REFERENCE_RESERVED", ("reference", "expiry:x"), "own", reference="expiry:x"),
    new("a name of the spaces", "REFERENCE_RESERVED", ("reference", "caller/x"), "own", reference="caller/x"),
    new("a long name", INVALID, "reference", "at most 255", reference=LONG),
    new("a name that is no text", INVALID, "text", "remove it", reference="a\0"),
    new("a name that was used", "REFERENCE_REUSED", ("reference", "sale"), "a new reference", reference="sale"),
]
FIELDS = [
    new("many postings", INVALID, "postings", "split the transaction", *(posting(A, B, 1) for _ in range(101))),
    Wrong("no postings", "post", ledger_pb2.NewTransaction(), INVALID, "postings", "must be 1 to 100"),
    new("many words", INVALID, "description", "at most 1000", description="x" * 1001),
    new("words that are no text", INVALID, "text", "remove it", description="a\0"),
    new("much metadata", INVALID, "metadata", "at most 50", metadata={str(key): "" for key in range(51)}),
    new("a long key", INVALID, f"metadata['{'k' * 40}']", "1 to 40", metadata={"k" * 41: ""}),
    new("an empty key", INVALID, "metadata['']", "1 to 40", metadata={"": ""}),
    new("a long value", INVALID, "metadata['k']", "at most 500", metadata={"k": "x" * 501}),
    new("a value that is no text", INVALID, "text", "remove it", metadata={"k": "\0"}),
    new("a time that is none", INVALID, "effective_time", "RFC 3339", effective_time=AGES),
    new("an expiry that is none", INVALID, "expire_time", "RFC 3339", expire_time=AGES, pending=True),
    new("an expiry of nothing", INVALID, "expire_time", "only a hold expires", expire_time=FUTURE),
    new("an expiry in the past", INVALID, "expire_time", "in the future", expire_time=PAST, pending=True),
    new("many conditions", INVALID, "conditions", "at most 200", conditions=[condition(A)] * 201),
    new("a condition on nothing", INVALID, "conditions[0].account", "code or id", conditions=[condition("")]),
    new(
        "a condition on another account",
        INVALID,
        "conditions",
        "not among the postings",
        conditions=[condition(EURO, expected_version=0)],
    ),
    new(
        "another version",
        "VERSION_MISMATCH",
        ("code", A),
        "read it again",
        conditions=[condition(A, expected_version=0)],
    ),
    new(
        "less than wanted",
        "INSUFFICIENT_FUNDS",
        ("minimum_minor", "1000000"),
        "below the minimum",
        conditions=[condition(A, available_min_minor=1_000_000)],
    ),
]
RESERVED = "REFERENCE_RESERVED"
CAPTURE, VOID, REVERSE = "post_pending", "void_pending", "reverse"
EXHAUSTED, TOO_MUCH = "HOLD_EXHAUSTED", "REVERSAL_EXCEEDS_ORIGINAL"
REUSED = "REFERENCE_REUSED"
UNKNOWN = "LEDGER_TRANSACTION_NOT_FOUND"
TARGETS = [
    *(
        wrong
        for action in (CAPTURE, VOID, REVERSE)
        for wrong in (
            acting(action, f"{action} nothing", INVALID, "target", "target_transaction_id or target_reference"),
            acting(action, f"{action} a name of nothing", UNKNOWN, ("transaction", "x"), "check", "x"),
            acting(
                action,
                f"{action} an id of nothing",
                UNKNOWN,
                ("transaction", NOBODY),
                "check the id",
                target_transaction_id=NOBODY,
            ),
            acting(action, f"{action} no id", UNKNOWN, ("transaction", "y"), "check the id", target_transaction_id="y"),
            acting(
                action,
                f"{action} a fact of Stripe's",
                RESERVED,
                ("reference", "stripe:txn_1"),
                "own",
                "stripe:txn_1",
            ),
        )
    ),
    acting(CAPTURE, "more than is held", EXHAUSTED, ("remaining_minor", "70"), "no more than", "hold", part_minor=[71]),
    acting(CAPTURE, "parts of nothing", INVALID, "part_minor", "one for each", "hold", part_minor=[1, 1]),
    acting(CAPTURE, "nothing of it", "AMOUNT_ZERO", "part_minor", "leave it out", "hold", part_minor=[0]),
    acting(CAPTURE, "less than nothing", "AMOUNT_NEGATIVE", "part_minor[0]", "swap", "hold", part_minor=[-1]),
    acting(CAPTURE, "what was captured", EXHAUSTED, ("remaining_minor", "0"), "no more than is left", "captured"),
    acting(CAPTURE, "what was voided", EXHAUSTED, ("remaining_minor", "0"), "no more than is left", "voided"),
    acting(CAPTURE, "what has expired", EXHAUSTED, "", "has expired", "expired"),
    acting(CAPTURE, "no hold", "INVALID_STATE", ("state", "post"), "nothing to capture", "sale"),
    acting(VOID, "voided", EXHAUSTED, ("remaining_minor", "0"), "left", "voided"),
    acting(VOID, "captured", EXHAUSTED, ("remaining_minor", "0"), "left", "captured"),
    acting(VOID, "no hold to void", "INVALID_STATE", ("state", "post"), "nothing to void", "sale"),
    acting(VOID, "a part of a void", INVALID, "part_minor", "leave it out", "hold", part_minor=[1]),
    acting(REVERSE, "more than it was", TOO_MUCH, ("remaining_minor", "70"), "no more than", "sale", part_minor=[71]),
    acting(REVERSE, "what was reversed", TOO_MUCH, ("remaining_minor", "0"), "no more than is left", "undone"),
    acting(REVERSE, "a hold", "INVALID_STATE", ("state", "hold"), "void it instead", "hold"),
    acting(REVERSE, "a reversal", "INVALID_STATE", ("state", "reverse"), "post a new transaction", "undo"),
    acting(REVERSE, "a void", "INVALID_STATE", ("state", "void"), "post a new transaction", "void"),
    acting(REVERSE, "nothing of a sale", "AMOUNT_ZERO", "part_minor", "leave it out", "sale", part_minor=[0]),
    acting(REVERSE, "what was spent", "INSUFFICIENT_FUNDS", ("code", POOR), "below the minimum", "gift"),
    acting(REVERSE, "of the frozen", "ACCOUNT_FROZEN", ("code", FROZEN), "takes no", "before the frost"),
    acting(
        REVERSE,
        "two times",
        INVALID,
        "at_original_time",
        "leave it out",
        "sale",
        at_original_time=True,
        effective_time=PAST,
    ),
    acting(CAPTURE, "the time of a hold", INVALID, "at_original_time", "for a reversal", "hold", at_original_time=True),
    acting(REVERSE, "a reserved name", RESERVED, ("reference", "stripe:y"), "own", "sale", reference="stripe:y"),
    acting(REVERSE, "a used name", REUSED, ("reference", "undo"), "a new reference", "sale", reference="undo"),
    acting(REVERSE, "a time that is none", INVALID, "effective_time", "RFC 3339", "sale", effective_time=AGES),
]
WRONGS = [*AMOUNTS, *CURRENCIES, *ACCOUNTS, *NAMES, *FIELDS, *TARGETS]
METHODS = {
    "post": "PostTransaction",
    CAPTURE: "PostPendingTransaction",
    VOID: "VoidPendingTransaction",
    REVERSE: "ReverseTransaction",
}
