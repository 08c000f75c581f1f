"""The two addresses that Stripe calls."""

import time
from collections.abc import Callable, Mapping

from payments_api.internal.v1.stripe_event_pb2 import StripeEndpoint
from pydantic import SecretStr

from webhook_gateway.delivery import WebhookEndpoint
from webhook_gateway.logs import Log
from webhook_gateway.metrics import Metrics
from webhook_gateway.recorder import EventRecorder
from webhook_gateway.settings import Settings
from webhook_gateway.signature import SignatureVerifier

PLATFORM_PATH = "/stripe/webhook"
CONNECT_PATH = "/stripe/connect/webhook"


def webhook_endpoints(
    settings: Settings,
    *,
    recorder: EventRecorder,
    metrics: Metrics,
    log: Log,
    clock: Callable[[], float] = time.time,
) -> Mapping[str, WebhookEndpoint]:
    """Returns what takes the deliveries, by path.

    Args:
        settings: Limits and signing secrets.
        recorder: Makes events durable.
        metrics: Counted into.
        log: Takes one line per delivery.
        clock: Our time, in seconds since 1970.
    """

    def endpoint(which: StripeEndpoint, secrets: tuple[SecretStr, ...]) -> WebhookEndpoint:
        keys = (secret.get_secret_value().encode() for secret in secrets)
        return WebhookEndpoint(
            which,
            body_bytes_max=settings.body_bytes_max,
            body_timeout_s=settings.body_timeout_ms / 1000,
            verifier=SignatureVerifier(keys, settings.tolerance_seconds, clock),
            recorder=recorder,
            metrics=metrics,
            log=log,
            clock=clock,
        )

    return {
        PLATFORM_PATH: endpoint(StripeEndpoint.STRIPE_ENDPOINT_PLATFORM, settings.stripe_secrets),
        CONNECT_PATH: endpoint(StripeEndpoint.STRIPE_ENDPOINT_CONNECT, settings.stripe_connect_secrets),
    }
