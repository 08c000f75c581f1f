"""AdminService.StartVerification and GetVerification, and the worker behind them."""

import asyncio
from typing import Any

import grpc
import psycopg
import pytest
from payments_api.v1 import admin_service_pb2 as pb
from payments_api.v1 import admin_service_pb2_grpc

from payments_service.application.verification.runs import MakeVerifications
from payments_service.config import Settings
from payments_service.storage.ledger.verification import ranges
from payments_service.storage.ledger.verification.catalogue import VerificationRepository
from tests.integration.payments_service.application.house import failure
from tests.integration.payments_service.application.ledger.bank import bank_settings, open_bank
from tests.integration.payments_service.storage.ledger.verification.books import PUBLIC, keep_books


async def test_a_verification_is_stored_made_by_workers_and_taken_up_where_one_has_failed(
    database_url: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asyncio.to_thread(lambda: asyncio.run(keep_books(database_url, settings)))
    monkeypatch.setattr(ranges, "STRETCH", 4)
    async with open_bank(bank_settings(database_url, seal_public_keys=PUBLIC)) as teller:
        stub: Any = admin_service_pb2_grpc.AdminServiceStub(teller.channel)
        admin = teller.as_caller("admin", scopes=["admin.read", "admin.write"])

        async def start(key: str, *checks: str) -> Any:
            request = pb.StartVerificationRequest(idempotency_key=key, checks=checks)
            return (await stub.StartVerification(request, metadata=admin)).verification

        async def get(name: str) -> Any:
            return (await stub.GetVerification(pb.GetVerificationRequest(id=name), metadata=admin)).verification

        worker = MakeVerifications(teller.core.transactions, teller.core.mirrors)
        sound = await start("one")
        assert await start("one") == sound
        assert await worker.run_once() == 1
        begun = await get(sound.id)
        assert (begun.state, begun.ok, begun.checks[0].rows, begun.checks[0].done) == (1, False, 4, False)
        # Another worker goes on from there; two at once never make the same stretch.
        others = [MakeVerifications(teller.core.transactions, teller.core.mirrors) for _ in range(2)]
        while any(await asyncio.gather(*(other.run_once() for other in others))):
            pass
        done = await get(sound.id)
        assert (done.state, [*{finding for check in done.checks for finding in check.findings}]) == (2, []), done
        assert done.checks[0].rows == 11
        assert all(check.done for check in done.checks)
        # This bank has no Stripe that would answer: of the mirrors nothing is said, and so not that all is well.
        [missing] = [check for check in done.checks if check.not_checked]
        assert (missing.name, done.ok) == ("I13 mirrors", False)
        assert missing.not_checked[0].startswith("the platform and all accounts after it: Stripe did not answer")

        with psycopg.connect(database_url) as owner:
            owner.execute("UPDATE ledger_accounts SET version = version + 1 WHERE code = 'caller:a'")
        look = VerificationRepository.look

        async def fails(self: Any, check: str, position: Any) -> Any:
            if check == "I6 floors":
                raise TimeoutError
            return await look(self, check, position)

        monkeypatch.setattr(VerificationRepository, "look", fails)
        broken = await start("two", "I2", "I6")
        while await worker.run_once():
            pass
        found = {check.name: [one.message for one in check.findings] for check in (await get(broken.id)).checks}
        assert found["I2 entries"] == []
        assert "account caller:a has version" in found["I2 accounts"][0]
        assert found["I6 floors"] == ["the check could not be made: TimeoutError"]
        assert not (await get(broken.id)).ok

        unknown = await failure(
            stub.StartVerification(pb.StartVerificationRequest(idempotency_key="three", checks=["I99"]), metadata=admin)
        )
        assert (unknown.reason, list(unknown.fields)) == ("REQUEST_INVALID", ["checks"])
        missing = await failure(stub.GetVerification(pb.GetVerificationRequest(id="vrf_none"), metadata=admin))
        assert (missing.code, missing.reason) == (grpc.StatusCode.NOT_FOUND.name, "VERIFICATION_NOT_FOUND")
