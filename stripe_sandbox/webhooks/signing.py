"""Signing what is sent to webhook endpoints (https://docs.stripe.com/webhooks#verify-manually)."""

import hashlib
import hmac


def signature_header(body: bytes, secret: str, timestamp: int) -> str:
    """The `Stripe-Signature` header for the raw `body`; `timestamp` is real Unix time in seconds."""
    digest = hmac.new(secret.encode(), b"%d." % timestamp + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"
