"""Connect through Stripe's own client: the calls a platform makes, and the objects that it gets."""

from typing import Any

import pytest
import stripe
from stripe.params import PaymentIntentCreateParams

# stripe-python 16.1 hands httpx its body in a way that httpx deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def sale(purchase: PaymentIntentCreateParams, creator: str) -> PaymentIntentCreateParams:
    return {**purchase, "application_fee_amount": 1_000, "transfer_data": {"destination": creator}}


async def test_a_sale_and_its_refund(
    client: stripe.StripeClient, sale: PaymentIntentCreateParams, creator: str
) -> None:
    intent: Any = await client.v1.payment_intents.create_async(
        {**sale, "expand": ["latest_charge.transfer.destination_payment", "latest_charge.application_fee"]}
    )
    charge = intent.latest_charge
    transfer = charge.transfer
    assert isinstance(transfer, stripe.Transfer)
    assert isinstance(charge.application_fee, stripe.ApplicationFee)
    assert isinstance(transfer.destination_payment, stripe.Charge)
    assert (transfer.amount, transfer.destination_payment.amount) == (10_000, 10_000)
    refund: Any = await client.v1.refunds.create_async(
        {
            "payment_intent": intent.id,
            "amount": 4_000,
            "reverse_transfer": True,
            "refund_application_fee": True,
            "expand": ["transfer_reversal"],
        }
    )
    assert isinstance(refund.transfer_reversal, stripe.TransferReversal)
    fee = await client.v1.application_fees.retrieve_async(charge.application_fee.id)
    assert (fee.amount_refunded, [one.amount for one in fee.refunds.data]) == (400, [400])
    ours = await client.v1.balance.retrieve_async()
    theirs = await client.v1.balance.retrieve_async(options={"stripe_account": creator})
    assert (ours.pending[0].amount, theirs.pending[0].amount) == (9_680 - 9_000 - 400, 5_400)


async def test_a_manual_capture_with_another_fee(
    client: stripe.StripeClient, sale: PaymentIntentCreateParams, creator: str
) -> None:
    intent = await client.v1.payment_intents.create_async({**sale, "capture_method": "manual"})
    captured = await client.v1.payment_intents.capture_async(
        intent.id, {"amount_to_capture": 6_000, "application_fee_amount": 300}
    )
    assert captured.application_fee_amount == 300
    listed = await client.v1.balance_transactions.list_async(
        {"type": "payment", "expand": ["data.source"]}, {"stripe_account": creator}
    )
    assert [(one.amount, one.net) for one in listed.data] == [(6_000, 5_700)]
    assert isinstance(listed.data[0].source, stripe.Charge)


async def test_a_separate_transfer_and_its_reversal(
    client: stripe.StripeClient, purchase: PaymentIntentCreateParams, creator: str
) -> None:
    intent = await client.v1.payment_intents.create_async(purchase)
    transfer = await client.v1.transfers.create_async(
        {
            "amount": 8_500,
            "currency": "usd",
            "destination": creator,
            "source_transaction": str(intent.latest_charge),
            "metadata": {"order": "7"},
        }
    )
    reversal = await client.v1.transfers.reversals.create_async(transfer.id, {"amount": 500})
    assert (await client.v1.transfers.reversals.list_async(transfer.id)).data == [reversal]
    assert (await client.v1.transfers.reversals.retrieve_async(transfer.id, reversal.id)) == reversal
    listed = await client.v1.transfers.list_async({"destination": creator})
    assert [(one.id, one.amount_reversed) for one in listed.data] == [(transfer.id, 500)]
    described = await client.v1.transfers.update_async(transfer.id, {"metadata": {"order": "8"}})
    assert described.metadata.to_dict() == {"order": "8"}


async def test_a_direct_charge_and_its_fee(
    client: stripe.StripeClient, purchase: PaymentIntentCreateParams, creator: str
) -> None:
    options: stripe.RequestOptions = {"stripe_account": creator}
    await client.v1.payment_intents.create_async({**purchase, "application_fee_amount": 1_000}, options)
    (fee,) = (await client.v1.application_fees.list_async()).data
    returned = await client.v1.application_fees.refunds.create_async(fee.id, {"amount": 250})
    assert (await client.v1.application_fees.refunds.retrieve_async(fee.id, returned.id)).amount == 250
    assert (await client.v1.application_fees.refunds.list_async(fee.id)).data == [returned]
    theirs = await client.v1.balance.retrieve_async(options=options)
    assert theirs.pending[0].amount == 8_680 + 250


async def test_refusals_carry_stripes_codes(client: stripe.StripeClient, sale: PaymentIntentCreateParams) -> None:
    account = await client.v1.accounts.create_async({"type": "express"})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await client.v1.payment_intents.create_async({**sale, "transfer_data": {"destination": account.id}})
    assert refusal.value.error.code == "insufficient_capabilities_for_transfer"  # type: ignore[union-attr]  # it has one
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await client.v1.transfers.create_async({"amount": 1, "currency": "usd", "destination": "acct_none"})
    assert refusal.value.code == "resource_missing"
    with pytest.raises(stripe.PermissionError):
        await client.v1.accounts.retrieve_async("acct_none")
