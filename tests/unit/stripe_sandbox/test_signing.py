"""Signatures that Stripe's own library accepts."""

import time

import pytest
import stripe

from stripe_sandbox.webhooks.signing import signature_header

BODY = b'{"id": "evt_1", "object": "event"}'


def test_the_official_library_verifies_the_signature() -> None:
    header = signature_header(BODY, "whsec_x", int(time.time()))
    assert stripe.WebhookSignature.verify_header(BODY.decode(), header, "whsec_x", 300)


def test_another_secret_or_body_does_not_verify() -> None:
    header = signature_header(BODY, "whsec_x", int(time.time()))
    for body, secret in ((BODY, "whsec_y"), (BODY + b" ", "whsec_x")):
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.WebhookSignature.verify_header(body.decode(), header, secret, 300)
