"""The channel to the payments service: one, kept alive, with TLS unless it never leaves the machine."""

import json
import ssl
from pathlib import Path

import grpc

from webhook_gateway.errors import ConfigurationError
from webhook_gateway.settings import Settings

# RecordEvents may be repeated: the inbox knows an event by its id. So a call that meets a service being restarted is
# tried again within its deadline, unless most calls fail: then the outage is real, and Stripe's own retries are better.
_SERVICE_CONFIG = {
    "methodConfig": [
        {
            "name": [{"service": "payments_api.internal.v1.StripeEventService"}],
            "retryPolicy": {
                "maxAttempts": 3,
                "initialBackoff": "0.05s",
                "maxBackoff": "0.2s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
    "retryThrottling": {"maxTokens": 20, "tokenRatio": 0.1},
}

_OPTIONS: tuple[tuple[str, str | int], ...] = (
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    # A service that comes back is found within two seconds, and a busy one has five to finish the handshake: despite
    # its name, the minimum is how long an attempt to connect may take. Shorter, and whoever is slow is never reached.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.min_reconnect_backoff_ms", 5_000),
    # Internal calls do not go through a proxy that some environment names for the internet.
    ("grpc.enable_http_proxy", 0),
    # A call is tried again only as long as gRPC keeps all of it: as much as a group can have.
    ("grpc.per_rpc_retry_buffer_size", 1_048_576),
    ("grpc.service_config", json.dumps(_SERVICE_CONFIG)),
)


def open_channel(settings: Settings) -> grpc.aio.Channel:
    """Opens the channel that settings describe. Connecting happens later and by itself.

    Raises:
        ConfigurationError: A certificate or key cannot be read or is none.
    """
    if settings.payments_ca_file is None:
        return grpc.aio.insecure_channel(str(settings.payments_target), options=_OPTIONS)
    credentials = _credentials(settings.payments_ca_file, settings.payments_cert_file, settings.payments_key_file)
    return grpc.aio.secure_channel(str(settings.payments_target), credentials, options=_OPTIONS)


def _credentials(ca_file: Path, cert_file: Path | None, key_file: Path | None) -> grpc.ChannelCredentials:
    """Reads TLS files, checked here because gRPC would only say "unavailable" at the first call."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise ConfigurationError(f"GATEWAY_PAYMENTS_CA_FILE: no certificates in {ca_file}: {error}") from error
    if cert_file is None or key_file is None:
        return grpc.ssl_channel_credentials(root_certificates=ca_file.read_bytes())
    try:
        # A password of its own, or OpenSSL would ask for one on the terminal.
        context.load_cert_chain(cert_file, key_file, password="")
    except OSError as error:
        raise ConfigurationError(
            f"GATEWAY_PAYMENTS_CERT_FILE, GATEWAY_PAYMENTS_KEY_FILE: no matching certificate and key, without a"
            f" password, in {cert_file} and {key_file}: {error}"
        ) from error
    return grpc.ssl_channel_credentials(
        root_certificates=ca_file.read_bytes(),
        private_key=key_file.read_bytes(),
        certificate_chain=cert_file.read_bytes(),
    )
