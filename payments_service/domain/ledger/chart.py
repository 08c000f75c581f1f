"""The chart of accounts: what each account is called and what kind it is. Accounts are made on first use.

Source: `design/ledger.md`, "Chart of accounts". `currency` is ISO 4217 in lower case everywhere.
"""

from payments_service.domain.ledger.account import AccountKind, AccountSpec

_OWING = ("wallet:", "creator:")
_PAYABLE = ":payable:"

_ASSET = AccountKind.ASSET
_LIABILITY = AccountKind.LIABILITY
_EQUITY = AccountKind.EQUITY
_REVENUE = AccountKind.REVENUE
_EXPENSE = AccountKind.EXPENSE


def stripe_mirror(currency: str) -> AccountSpec:
    """The platform's Stripe balance, available and pending together."""
    return AccountSpec(f"stripe:{currency}", currency, _ASSET)


def stripe_mirror_of(balance_type: str, currency: str) -> AccountSpec:
    """Another balance that Stripe keeps for the platform, such as its reserves, by Stripe's name of its type."""
    return AccountSpec(f"stripe:{balance_type}:{currency}", currency, _ASSET)


def stripe_reserved(currency: str) -> AccountSpec:
    """What Stripe has put aside of the platform's balance, as the payments balance tells it."""
    return stripe_mirror_of("reserved", currency)


def stripe_advances(currency: str) -> AccountSpec:
    """What Stripe has lent the platform."""
    return AccountSpec(f"stripe_advances:{currency}", currency, _LIABILITY)


def stripe_unsettled(currency: str) -> AccountSpec:
    """Payments known to be paid whose balance transaction has not arrived yet."""
    return AccountSpec(f"stripe_unsettled:{currency}", currency, _ASSET)


def payouts_in_transit(currency: str) -> AccountSpec:
    """Payouts that left the Stripe balance and are not known to have arrived."""
    return AccountSpec(f"payouts_in_transit:{currency}", currency, _ASSET)


def bank(currency: str) -> AccountSpec:
    """The platform's bank account, as far as payouts and top-ups move it."""
    return AccountSpec(f"bank:{currency}", currency, _ASSET)


def disputes_held(currency: str) -> AccountSpec:
    """What Stripe has taken for disputes that are not closed."""
    return AccountSpec(f"disputes_held:{currency}", currency, _ASSET)


def receivable(who: str, currency: str, owner_id: str | None = None) -> AccountSpec:
    """What an owner or a connected account owes us: a fact took more than there was."""
    return AccountSpec(f"receivable:{who}:{currency}", currency, _ASSET, owner_id)


def suspense(currency: str) -> AccountSpec:
    """What no recipe knows: listed and alerted until somebody explains it."""
    return AccountSpec(f"suspense:{currency}", currency, _ASSET)


def fx(currency: str) -> AccountSpec:
    """Open positions of this currency against others."""
    return AccountSpec(f"fx:{currency}", currency, _EQUITY)


def equity_opening(currency: str) -> AccountSpec:
    """Where balances from before these books come from."""
    return AccountSpec(f"equity:opening:{currency}", currency, _EQUITY)


def wallet(owner_id: str, currency: str) -> AccountSpec:
    """An owner's credits: what we owe in services. No request takes it below zero."""
    return AccountSpec(f"wallet:{owner_id}:{currency}", currency, _LIABILITY, owner_id, floor_minor=0)


def creator_payable(account_id: str, currency: str, owner_id: str | None = None) -> AccountSpec:
    """What we owe the creator behind a connected account (`acn_…`). No request takes it below zero."""
    return AccountSpec(f"creator:{account_id}{_PAYABLE}{currency}", currency, _LIABILITY, owner_id, floor_minor=0)


def receivable_code(code: str) -> str | None:
    """The code of the account that takes what facts debit a wallet or payable beyond its balance; None for others."""
    if not code.startswith(_OWING):
        return None
    head, _, rest = code.partition(":")
    who, _, currency = rest.rpartition(":" if head == "wallet" else _PAYABLE)
    return f"receivable:{who}:{currency}" if who and ":" not in currency else None


def receivable_of(spec: AccountSpec) -> AccountSpec | None:
    """The account that takes what facts debit a wallet or payable beyond its balance; None for other accounts."""
    code = receivable_code(spec.code)
    return None if code is None else AccountSpec(code, spec.currency, _ASSET, spec.owner_id)


def unallocated(currency: str) -> AccountSpec:
    """Taken in for others and not yet split."""
    return AccountSpec(f"unallocated:{currency}", currency, _LIABILITY)


def transfers_pending(currency: str) -> AccountSpec:
    """Reserved for transfers to connected accounts."""
    return AccountSpec(f"transfers_pending:{currency}", currency, _LIABILITY)


def withdrawals_pending(currency: str) -> AccountSpec:
    """Reserved for withdrawals from wallets."""
    return AccountSpec(f"withdrawals_pending:{currency}", currency, _LIABILITY)


def refunds_payable(currency: str) -> AccountSpec:
    """Refunds that we owe and Stripe has not taken yet."""
    return AccountSpec(f"refunds_payable:{currency}", currency, _LIABILITY)


def deferred_revenue(currency: str) -> AccountSpec:
    """Paid for subscriptions and not yet earned."""
    return AccountSpec(f"deferred_revenue:{currency}", currency, _LIABILITY)


def tax_payable(currency: str) -> AccountSpec:
    """Tax collected for the authorities."""
    return AccountSpec(f"tax_payable:{currency}", currency, _LIABILITY)


def revenue_sales(currency: str) -> AccountSpec:
    """Sales of the platform itself."""
    return AccountSpec(f"revenue:sales:{currency}", currency, _REVENUE)


def revenue_platform_fee(currency: str) -> AccountSpec:
    """The platform's fee on what creators sell."""
    return AccountSpec(f"revenue:platform_fee:{currency}", currency, _REVENUE)


def revenue_credits(currency: str) -> AccountSpec:
    """Credits spent with the platform itself, and what a package cost more than the credits in it."""
    return AccountSpec(f"revenue:credits:{currency}", currency, _REVENUE)


def revenue_subscription(currency: str) -> AccountSpec:
    """Subscriptions, recognised day by day."""
    return AccountSpec(f"revenue:subscription:{currency}", currency, _REVENUE)


def revenue_withdrawal_fee(currency: str) -> AccountSpec:
    """The fee on withdrawals."""
    return AccountSpec(f"revenue:withdrawal_fee:{currency}", currency, _REVENUE)


def expense_stripe_fee(currency: str) -> AccountSpec:
    """Stripe's fees."""
    return AccountSpec(f"expense:stripe_fee:{currency}", currency, _EXPENSE)


def expense_dispute_fee(currency: str) -> AccountSpec:
    """Stripe's fees for disputes."""
    return AccountSpec(f"expense:dispute_fee:{currency}", currency, _EXPENSE)


def expense_dispute_loss(currency: str) -> AccountSpec:
    """Disputes lost at the platform's expense."""
    return AccountSpec(f"expense:dispute_loss:{currency}", currency, _EXPENSE)


def expense_refund_absorbed(currency: str) -> AccountSpec:
    """Refunds at the platform's expense."""
    return AccountSpec(f"expense:refund_absorbed:{currency}", currency, _EXPENSE)


def expense_contribution(currency: str) -> AccountSpec:
    """What the platform gives away through Stripe, and its climate orders."""
    return AccountSpec(f"expense:contribution:{currency}", currency, _EXPENSE)


def expense_promo(currency: str) -> AccountSpec:
    """Credits given away."""
    return AccountSpec(f"expense:promo:{currency}", currency, _EXPENSE)


def connected_mirror(account_id: str, currency: str, owner_id: str | None = None) -> AccountSpec:
    """The Stripe balance of a connected account (`acn_…`), in that account's own book."""
    return AccountSpec(f"connected:{account_id}:stripe:{currency}", currency, _ASSET, owner_id)


def connected_mirror_of(account_id: str, balance_type: str, currency: str, owner_id: str | None = None) -> AccountSpec:
    """Another balance that Stripe keeps for a connected account, by Stripe's name of its type."""
    return AccountSpec(f"connected:{account_id}:stripe:{balance_type}:{currency}", currency, _ASSET, owner_id)


def connected_reserved(account_id: str, currency: str, owner_id: str | None = None) -> AccountSpec:
    """What Stripe has put aside of a connected account's balance, as its payments balance tells it."""
    return connected_mirror_of(account_id, "reserved", currency, owner_id)


def connected_advances(account_id: str, currency: str, owner_id: str | None = None) -> AccountSpec:
    """What Stripe has lent a connected account."""
    return AccountSpec(f"connected:{account_id}:advances:{currency}", currency, _LIABILITY, owner_id)


def connected_in_transit(account_id: str, currency: str, owner_id: str | None = None) -> AccountSpec:
    """A connected account's payouts that are on their way."""
    return AccountSpec(f"connected:{account_id}:in_transit:{currency}", currency, _ASSET, owner_id)


def connected_bank(account_id: str, currency: str, owner_id: str | None = None) -> AccountSpec:
    """A connected account's bank account, as far as its payouts move it."""
    return AccountSpec(f"connected:{account_id}:bank:{currency}", currency, _ASSET, owner_id)


def connected_earnings(account_id: str, currency: str, owner_id: str | None = None) -> AccountSpec:
    """What a connected account has earned."""
    return AccountSpec(f"connected:{account_id}:earnings:{currency}", currency, _LIABILITY, owner_id)


def connected_fees(account_id: str, currency: str, owner_id: str | None = None) -> AccountSpec:
    """Fees that a connected account has paid."""
    return AccountSpec(f"connected:{account_id}:fees:{currency}", currency, _EXPENSE, owner_id)


def connected_suspense(account_id: str, currency: str, owner_id: str | None = None) -> AccountSpec:
    """What no recipe knows in a connected account's book: listed and alerted until somebody explains it."""
    return AccountSpec(f"connected:{account_id}:suspense:{currency}", currency, _ASSET, owner_id)
