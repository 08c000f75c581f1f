"""What `payments up` tells sandbox and gateway about each other: two endpoints, a secret each."""

from pathlib import Path

from payments_service.cli.stack.addresses import AddressBook
from payments_service.cli.stack.plan import Plan, make_plan
from payments_service.config import load_settings

FREE = "127.0.0.1:0"


def plan(folder: Path, **variables: str) -> Plan:
    environment = {
        "PAYMENTS_DATA_DIR": str(folder / ".payments"),
        "PAYMENTS_GRPC_ADDRESS": FREE,
        "PAYMENTS_GRPC_MTLS_ADDRESS": "",
        "PAYMENTS_METRICS_ADDRESS": "",
        "PAYMENTS_WORKER_METRICS_ADDRESS": "",
        "GATEWAY_ADDRESS": FREE,
        "SANDBOX_ADDRESS": FREE,
    }
    environment |= variables
    with AddressBook() as book:
        return make_plan(load_settings(environment), environment, book, plaintext=True)


def test_each_endpoint_has_an_address_and_a_secret_of_its_own(tmp_path: Path) -> None:
    made = plan(tmp_path)
    gateway, sandbox = made.gateway_environment(3), made.sandbox_environment(3)
    base = f"http://{made.gateway.reachable}/stripe"
    assert sandbox["SANDBOX_WEBHOOK_URL"] == f"{base}/webhook"
    assert sandbox["SANDBOX_CONNECT_WEBHOOK_URL"] == f"{base}/connect/webhook"
    assert sandbox["SANDBOX_WEBHOOK_SECRET"] == gateway["GATEWAY_STRIPE_SECRETS"]
    assert sandbox["SANDBOX_CONNECT_WEBHOOK_SECRET"] == gateway["GATEWAY_STRIPE_CONNECT_SECRETS"]
    assert gateway["GATEWAY_STRIPE_SECRETS"] != gateway["GATEWAY_STRIPE_CONNECT_SECRETS"]


def test_secrets_that_the_user_has_for_stripe_itself_do_not_disturb_the_sandbox(tmp_path: Path) -> None:
    theirs = {
        "GATEWAY_STRIPE_SECRETS_FILE": "/does/not/exist",
        "GATEWAY_STRIPE_CONNECT_SECRETS_FILE": "/does/not/exist",
        "SANDBOX_CONNECT_WEBHOOK_SECRET_FILE": "/does/not/exist",
    }
    made = plan(tmp_path, **theirs)
    assert "/does/not/exist" not in {*made.gateway_environment(3).values(), *made.sandbox_environment(3).values()}


def test_with_stripe_itself_the_users_secrets_are_the_gateways(tmp_path: Path) -> None:
    made = plan(
        tmp_path,
        PAYMENTS_STRIPE_API_KEY="sk_test_1",
        PAYMENTS_AUTH_KEY="k" * 32,
        GATEWAY_PAYMENTS_TOKEN="token",
        GATEWAY_STRIPE_SECRETS="whsec_1",
        GATEWAY_STRIPE_CONNECT_SECRETS="whsec_2",
    )
    gateway = made.gateway_environment(3)
    assert (gateway["GATEWAY_STRIPE_SECRETS"], gateway["GATEWAY_STRIPE_CONNECT_SECRETS"]) == ("whsec_1", "whsec_2")
