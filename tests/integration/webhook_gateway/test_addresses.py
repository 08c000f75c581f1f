"""The addresses besides the webhooks, and the wrong turns."""

import pytest

from tests.integration.webhook_gateway.harness import PaymentsDouble, RunningGateway, event, make_settings, run_gateway
from webhook_gateway.errors import ConfigurationError


async def test_an_address_that_there_is_not_is_not_found(gateway: RunningGateway) -> None:
    for path in ("/", "/stripe", "/stripe/webhook/", "/stripe//webhook", "/stripe/webhook%00", "/é"):
        response = await gateway.client.post(path, content=event())
        assert response.status_code == 404, path
        assert response.json()["success"] is False
        assert response.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize("path", ["/stripe/webhook", "/stripe/connect/webhook"])
async def test_webhooks_are_only_posted(gateway: RunningGateway, path: str) -> None:
    for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS"):
        response = await gateway.client.request(method, path)
        assert response.status_code == 405, method
        assert response.json()["error"]["code"] == "method_not_allowed"
        assert response.headers["allow"] == "POST"


async def test_metrics_show_what_happened(gateway: RunningGateway) -> None:
    await gateway.deliver(event())
    await gateway.client.post("/stripe/connect/webhook", content=b"{}")
    response = await gateway.client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    assert 'gateway_webhooks_total{endpoint="platform",outcome="recorded"} 1.0' in response.text
    assert 'gateway_webhooks_total{endpoint="connect",outcome="signature_invalid"} 1.0' in response.text
    assert 'gateway_ack_seconds_count{endpoint="platform"} 1.0' in response.text
    assert "gateway_event_age_seconds_count 1.0" in response.text
    assert "gateway_signature_age_seconds" in response.text


async def test_a_taken_port_is_an_error_with_a_name(gateway: RunningGateway, payments: PaymentsDouble) -> None:
    with pytest.raises(ConfigurationError, match=r"^GATEWAY_ADDRESS: cannot listen on 127\.0\.0\.1:\d+: "):
        async with run_gateway(make_settings(payments.address, address=gateway.address)):
            raise AssertionError("two gateways listen on one port")


async def test_an_unforeseen_failure_asks_stripe_to_come_again(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("never foreseen")

    monkeypatch.setattr("webhook_gateway.delivery.translate", fail)
    response = await gateway.deliver(event())
    assert response.status_code == 503
    assert response.json()["error"]["code"] == "webhook_processing_error"
    assert "foreseen" not in response.text
    assert response.headers["retry-after"]
    assert gateway.count("gateway_in_flight") == 0
