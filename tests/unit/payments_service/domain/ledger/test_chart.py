"""The chart of accounts: every account of the design, once, in its currency."""

import inspect

import pytest

from payments_service.domain.ledger import chart
from payments_service.domain.ledger.account import AccountKind, AccountSpec

A, L, E, R, X = AccountKind.ASSET, AccountKind.LIABILITY, AccountKind.EQUITY, AccountKind.REVENUE, AccountKind.EXPENSE

EXPECTED = {
    "stripe:usd": A,
    "stripe:reserves:usd": A,
    "stripe:reserved:usd": A,
    "stripe_advances:usd": L,
    "stripe_unsettled:usd": A,
    "payouts_in_transit:usd": A,
    "bank:usd": A,
    "disputes_held:usd": A,
    "receivable:w:usd": A,
    "suspense:usd": A,
    "fx:usd": E,
    "equity:opening:usd": E,
    "wallet:o:usd": L,
    "creator:acn_1:payable:usd": L,
    "unallocated:usd": L,
    "transfers_pending:usd": L,
    "withdrawals_pending:usd": L,
    "refunds_payable:usd": L,
    "deferred_revenue:usd": L,
    "tax_payable:usd": L,
    "revenue:sales:usd": R,
    "revenue:platform_fee:usd": R,
    "revenue:credits:usd": R,
    "revenue:subscription:usd": R,
    "revenue:withdrawal_fee:usd": R,
    "expense:stripe_fee:usd": X,
    "expense:dispute_fee:usd": X,
    "expense:dispute_loss:usd": X,
    "expense:refund_absorbed:usd": X,
    "expense:contribution:usd": X,
    "expense:promo:usd": X,
    "connected:acn_1:stripe:usd": A,
    "connected:acn_1:stripe:reserves:usd": A,
    "connected:acn_1:stripe:reserved:usd": A,
    "connected:acn_1:advances:usd": L,
    "connected:acn_1:in_transit:usd": A,
    "connected:acn_1:bank:usd": A,
    "connected:acn_1:earnings:usd": L,
    "connected:acn_1:fees:usd": X,
    "connected:acn_1:suspense:usd": A,
}

ARGUMENTS = {"currency": "usd", "owner_id": "o", "account_id": "acn_1", "who": "w", "balance_type": "reserves"}


def _all() -> list[AccountSpec]:
    specs = []
    for name, function in inspect.getmembers(chart, inspect.isfunction):
        if function.__module__ == chart.__name__ and not name.startswith(("_", "receivable_")):
            specs.append(function(**{key: ARGUMENTS[key] for key in inspect.signature(function).parameters}))
    return specs


def test_the_chart_is_that_of_the_design() -> None:
    assert {spec.code: spec.kind for spec in _all()} == EXPECTED
    assert {spec.currency for spec in _all()} == {"usd"}


def test_what_we_owe_to_somebody_has_a_floor() -> None:
    floors = {spec.code: spec.floor_minor for spec in _all() if spec.floor_minor is not None}
    assert floors == {"wallet:o:usd": 0, "creator:acn_1:payable:usd": 0}


def test_what_has_a_floor_has_a_receivable() -> None:
    receivables = {spec.code: chart.receivable_of(spec) for spec in _all()}
    assert {code: spec for code, spec in receivables.items() if spec} == {
        "wallet:o:usd": chart.receivable("o", "usd", "o"),
        "creator:acn_1:payable:usd": chart.receivable("acn_1", "usd", "o"),
    }


@pytest.mark.parametrize(
    ("code", "receivable"),
    [
        ("wallet:user:1:usd", "receivable:user:1:usd"),
        ("wallet:usd", None),
        ("wallet::usd", None),
        ("creator:acn_1:earnings:usd", None),
        ("creator:acn_1:payable:usd:more", None),
        ("my:wallet:o:usd", None),
        ("receivable:o:usd", None),
    ],
)
def test_only_the_code_of_a_wallet_or_payable_has_a_receivable(code: str, receivable: str | None) -> None:
    assert chart.receivable_code(code) == receivable


def test_what_belongs_to_somebody_says_to_whom() -> None:
    owned = {spec.code for spec in _all() if spec.owner_id == "o"}
    assert owned == {code for code in EXPECTED if code.startswith(("receivable:", "wallet:", "creator:", "connected:"))}
