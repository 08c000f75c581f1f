"""What to try next: addresses, the token, and lines to paste into a terminal."""

import sys
from collections.abc import Iterator
from pathlib import Path

from payments_service.cli.paths import shown
from payments_service.cli.stack.state import StackState

_CREATE = "payments_api.v1.PaymentService/CreatePayment"
_BALANCE = "payments_api.v1.ReportingService/GetStripeBalance"
_REQUEST = (
    '{"idempotency_key":"order-1-create","reference":"order-1","amount":{"amount_minor":2500,"currency_code":"usd"},'
    '"payment_method":"pm_card_visa","confirm":true}'
)


def addresses(state: StackState, logs: Path) -> Iterator[tuple[str, str]]:
    """Where everything is."""
    yield "gRPC", state.grpc_address
    yield "webhooks", f"http://{state.gateway_address}/stripe/webhook"
    yield "Stripe", state.stripe_api_base or "https://api.stripe.com"
    if state.metrics_address:
        yield "metrics, server", f"http://{state.metrics_address}/metrics"
    if state.worker_metrics_address:
        yield "metrics, worker", f"http://{state.worker_metrics_address}/metrics"
    yield "logs", shown(logs)


def lines_to_paste(state: StackState) -> Iterator[str]:
    """Commands that work as they are, in this order, in this folder."""
    buf = shown(Path(sys.executable).with_name("buf"))
    payments = shown(Path(sys.executable).with_name("payments"))
    call = f"{buf} curl --protocol grpc --http2-prior-knowledge"
    header = '-H "authorization: Bearer $PAYMENTS_TOKEN"'
    if state.token:
        yield f"export PAYMENTS_TOKEN={state.token}"
    yield f"{call} {header} -d '{_REQUEST}' http://{state.grpc_address}/{_CREATE}"
    yield f"{call} {header} -d '{{}}' http://{state.grpc_address}/{_BALANCE}"
    yield f"grpcurl -plaintext {state.grpc_address} list"
    yield f"grpcurl -plaintext {header} -d '{_REQUEST}' {state.grpc_address} {_CREATE}"
    yield f"curl -s http://{state.gateway_address}/readyz"
    if state.metrics_address:
        yield f"curl -s http://{state.metrics_address}/metrics"
    if state.stripe_api_key:
        yield f"curl -s -u {state.stripe_api_key}: {state.stripe_api_base}/v1/balance"
        yield f"curl -s {state.stripe_api_base}/_sandbox/state"
    yield f"{payments} demo"
