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
    yield "gRPC", f"{state.grpc_address}, {'TLS' if state.ca_file else 'in the clear'}"
    if state.mtls_address:
        yield "gRPC, mTLS", f"{state.mtls_address}, a client certificate instead of a token"
    if state.ca_file:
        yield "CA", shown(Path(state.ca_file))
    yield "webhooks", f"http://{state.gateway_address}/stripe/webhook"
    yield "webhooks, Connect", f"http://{state.gateway_address}/stripe/connect/webhook"
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
    ca_file = shown(Path(state.ca_file)) if state.ca_file else ""
    call = f"{buf} curl --protocol grpc {f'--cacert {ca_file}' if ca_file else '--http2-prior-knowledge'}"
    url = f"{'https' if ca_file else 'http'}://{state.grpc_address}"
    grpcurl = f"grpcurl {f'-cacert {ca_file}' if ca_file else '-plaintext'}"
    header = '-H "authorization: Bearer $PAYMENTS_TOKEN"'
    if state.token:
        yield f"export PAYMENTS_TOKEN={state.token}"
    yield f"{call} {header} -d '{_REQUEST}' {url}/{_CREATE}"
    yield f"{call} {header} -d '{{}}' {url}/{_BALANCE}"
    if state.cert_file:
        holder = f"--cert {shown(Path(state.cert_file))} --key {shown(Path(state.key_file))}"
        yield f"{call} {holder} -d '{{}}' https://{state.mtls_address}/{_BALANCE}"
    yield f"{grpcurl} {state.grpc_address} list"
    yield f"{grpcurl} {header} -d '{_REQUEST}' {state.grpc_address} {_CREATE}"
    yield f"curl -s http://{state.gateway_address}/readyz"
    if state.metrics_address:
        yield f"curl -s http://{state.metrics_address}/metrics"
    if state.stripe_api_key:
        yield f"curl -s -u {state.stripe_api_key}: {state.stripe_api_base}/v1/balance"
        yield f"curl -s {state.stripe_api_base}/_sandbox/state"
    yield f"{payments} demo"
