"""`.env.example` is what the settings say."""

import re

from payments_service.config import Settings
from scripts.env_example import PATH, env_example
from stripe_sandbox.settings import SandboxSettings
from webhook_gateway.settings import Settings as GatewaySettings


def test_the_file_is_up_to_date() -> None:
    assert PATH.read_text() == env_example(), "run: .venv/bin/python scripts/env_example.py"


def test_it_has_every_variable_of_the_three_programs() -> None:
    named = set(re.findall(r"^# ([A-Z_]+)=", env_example(), re.MULTILINE))
    programs = (("PAYMENTS_", Settings), ("GATEWAY_", GatewaySettings), ("SANDBOX_", SandboxSettings))
    assert named == {f"{prefix}{name.upper()}" for prefix, kind in programs for name in kind.model_fields}


def test_every_variable_has_a_meaning_and_a_default_as_one_would_write_it() -> None:
    text = env_example()
    assert "# Where gRPC listens\n# PAYMENTS_GRPC_ADDRESS=127.0.0.1:50051\n" in text
    assert "# PAYMENTS_AUTH_ALGORITHMS=HS256,RS256,ES256\n" in text
    assert "# GATEWAY_STRIPE_SECRETS=\n" in text
    assert re.search(r"\n\n# [A-Z_]+=", text) is None
