"""Every flow of money through Stripe: what it adds to each account of the ledger, in figures written down by hand.

The money moves at the sandbox, which books it by itself, and no event tells of it. After each step every mirror is
compared with Stripe's balance. US cards cost 2.9 % + 30 cents, so 320 of 10,000.
"""

from collections import Counter

from payments_api.v1 import payment_pb2

from tests.integration.payments_service.application.house import PAY, House

PLATFORM = "acct_1SandboxPlatform"
TEN = {"amount": {"amount_minor": 10_000, "currency_code": "usd"}}
CARD = {
    "amount": "10000",
    "currency": "usd",
    "payment_method": "pm_card_bypassPending",
    "confirm": "true",
    "return_url": "https://shop.example",
}


class Books:
    """The ledger, step by step."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._before: Counter[str] = Counter()

    async def step(self, names: dict[str, str] | None = None) -> dict[str, int]:
        """What has changed since the last step, by account; `names` are short ones for parts of codes."""
        await self._house.settle_all()
        await self._house.books_are_right()
        now = Counter(await self._house.balances())
        changes = {code: now[code] - self._before[code] for code in now if now[code] != self._before[code]}
        self._before = now
        for long, short in (names or {}).items():
            changes = {code.replace(long, short): amount for code, amount in changes.items()}
        return changes


async def charge_of(house: House, payment: payment_pb2.Payment) -> str:
    body = await house.stripe(f"/v1/payment_intents/{payment.stripe_payment_intent_id}")
    return str(body["latest_charge"])


async def test_the_platforms_own_money(house: House) -> None:
    books = Books(house)
    sale = (await house.create("sale", **TEN, **{**PAY, "payment_method": "pm_card_bypassPending"})).payment
    assert await books.step() == {"stripe:usd": 9_680, "expense:stripe_fee:usd": 320, "revenue:sales:usd": 10_000}

    charge = await charge_of(house, sale)
    dispute = await house.control("POST", f"/charges/{charge}/dispute", {})
    assert await books.step() == {
        "stripe:usd": -11_500,
        "disputes_held:usd": 10_000,
        "expense:dispute_fee:usd": 1_500,
    }
    await house.control("POST", f"/disputes/{dispute['id']}/decide", {"outcome": "won", "return_fee": True})
    assert await books.step() == {
        "stripe:usd": 11_500,
        "disputes_held:usd": -10_000,
        "expense:dispute_fee:usd": -1_500,
    }

    topup = await house.behind_our_back("/v1/topups", amount="20000", currency="usd")
    await house.control("POST", f"/topups/{topup['id']}/succeed")
    assert await books.step() == {"stripe:usd": 20_000, "bank:usd": -20_000}
    await house.control("POST", f"/topups/{topup['id']}/reverse")
    assert await books.step() == {"stripe:usd": -20_000, "bank:usd": 20_000}

    await house.control("POST", f"/accounts/{PLATFORM}/stripe_fee", {"amount": 250})
    assert await books.step() == {"stripe:usd": -250, "expense:stripe_fee:usd": 250}

    out = {"stripe:usd": -5_000, "payouts_in_transit:usd": 5_000}
    back = {code: -amount for code, amount in out.items()}
    for undo in ("fail", "cancel"):
        payout = await house.behind_our_back("/v1/payouts", amount="5000", currency="usd")
        assert await books.step() == out
        if undo == "fail":
            await house.control("POST", f"/payouts/{payout['id']}/fail", {})
        else:
            await house.behind_our_back(f"/v1/payouts/{payout['id']}/cancel")
        assert await books.step() == back


async def test_refunds_and_bank_debits_of_the_platform(house: House) -> None:
    books = Books(house)
    sale = (await house.create("sale", **TEN, **PAY)).payment
    await books.step()
    refund = await house.refund("r1", sale.id, amount={"amount_minor": 4_000, "currency_code": "usd"})
    assert await books.step() == {"stripe:usd": -4_000, "revenue:sales:usd": -4_000}
    await house.control("POST", f"/refunds/{refund.stripe_refund_id}/fail")
    assert await books.step() == {"stripe:usd": 4_000, "revenue:sales:usd": 4_000}
    await house.refund("r2", sale.id)
    assert await books.step() == {"stripe:usd": -10_000, "revenue:sales:usd": -10_000}

    debit = (await house.create("debit", **TEN, confirm=True, payment_method="pm_usBankAccount_success")).payment
    assert debit.state == payment_pb2.PAYMENT_STATE_PROCESSING
    assert await books.step() == {"stripe:usd": 9_920, "expense:stripe_fee:usd": 80, "revenue:sales:usd": 10_000}
    await house.control("POST", f"/charges/{await charge_of(house, debit)}/return", {})
    assert await books.step() == {"stripe:usd": -10_000, "revenue:sales:usd": -10_000}


async def test_a_charge_in_another_currency_is_in_the_books_as_it_settled(house: House) -> None:
    books = Books(house)
    await house.control("PUT", f"/accounts/{PLATFORM}/exchange_rates", {"rates": {"eur": "1.08"}})
    sale = (await house.create("sale", amount={"amount_minor": 10_000, "currency_code": "eur"}, **PAY)).payment
    await house.record_all()
    await house.run("inbox")
    assert await books.step() == {
        "stripe:usd": 10_457,
        "expense:stripe_fee:usd": 343,
        "revenue:sales:usd": 10_800,
    }

    await house.control("PUT", f"/accounts/{PLATFORM}/exchange_rates", {"rates": {"eur": "1.1"}})
    await house.refund("r", sale.id, amount={"amount_minor": 4_000, "currency_code": "eur"})
    assert await books.step() == {"stripe:usd": -4_400, "revenue:sales:usd": -4_400}


async def test_a_sellers_money_on_both_sides(house: House) -> None:
    seller = await house.seller()
    names = {f"connected:{seller.id}": "their", f"creator:{seller.id}": "their", f"receivable:{seller.id}": "owed"}
    books = Books(house)

    paid = (await house.sell("sold", seller.id, payment_method="pm_card_bypassPending")).payment
    sold = {
        "stripe:usd": 680,
        "expense:stripe_fee:usd": 320,
        "revenue:platform_fee:usd": 1_000,
        "their:stripe:usd": 9_000,
        "their:fees:usd": 1_000,
        "their:earnings:usd": 10_000,
    }
    assert await books.step(names) == sold
    # A dispute hits the platform; who bears it in the end is decided when it closes.
    await house.control("POST", f"/charges/{await charge_of(house, paid)}/dispute", {})
    assert await books.step(names) == {
        "stripe:usd": -11_500,
        "disputes_held:usd": 10_000,
        "expense:dispute_fee:usd": 1_500,
    }

    account = seller.stripe_account_id
    await house.behind_our_back("/v1/payouts", account, amount="5000", currency="usd", method="instant")
    assert await books.step(names) == {
        "their:stripe:usd": -5_050,
        "their:in_transit:usd": 5_000,
        "their:fees:usd": 50,
    }
    payout = await house.behind_our_back("/v1/payouts", account, amount="1000", currency="usd")
    assert await books.step(names) == {"their:stripe:usd": -1_000, "their:in_transit:usd": 1_000}
    await house.control("POST", f"/payouts/{payout['id']}/fail", {})
    assert await books.step(names) == {"their:stripe:usd": 1_000, "their:in_transit:usd": -1_000}


async def test_what_was_sold_without_us_settles_too(house: House) -> None:
    """Direct, destination and separate charges of another integration on the same Stripe account."""
    seller = await house.seller()
    account = seller.stripe_account_id
    names = {f"connected:{seller.id}": "their", f"creator:{seller.id}": "their", f"receivable:{seller.id}": "owed"}
    books = Books(house)
    await books.step(names)

    direct = await house.behind_our_back("/v1/payment_intents", account, **CARD, application_fee_amount="1000")
    assert await books.step(names) == {
        "stripe:usd": 1_000,
        "revenue:platform_fee:usd": 1_000,
        "their:stripe:usd": 8_680,
        "their:fees:usd": 1_320,
        "their:earnings:usd": 10_000,
    }
    refund = {"payment_intent": direct["id"], "refund_application_fee": "true"}
    await house.behind_our_back("/v1/refunds", account, **refund)
    assert await books.step(names) == {
        "stripe:usd": -1_000,
        "revenue:platform_fee:usd": -1_000,
        "their:stripe:usd": -9_000,
        "their:fees:usd": -1_000,
        "their:earnings:usd": -10_000,
    }

    to_seller = {"transfer_data[destination]": account, "application_fee_amount": "1000"}
    await house.behind_our_back("/v1/payment_intents", **CARD, **to_seller)
    assert await books.step(names) == {
        "stripe:usd": 680,
        "expense:stripe_fee:usd": 320,
        "revenue:platform_fee:usd": 1_000,
        "their:stripe:usd": 9_000,
        "their:fees:usd": 1_000,
        "their:earnings:usd": 10_000,
    }

    await house.behind_our_back("/v1/payment_intents", **CARD)
    assert await books.step(names) == {
        "stripe:usd": 9_680,
        "expense:stripe_fee:usd": 320,
        "suspense:usd": -10_000,
    }
    transfer = {"amount": "8500", "currency": "usd", "destination": account}
    moved = await house.behind_our_back("/v1/transfers", **transfer)
    # Nobody reserved it, and nothing was owed: so the seller owes it until the charge is explained.
    assert await books.step(names) == {
        "stripe:usd": -8_500,
        "owed:usd": 8_500,
        "their:stripe:usd": 8_500,
        "their:earnings:usd": 8_500,
    }
    await house.behind_our_back(f"/v1/transfers/{moved['id']}/reversals", amount="8500")
    assert await books.step(names) == {
        "stripe:usd": 8_500,
        "owed:usd": -8_500,
        "their:stripe:usd": -8_500,
        "their:earnings:usd": -8_500,
    }
