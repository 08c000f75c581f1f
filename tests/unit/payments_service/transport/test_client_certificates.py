"""Whom a client certificate stands for, and until when."""

import time
from pathlib import Path

import pytest

from payments_service.application.caller import Principal
from payments_service.config import CertificateGrant, Settings, load_settings
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.transport.client_certificates import REMEMBERED_MAX, ClientCertificates
from tests.authority import HOUR, Authority

ORDERS = "spiffe://shop.example/orders"
GRANT = CertificateGrant(scopes=("payments.read", "ledger.read"), owner_ids=("o1", "o2"))


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path / "authority", "authority")


def settings() -> Settings:
    return load_settings({}).model_copy(update={"auth_spiffe_scopes": {ORDERS: GRANT}})


def refusal(certificates: ClientCertificates, pem: bytes) -> str:
    with pytest.raises(PaymentsError) as refused:
        certificates.principal_of(pem)
    assert refused.value.reason is Reason.TOKEN_INVALID
    return refused.value.message


def test_the_holder_of_a_known_id_has_its_scopes_and_owners(authority: Authority) -> None:
    pem = authority.issue_to(ORDERS).certificate.read_bytes()
    principal = ClientCertificates(settings()).principal_of(pem)
    assert principal == Principal(
        ORDERS, frozenset({"payments.read", "ledger.read"}), owner_ids=frozenset({"o1", "o2"})
    )


def test_a_certificate_that_expires_while_its_connection_lives_opens_nothing_more(authority: Authority) -> None:
    pem = authority.issue_to(ORDERS).certificate.read_bytes()
    now = time.time()
    certificates = ClientCertificates(settings(), clock=lambda: now)
    assert certificates.principal_of(pem).subject == ORDERS
    certificates.check(pem)
    now += HOUR.total_seconds() + 1
    assert "it has expired: connect again with a new one" in refusal(certificates, pem)
    with pytest.raises(PaymentsError, match="it has expired"):
        certificates.check(pem)


def test_a_certificate_beside_a_token_need_not_be_known(authority: Authority) -> None:
    certificates = ClientCertificates(settings())
    stranger = authority.issue_to("spiffe://shop.example/proxy").certificate.read_bytes()
    certificates.check(stranger)
    assert "spiffe://shop.example/proxy is not known here" in refusal(certificates, stranger)


def test_what_cannot_be_read_is_refused() -> None:
    assert "its names cannot be read" in refusal(ClientCertificates(settings()), b"nonsense")


def test_only_so_many_certificates_are_remembered(authority: Authority) -> None:
    certificates = ClientCertificates(settings())
    pem = authority.issue_to(ORDERS).certificate.read_bytes()
    for number in range(REMEMBERED_MAX + 5):
        certificates.check(pem + b"\n" * number)
    assert len(certificates._read) == REMEMBERED_MAX
