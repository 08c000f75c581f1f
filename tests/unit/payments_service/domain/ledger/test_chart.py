"""The chart of accounts: every account of the design, once, in its currency."""

import inspect

from payments_service.domain.ledger import chart
from payments_service.domain.ledger.account import AccountKind, AccountSpec

A, L, E, R, X = AccountKind.ASSET, AccountKind.LIABILITY, AccountKind.EQUITY, AccountKind.REVENUE, AccountKind.EXPENSE

EXPECTED = {
    "stripe:usd": A,
    "stripe:reserves:usd": A,
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
    "expense:promo:usd": X,
    "connected:acn_1:stripe:usd": A,
    "connected:acn_1:in_transit:usd": A,
    "connected:acn_1:bank:usd": A,
    "connected:acn_1:earnings:usd": L,
    "connected:acn_1:fees:usd": X,
}

ARGUMENTS = {"currency": "usd", "owner_id": "o", "account_id": "acn_1", "who": "w", "balance_type": "reserves"}


def _all() -> list[AccountSpec]:
    specs = []
    for name, function in inspect.getmembers(chart, inspect.isfunction):
        if function.__module__ == chart.__name__ and not name.startswith("_"):
            specs.append(function(**{key: ARGUMENTS[key] for key in inspect.signature(function).parameters}))
    return specs


def test_the_chart_is_that_of_the_design() -> None:
    assert {spec.code: spec.kind for spec in _all()} == EXPECTED
    assert {spec.currency for spec in _all()} == {"usd"}


def test_only_wallets_have_a_floor() -> None:
    assert {spec.code: spec.floor_minor for spec in _all() if spec.floor_minor is not None} == {"wallet:o:usd": 0}


def test_what_belongs_to_somebody_says_to_whom() -> None:
    owned = {spec.code for spec in _all() if spec.owner_id == "o"}
    assert owned == {code for code in EXPECTED if code.startswith(("receivable:", "wallet:", "creator:", "connected:"))}
