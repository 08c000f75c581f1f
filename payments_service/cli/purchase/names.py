"""States in words, as the enums name them but without their prefix."""

from payments_api.v1 import account_pb2, ledger_pb2, payment_pb2, refund_pb2


def account_state(account: account_pb2.ConnectedAccount) -> str:
    """For example `ACTIVE`."""
    return account_pb2.ConnectedAccountState.Name(account.state).removeprefix("CONNECTED_ACCOUNT_STATE_")


def payment_state(payment: payment_pb2.Payment) -> str:
    """For example `SUCCEEDED`."""
    return payment_pb2.PaymentState.Name(payment.state).removeprefix("PAYMENT_STATE_")


def refund_state(refund: refund_pb2.Refund) -> str:
    """For example `SUCCEEDED`."""
    return refund_pb2.RefundState.Name(refund.state).removeprefix("REFUND_STATE_")


def purchase_status(purchase: payment_pb2.Purchase) -> str:
    """For example `PARTIALLY_REFUNDED`."""
    return payment_pb2.PurchaseStatus.Name(purchase.status).removeprefix("PURCHASE_STATUS_")


def account_kind(kind: ledger_pb2.LedgerAccountKind) -> str:
    """For example `ASSET`."""
    return ledger_pb2.LedgerAccountKind.Name(kind).removeprefix("LEDGER_ACCOUNT_KIND_")
