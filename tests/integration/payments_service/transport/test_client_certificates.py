"""Client certificates: who gets a connection with one, and whom it stands for; with every method there is."""

import grpc
import pytest
from google.protobuf.message import Message
from payments_api.v1 import ledger_service_pb2

from payments_service.transport.call import Call
from payments_service.transport.methods import Method
from tests.authority import CLIENT, HOUR, SERVER, Authority, Issued
from tests.integration.payments_service.transport.harness import GET_BALANCE, METHODS, connected, serving
from tests.integration.payments_service.transport.tls import (
    ORDERS,
    READS,
    REPORTS,
    each_method,
    mutual,
    reaches,
    refused,
)

ALL_SCOPES = {method.scope for method in METHODS} | {"admin.read", "admin.write"}


@each_method
async def test_only_a_valid_certificate_of_the_trusted_authority_opens_a_method(
    ours: Authority, theirs: Authority, method: Method
) -> None:
    grants = {ORDERS: {"scopes": [method.scope]}}
    strangers: dict[str, Issued | None] = {
        "of another authority": theirs.issue_to(ORDERS),
        "expired": ours.issue_to(ORDERS, label="expired", ends_in=-HOUR),
        "not valid yet": ours.issue("early", usage=CLIENT, begins_in=HOUR, ends_in=2 * HOUR),
        "of a server": ours.issue("not-a-client", usage=SERVER),
        "none": None,
    }
    async with serving(**mutual(ours, grants)) as running:
        address = running.server.addresses.grpc
        for stranger in strangers.values():
            async with connected(address, ours.ca_file, stranger) as channel:
                await refused(running, channel, method)
        async with connected(address, ours.ca_file, ours.issue_to(ORDERS)) as channel:
            assert await reaches(running.over(channel), method, token=None)


async def test_callers_with_and_without_certificates_each_have_an_address(ours: Authority) -> None:
    grants = {ORDERS: {"scopes": [GET_BALANCE.scope]}}
    async with serving(**mutual(ours, grants, grpc_mtls_address="127.0.0.1:0")) as running:
        addresses = running.server.addresses
        client = ours.issue_to(ORDERS)
        async with connected(addresses.mtls, ours.ca_file) as channel:
            await refused(running, channel)
        async with connected(addresses.mtls, ours.ca_file, client) as channel:
            assert await running.over(channel).call(token=None) == b""
        assert await running.call() == b""
        async with connected(addresses.grpc, ours.ca_file, client) as channel:
            assert (await running.over(channel).failure(token=None)).reason == "TOKEN_MISSING"


@each_method
async def test_a_certificate_opens_what_its_scopes_say_and_nothing_else(ours: Authority, method: Method) -> None:
    grants = {ORDERS: {"scopes": [method.scope]}, REPORTS: {"scopes": sorted(ALL_SCOPES - {method.scope})}}
    async with serving(**mutual(ours, grants)) as running:
        address = running.server.addresses.grpc
        async with connected(address, ours.ca_file, ours.issue_to(ORDERS)) as channel:
            assert await reaches(running.over(channel), method, token=None)
        async with connected(address, ours.ca_file, ours.issue_to(REPORTS)) as channel:
            failed = await running.over(channel).failure(method, b"", token=None)
    assert (failed.code, failed.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")
    assert failed.metadata["scope"] == method.scope


async def test_the_principal_is_the_spiffe_id_with_the_owners_that_it_acts_for(ours: Authority) -> None:
    seen: list[Call] = []

    async def answer(_: object, call: Call) -> Message:
        seen.append(call)
        return ledger_service_pb2.GetBalanceResponse()

    grants = {ORDERS: {"scopes": ["ledger.read"], "owner_ids": ["o1"]}, REPORTS: READS}
    async with serving({GET_BALANCE.full_name: answer}, **mutual(ours, grants)) as running:
        for name in (ORDERS, REPORTS):
            async with connected(running.server.addresses.grpc, ours.ca_file, ours.issue_to(name)) as channel:
                await running.over(channel).call(token=None)
        assert [line["caller"] for line in running.log_lines()] == [ORDERS, REPORTS]
    assert [(call.principal.subject, call.principal.owner_ids) for call in seen] == [
        (ORDERS, frozenset({"o1"})),
        (REPORTS, None),
    ]


@pytest.mark.parametrize(
    ("uris", "complaint"),
    [
        ([REPORTS], f"{REPORTS} is not known here: add it to PAYMENTS_AUTH_SPIFFE_SCOPES"),
        ([f"{ORDERS}/x"], f"{ORDERS}/x is not known here"),
        ([], "it must have exactly one URI name, its SPIFFE ID, and has 0"),
        ([ORDERS, REPORTS], "it must have exactly one URI name, its SPIFFE ID, and has 2"),
    ],
    ids=["unknown", "below a known one", "no name", "two names"],
)
async def test_a_certificate_of_nobody_known_is_refused(ours: Authority, uris: list[str], complaint: str) -> None:
    async with (
        serving(**mutual(ours, {ORDERS: READS})) as running,
        connected(running.server.addresses.grpc, ours.ca_file, ours.issue_to(*uris)) as channel,
    ):
        failed = await running.over(channel).failure(token=None)
    assert (failed.code, failed.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_INVALID")
    assert complaint in failed.message


async def test_with_a_token_too_the_token_decides(ours: Authority) -> None:
    grants = {ORDERS: READS}
    async with serving(**mutual(ours, grants)) as running:
        address = running.server.addresses.grpc
        async with connected(address, ours.ca_file, ours.issue_to(ORDERS)) as channel:
            certified = running.over(channel)
            other_scope = running.token(scopes=["payments.read"], subject="shop")
            assert (await certified.failure(token=other_scope)).reason == "SCOPE_MISSING"
            assert (await certified.failure(token="nonsense")).reason == "TOKEN_INVALID"
        async with connected(address, ours.ca_file, ours.issue_to(REPORTS)) as channel:
            assert await running.over(channel).call(token=running.token(subject="shop")) == b""
        assert [line["caller"] for line in running.log_lines()] == ["shop", "", "shop"]
