"""The lines to paste."""

from dataclasses import replace
from pathlib import Path

from payments_service.cli.next_steps import addresses, lines_to_paste
from payments_service.cli.stack.state import StackState

STATE = StackState(
    pid=1,
    grpc_address="127.0.0.1:50051",
    gateway_address="127.0.0.1:8080",
    metrics_address="127.0.0.1:9464",
    worker_metrics_address="",
    stripe_api_base="http://127.0.0.1:12111",
    stripe_api_key="sk_test_1",
    token="ey.J.x",
)
WITH_TLS = replace(
    STATE,
    ca_file="/data/tls/ca.pem",
    mtls_address="127.0.0.1:50052",
    cert_file="/data/tls/developer.pem",
    key_file="/data/tls/developer.key",
)


def test_the_token_comes_first_and_is_used_by_every_call() -> None:
    first, *others = lines_to_paste(STATE)
    assert first == "export PAYMENTS_TOKEN=ey.J.x"
    calls = [line for line in others if "payments_api.v1" in line]
    assert len(calls) == 3
    assert all('-H "authorization: Bearer $PAYMENTS_TOKEN"' in line for line in calls)


def test_there_are_lines_for_grpcurl_buf_gateway_metrics_and_sandbox() -> None:
    text = "\n".join(lines_to_paste(STATE))
    assert "grpcurl -plaintext 127.0.0.1:50051 list" in text
    assert "buf curl --protocol grpc --http2-prior-knowledge" in text
    assert "curl -s http://127.0.0.1:8080/readyz" in text
    assert "curl -s http://127.0.0.1:9464/metrics" in text
    assert "curl -s -u sk_test_1: http://127.0.0.1:12111/v1/balance" in text


def test_what_there_is_not_has_no_address() -> None:
    names = [name for name, _ in addresses(STATE, Path("/somewhere/logs"))]
    assert names == ["gRPC", "webhooks", "webhooks, Connect", "Stripe", "metrics, server", "logs"]


def test_the_state_hides_its_secrets_in_its_repr() -> None:
    assert "ey.J.x" not in repr(STATE)
    assert "sk_test_1" not in repr(STATE)


def test_with_tls_every_line_to_grpc_names_the_authority_and_none_speaks_in_the_clear() -> None:
    lines = list(lines_to_paste(WITH_TLS))
    text = "\n".join(lines)
    assert "-plaintext" not in text
    assert "--http2-prior-knowledge" not in text
    assert "http://127.0.0.1:50051" not in text
    assert "grpcurl -cacert /data/tls/ca.pem 127.0.0.1:50051 list" in lines
    assert len([line for line in lines if "buf curl --protocol grpc --cacert /data/tls/ca.pem " in line]) == 3


def test_one_line_calls_with_a_client_certificate_and_without_a_token() -> None:
    [line] = [line for line in lines_to_paste(WITH_TLS) if "https://127.0.0.1:50052/" in line]
    assert "--cert /data/tls/developer.pem --key /data/tls/developer.key" in line
    assert "PAYMENTS_TOKEN" not in line


def test_the_authority_and_the_address_for_certificates_are_shown() -> None:
    shown = dict(addresses(WITH_TLS, Path("/somewhere/logs")))
    assert shown["gRPC"] == "127.0.0.1:50051, TLS"
    assert shown["CA"] == "/data/tls/ca.pem"
    assert shown["gRPC, mTLS"].startswith("127.0.0.1:50052, ")
    assert dict(addresses(STATE, Path("/somewhere/logs")))["gRPC"] == "127.0.0.1:50051, in the clear"
