"""What Stripe writes to each balance, flow by flow, and what the ledger must show then: figures written down by hand.

US card pricing: 2.9 % + 30 cents, so 320 of 10,000 and 204 of 6,000.
"""

import pytest

from payments_service.domain.refund.model import AbsorbBy
from payments_service.domain.settlement.counters import Concern
from tests.unit.payments_service.domain.settlement.flows import (
    EARNINGS,
    FEES,
    IN_TRANSIT,
    MIRROR,
    PAYABLE,
    SELLER,
    Line,
    balances,
    of_balance,
    of_category,
    of_sale,
    of_sold,
    on_platform,
    on_seller,
    platform_fee,
    row,
    with_seller,
)

CREATOR, PLATFORM = AbsorbBy.CREATOR, AbsorbBy.PLATFORM

SALE = [of_sale("charge", 10_000, 320)]
DESTINATION = [
    of_sold("charge", 10_000, 320),
    with_seller("transfer", -10_000),
    with_seller("application_fee", 1_000),
    on_seller("payment", 10_000, platform_fee(1_000)),
]
DIRECT = [
    on_seller("charge", 10_000, 320, platform_fee(1_000)),
    with_seller("application_fee", 1_000),
]
REVERSED = [with_seller("transfer_refund", 10_000), on_seller("payment_refund", -10_000)]
FEE_BACK_ON_THE_REFUND = [
    with_seller("transfer_refund", 10_000),
    with_seller("application_fee_refund", -1_000),
    on_seller("payment_refund", -10_000, platform_fee(-1_000)),
]
FEE_BACK_ON_ITS_OWN = [
    with_seller("transfer_refund", 10_000),
    with_seller("application_fee_refund", -1_000),
    on_seller("payment_refund", -10_000),
    on_seller("application_fee_refund", 1_000),
]
ALL_BACK = {"stripe:usd": -320, "expense:stripe_fee:usd": 320}
PART_BACK = {
    "stripe:usd": 280,
    "expense:stripe_fee:usd": 320,
    "revenue:platform_fee:usd": 600,
    MIRROR: 5_400,
    FEES: 600,
    EARNINGS: 6_000,
}
SOLD = {
    "stripe:usd": 680,
    "expense:stripe_fee:usd": 320,
    "revenue:platform_fee:usd": 1_000,
    MIRROR: 9_000,
    FEES: 1_000,
    EARNINGS: 10_000,
}

PLATFORM_FLOWS = [
    pytest.param(
        SALE, {"stripe:usd": 9_680, "expense:stripe_fee:usd": 320, "revenue:sales:usd": 10_000}, id="platform charge"
    ),
    pytest.param(
        [*SALE, of_sale("refund", -10_000)], {"stripe:usd": -320, "expense:stripe_fee:usd": 320}, id="its refund"
    ),
    pytest.param(
        [*SALE, of_sale("refund", -4_000)],
        {"stripe:usd": 5_680, "expense:stripe_fee:usd": 320, "revenue:sales:usd": 6_000},
        id="its partial refund",
    ),
    pytest.param(
        [*SALE, of_sale("refund", -10_000), of_sale("refund_failure", 10_000)],
        {"stripe:usd": 9_680, "expense:stripe_fee:usd": 320, "revenue:sales:usd": 10_000},
        id="its refund fails later",
    ),
    pytest.param(
        [of_sale("charge", 6_000, 204)],
        {"stripe:usd": 5_796, "expense:stripe_fee:usd": 204, "revenue:sales:usd": 6_000},
        id="manual capture of a part",
    ),
    pytest.param(
        [*SALE, of_sale("partial_capture_reversal", -4_000, -116)],
        {"stripe:usd": 5_796, "expense:stripe_fee:usd": 204, "revenue:sales:usd": 6_000},
        id="the same by reversal, the fee in part given back",
    ),
    pytest.param(
        [of_sale("charge", 10_800, 343)],
        {"stripe:usd": 10_457, "expense:stripe_fee:usd": 343, "revenue:sales:usd": 10_800},
        id="100.00 eur settled in usd at 1.08",
    ),
    pytest.param(
        [of_sale("payment", 10_000, 80)],
        {"stripe:usd": 9_920, "expense:stripe_fee:usd": 80, "revenue:sales:usd": 10_000},
        id="bank debit",
    ),
    pytest.param(
        [of_sale("payment", 10_000, 80), of_sale("payment_failure_refund", -10_000)],
        {"stripe:usd": -80, "expense:stripe_fee:usd": 80},
        id="bank debit returned later",
    ),
    pytest.param(
        [*SALE, on_platform("payout", -5_000)],
        {
            "stripe:usd": 4_680,
            "payouts_in_transit:usd": 5_000,
            "expense:stripe_fee:usd": 320,
            "revenue:sales:usd": 10_000,
        },
        id="payout",
    ),
    pytest.param([on_platform("payout", -5_000), on_platform("payout_failure", 5_000)], {}, id="payout fails"),
    pytest.param([on_platform("payout", -5_000), on_platform("payout_cancel", 5_000)], {}, id="payout canceled"),
    pytest.param([on_platform("topup", 20_000)], {"stripe:usd": 20_000, "bank:usd": -20_000}, id="top-up"),
    pytest.param(
        [on_platform("stripe_fee", -250)],
        {"stripe:usd": -250, "expense:stripe_fee:usd": 250},
        id="Stripe's own fee",
    ),
]

OPENED = of_category("dispute", of_sale("adjustment", -10_000, 1_500))
AFTER_SALE = {"expense:stripe_fee:usd": 320, "revenue:sales:usd": 10_000}

OTHER_FLOWS = [
    pytest.param(
        [*SALE, OPENED],
        {**AFTER_SALE, "stripe:usd": -1_820, "disputes_held:usd": 10_000, "expense:dispute_fee:usd": 1_500},
        id="dispute opened",
    ),
    pytest.param(
        [*SALE, OPENED, of_category("dispute_reversal", of_sale("adjustment", 10_000))],
        {**AFTER_SALE, "stripe:usd": 8_180, "expense:dispute_fee:usd": 1_500},
        id="dispute won, the fee kept",
    ),
    pytest.param(
        [*SALE, OPENED, of_category("dispute_reversal", of_sale("adjustment", 10_000, -1_500))],
        {**AFTER_SALE, "stripe:usd": 9_680},
        id="dispute won, the fee returned",
    ),
    pytest.param(
        [of_category("dispute", on_platform("adjustment", -10_000, 1_500))],
        {"stripe:usd": -11_500, "disputes_held:usd": 10_000, "expense:dispute_fee:usd": 1_500},
        id="dispute of a charge that nobody here knows",
    ),
    pytest.param(
        [*DIRECT, of_category("dispute", on_seller("adjustment", -10_000, 1_500))],
        {"stripe:usd": 1_000, "revenue:platform_fee:usd": 1_000, MIRROR: -2_820, FEES: 2_820},
        id="dispute of a direct charge",
    ),
    pytest.param(
        [of_category("refund_failure", of_sale("adjustment", 10_000)), of_sale("refund", -10_000)],
        {},
        id="failed refund as an adjustment",
    ),
    pytest.param(
        [of_category("partial_capture_reversal", of_sale("refund", -4_000)), *SALE],
        {"stripe:usd": 5_680, "expense:stripe_fee:usd": 320, "revenue:sales:usd": 6_000},
        id="what was not captured, as a refund by its type",
    ),
    pytest.param([on_platform("topup", 20_000), on_platform("topup_reversal", -20_000)], {}, id="top-up reversed"),
    pytest.param([on_platform("payout", -5_000), on_platform("payout_reversal", 5_000)], {}, id="payout reversed"),
    pytest.param(
        [on_platform("reserve_transaction", -700)],
        {"stripe:usd": -700, "stripe:reserved:usd": 700},
        id="reserve for the negative balance of a connected account",
    ),
    pytest.param(
        [on_platform("reserve_hold", -700), of_balance("risk_reserved", on_platform("reserve_hold", 700))],
        {"stripe:usd": -700, "stripe:risk_reserved:usd": 700},
        id="reserve that Stripe shows as a balance of its own",
    ),
    pytest.param(
        [
            on_platform("reserve_hold", -700),
            of_balance("risk_reserved", on_platform("reserve_hold", 700)),
            of_balance("risk_reserved", on_platform("reserve_release", -700)),
            on_platform("reserve_release", 700),
        ],
        {},
        id="the same released",
    ),
    pytest.param(
        [on_seller("reserve_hold", -700), of_balance("risk_reserved", on_seller("reserve_hold", 700))],
        {MIRROR: -700, MIRROR.removesuffix("usd") + "risk_reserved:usd": 700},
        id="reserve of a seller",
    ),
    pytest.param(
        [with_seller("connect_collection_transfer", -700), on_seller("connect_collection_transfer", 700)],
        {"stripe:usd": -700, PAYABLE: -700, MIRROR: 700, EARNINGS: 700},
        id="the platform made up for a seller's negative balance, and the seller owes it",
    ),
    pytest.param(
        [on_platform("advance", 500), on_platform("anticipation_repayment", -200)],
        {"stripe:usd": 300, "stripe_advances:usd": 300},
        id="lent by Stripe, paid back in part",
    ),
    pytest.param(
        [on_platform("contribution", -50), on_platform("climate_order_purchase", -30)],
        {"stripe:usd": -80, "expense:contribution:usd": 80},
        id="given away",
    ),
    pytest.param(
        [
            on_platform("network_cost", -10),
            of_category("network_cost", on_platform("adjustment", -11)),
            of_category("tax", on_platform("adjustment", -12)),
            of_category("fee", on_platform("adjustment", -13)),
        ],
        {"stripe:usd": -46, "expense:stripe_fee:usd": 46},
        id="costs of networks, tax and fees, whatever their type",
    ),
    pytest.param(
        [on_platform("tax_fund", -90)], {"stripe:usd": -90, "tax_payable:usd": -90}, id="tax that Stripe withheld"
    ),
    pytest.param(
        [on_platform("payment_unreconciled", 900)],
        {"stripe:usd": 900, "unallocated:usd": 900},
        id="money from a customer that no payment claims",
    ),
    pytest.param(
        [
            Line(row("charge", 10_000, 320), Concern(account=SELLER)),
            with_seller("transfer", -10_000),
            with_seller("application_fee", 1_000),
            on_seller("payment", 10_000, platform_fee(1_000)),
        ],
        SOLD,
        id="destination charge that was made without us",
    ),
    pytest.param(
        [of_category("other_adjustment", on_platform("adjustment", -5)), on_platform("issuing_transaction", -6)],
        {"stripe:usd": -11, "suspense:usd": 11},
        id="what only a person can tell",
    ),
]

MARKETPLACE_FLOWS = [
    pytest.param(DESTINATION, SOLD, id="destination charge, application fee"),
    pytest.param(
        [
            of_sold("charge", 10_000, 320),
            with_seller("transfer", -9_000),
            on_seller("payment", 9_000),
        ],
        # Nobody says that the platform keeps the rest: what was credited and not passed on is still owed.
        {"stripe:usd": 680, "expense:stripe_fee:usd": 320, PAYABLE: 1_000, MIRROR: 9_000, EARNINGS: 9_000},
        id="destination charge, transfer_data.amount",
    ),
    pytest.param(
        [
            of_sold("charge", 6_000, 204),
            with_seller("transfer", -6_000),
            with_seller("application_fee", 600),
            on_seller("payment", 6_000, platform_fee(600)),
        ],
        {
            "stripe:usd": 396,
            "expense:stripe_fee:usd": 204,
            "revenue:platform_fee:usd": 600,
            MIRROR: 5_400,
            FEES: 600,
            EARNINGS: 6_000,
        },
        id="destination charge captured in part, fee in proportion",
    ),
    pytest.param(
        DIRECT,
        {"stripe:usd": 1_000, "revenue:platform_fee:usd": 1_000, MIRROR: 8_680, FEES: 1_320, EARNINGS: 10_000},
        id="direct charge, application fee",
    ),
    pytest.param(
        [
            *DIRECT,
            on_seller("refund", -10_000, platform_fee(-1_000)),
            with_seller("application_fee_refund", -1_000),
        ],
        {MIRROR: -320, FEES: 320},
        id="direct charge refunded with its fee",
    ),
    pytest.param(
        [*DESTINATION, on_seller("payout", -5_000, 50)],
        {**SOLD, MIRROR: 3_950, FEES: 1_050, IN_TRANSIT: 5_000},
        id="instant payout of the seller",
    ),
    pytest.param(
        [*DESTINATION, on_seller("payout", -9_000)],
        {
            "stripe:usd": 680,
            "expense:stripe_fee:usd": 320,
            "revenue:platform_fee:usd": 1_000,
            IN_TRANSIT: 9_000,
            FEES: 1_000,
            EARNINGS: 10_000,
        },
        id="payout of the seller",
    ),
    pytest.param(
        [*DESTINATION, on_seller("payout", -9_000), on_seller("payout_failure", 9_000)],
        SOLD,
        id="payout of the seller fails",
    ),
]

REFUND_FLOWS = [
    pytest.param(
        [of_sold("refund", -10_000, absorb_by=CREATOR)],
        {**SOLD, "stripe:usd": -9_320, PAYABLE: -10_000},
        id="without reversal, the seller owes it",
    ),
    pytest.param(
        [of_sold("refund", -10_000, absorb_by=PLATFORM)],
        {**SOLD, "stripe:usd": -9_320, "expense:refund_absorbed:usd": 10_000},
        id="without reversal, the platform bears it",
    ),
    pytest.param(
        [of_sold("refund", -10_000, absorb_by=CREATOR), *REVERSED],
        {
            "stripe:usd": 680,
            "expense:stripe_fee:usd": 320,
            "revenue:platform_fee:usd": 1_000,
            MIRROR: -1_000,
            FEES: 1_000,
        },
        id="transfer reversed",
    ),
    pytest.param(
        [of_sold("refund", -10_000, absorb_by=CREATOR), *FEE_BACK_ON_THE_REFUND],
        ALL_BACK,
        id="transfer reversed and fee given back on the refund's line",
    ),
    pytest.param(
        [of_sold("refund", -10_000, absorb_by=CREATOR), *FEE_BACK_ON_ITS_OWN],
        ALL_BACK,
        id="transfer reversed and fee given back on a line of its own",
    ),
    pytest.param(
        [
            of_sold("refund", -4_000, absorb_by=CREATOR),
            with_seller("transfer_refund", 4_000),
            with_seller("application_fee_refund", -400),
            on_seller("payment_refund", -4_000, platform_fee(-400)),
        ],
        PART_BACK,
        id="a part, transfer reversed and fee given back on the refund's line",
    ),
    pytest.param(
        [
            of_sold("refund", -4_000, absorb_by=CREATOR),
            with_seller("transfer_refund", 4_000),
            with_seller("application_fee_refund", -400),
            on_seller("payment_refund", -4_000),
            on_seller("application_fee_refund", 400),
        ],
        PART_BACK,
        id="a part, transfer reversed and fee given back on a line of its own",
    ),
    pytest.param(
        [
            of_sold("refund", -4_000, absorb_by=CREATOR),
            with_seller("transfer_refund", 4_000),
            on_seller("payment_refund", -4_000),
            of_sold("refund", -6_000, absorb_by=PLATFORM),
        ],
        {
            **SOLD,
            "stripe:usd": -5_320,
            "expense:refund_absorbed:usd": 6_000,
            MIRROR: 5_000,
            EARNINGS: 6_000,
        },
        id="a part by the seller, the rest by the platform",
    ),
    pytest.param(
        [of_sold("refund", -10_000, absorb_by=PLATFORM), of_sold("refund_failure", 10_000, absorb_by=PLATFORM)],
        SOLD,
        id="the platform's refund fails later",
    ),
    pytest.param(
        [
            of_sold("refund", -10_000, absorb_by=CREATOR),
            *REVERSED,
            of_sold("refund_failure", 10_000, absorb_by=CREATOR),
        ],
        # What was taken back from the seller stays taken back, so it is owed again.
        {
            "stripe:usd": 10_680,
            "expense:stripe_fee:usd": 320,
            "revenue:platform_fee:usd": 1_000,
            PAYABLE: 10_000,
            MIRROR: -1_000,
            FEES: 1_000,
        },
        id="the seller's refund fails later",
    ),
]


@pytest.mark.parametrize(("lines", "expected"), PLATFORM_FLOWS)
def test_the_platforms_own_money(lines: list[Line], expected: dict[str, int]) -> None:
    assert balances(lines) == expected


@pytest.mark.parametrize(("lines", "expected"), MARKETPLACE_FLOWS)
def test_a_sellers_money_on_both_sides(lines: list[Line], expected: dict[str, int]) -> None:
    assert balances(lines) == expected


@pytest.mark.parametrize(("lines", "expected"), REFUND_FLOWS)
def test_a_refund_of_a_destination_charge_on_both_sides(lines: list[Line], expected: dict[str, int]) -> None:
    assert balances([*DESTINATION, *lines]) == expected


@pytest.mark.parametrize(("lines", "expected"), OTHER_FLOWS)
def test_what_is_rare(lines: list[Line], expected: dict[str, int]) -> None:
    assert balances(lines) == expected


@pytest.mark.parametrize(("lines", "expected"), [*PLATFORM_FLOWS, *OTHER_FLOWS, *MARKETPLACE_FLOWS])
def test_the_order_in_which_it_is_booked_does_not_matter(lines: list[Line], expected: dict[str, int]) -> None:
    assert balances(reversed(lines)) == expected


@pytest.mark.parametrize(("lines", "expected"), MARKETPLACE_FLOWS)
def test_a_balance_transaction_that_is_listed_twice_is_booked_once(lines: list[Line], expected: dict[str, int]) -> None:
    assert balances([*lines, *lines]) == expected
