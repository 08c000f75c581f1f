"""payments_api.v1.ReportingService."""

from google.protobuf.message import Message
from payments_api.v1 import reporting_pb2
from payments_api.v1 import reporting_service_pb2 as pb

from payments_service.application.ledger.read import LedgerReader
from payments_service.application.reporting import StripeBalanceReader
from payments_service.transport.call import Call
from payments_service.transport.convert.basic import money_to_message, time_to_message
from payments_service.transport.convert.ledger import trial_balance_line, trial_balance_totals


class ReportingHandlers:
    """Reports: see the service's own comments."""

    def __init__(self, stripe_balance: StripeBalanceReader, ledger: LedgerReader) -> None:
        self._stripe_balance = stripe_balance
        self._ledger = ledger

    async def get_stripe_balance(self, request: pb.GetStripeBalanceRequest, call: Call) -> Message:
        """Get Stripe's balance and the ledger's, side by side."""
        balances = [
            reporting_pb2.StripeBalance(
                stripe_available=money_to_message(line.available),
                stripe_pending=money_to_message(line.pending),
                ledger=money_to_message(line.ledger),
                difference=money_to_message(line.difference),
            )
            for line in await self._stripe_balance(call.principal, request.connected_account_id)
        ]
        return pb.GetStripeBalanceResponse(balances=balances)

    async def get_trial_balance(self, request: pb.GetTrialBalanceRequest, call: Call) -> Message:
        """Get the balance of every account, with the sums."""
        books = await self._ledger.trial_balance(call.principal, request.currency_code.lower())
        lines = [trial_balance_line(account) for account in books.accounts]
        return pb.GetTrialBalanceResponse(
            lines=lines, totals=trial_balance_totals(lines), record_time=time_to_message(books.record_time)
        )
