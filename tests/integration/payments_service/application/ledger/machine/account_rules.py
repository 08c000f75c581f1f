"""Rules about accounts."""

from collections.abc import Callable
from datetime import UTC

from hypothesis import strategies as st
from hypothesis.stateful import rule
from payments_api.v1 import ledger_service_pb2 as pb

from tests.integration.payments_service.application.ledger.machine.asking import Asking, of
from tests.integration.payments_service.application.ledger.machine.messages import (
    account_message,
    money,
)
from tests.integration.payments_service.application.ledger.machine.model import ModelAccount
from tests.integration.payments_service.application.ledger.machine.wishes import (
    ASSET,
    CODES,
    EUR,
    LIABILITY,
    METADATA,
    REVENUE,
    USD,
    mostly,
)


class AccountRules(Asking):
    """Accounts made, changed, frozen, closed, read and verified."""

    @of("CreateLedgerAccount")
    @rule(
        code=st.sampled_from(["caller:new:1", "caller:new:2", *USD, "wallet:alice:usd", "caller::x", "caller:x y"]),
        kind=st.sampled_from([LIABILITY, ASSET, REVENUE]),
        currency=mostly(st.sampled_from(["usd", "EUR"]), "xxx"),
        owner=st.sampled_from(["", "alice", "bob"]),
        floor=st.sampled_from([None, 0, -20]),
        metadata=METADATA,
    )
    def create_ledger_account(
        self, code: str, kind: int, currency: str, owner: str, floor: int | None, metadata: dict[str, str]
    ) -> None:
        self._create(code, kind, currency, owner, floor, metadata)

    def _create(
        self, code: str, kind: int, currency: str, owner: str, floor: int | None, metadata: dict[str, str]
    ) -> None:
        faults = {"LEDGER_ACCOUNT_ALREADY_EXISTS"} if code in self.model.accounts else set()
        if not code.startswith("caller:"):
            faults.add("LEDGER_ACCOUNT_RESERVED")
        if " " in code or "::" in code:
            faults.add("REQUEST_INVALID")
        if currency.lower() not in {"usd", "eur"}:
            faults.add("CURRENCY_UNSUPPORTED")
        request = pb.CreateLedgerAccountRequest(
            code=code,
            kind=kind,  # type: ignore[arg-type]  # an enum's number
            currency_code=currency,
            owner_id=owner,
            floor_minor=floor,
            metadata=metadata,
        )
        answer = self._change("CreateLedgerAccount", request, faults)
        if answer.failure:
            return
        made = answer.reply.ledger_account
        account = ModelAccount(code, kind, currency.lower(), owner, floor, metadata=metadata)
        account.id, account.create_time = made.id, made.create_time.ToDatetime(tzinfo=UTC)
        assert made.id not in {one.id for one in self.model.accounts.values()}
        self.model.accounts[code] = account
        self._learn(account, made)

    @of("UpdateLedgerAccount")
    @rule(
        code=CODES,
        floor=st.sampled_from([None, 0, -10, 5, 20]),
        currency=mostly(st.just(""), "usd", "eur"),
        metadata=METADATA,
        paths=st.sampled_from([["floor"], ["floor"], ["metadata"], ["floor", "metadata"]]),
        etag=st.sampled_from(["", "", "now", "stale"]),
        by_id=st.booleans(),
    )
    def update_ledger_account(
        self,
        code: str,
        floor: int | None,
        currency: str,
        metadata: dict[str, str],
        paths: list[str],
        etag: str,
        by_id: bool,
    ) -> None:
        account = self.model.accounts.get(code)
        currency = currency or (account.currency if account else "usd")
        request = pb.UpdateLedgerAccountRequest(
            **self._named(code, by_id),
            update_mask={"paths": paths},
            floor=None if floor is None else money(floor, currency),
            metadata=metadata,
            etag=account.etag if account and etag == "now" else etag,
        )
        faults = self._account_faults(account, closed="ACCOUNT_CLOSED")
        if account and etag == "stale":
            faults.add("ETAG_MISMATCH")
        if account and "floor" in paths and floor is not None:
            if currency != account.currency:
                faults.add("CURRENCY_MISMATCH")
            elif self.model.available(code) < floor:
                faults.add("INSUFFICIENT_FUNDS")
        answer = self._change("UpdateLedgerAccount", request, faults)
        if answer.failure or account is None:
            return
        wanted = floor if "floor" in paths else account.floor, metadata if "metadata" in paths else account.metadata
        changed = wanted != (account.floor, account.metadata)
        account.floor, account.metadata = wanted
        self._learn(account, answer.reply.ledger_account, changed=changed)

    @of("FreezeLedgerAccount")
    @rule(code=CODES, side=st.sampled_from([0, 1, 2]), by_id=st.booleans())
    def freeze_ledger_account(self, code: str, side: int, by_id: bool) -> None:
        self._set_frozen("FreezeLedgerAccount", code, side, by_id, lambda frozen, sides: frozen | sides)

    @of("UnfreezeLedgerAccount")
    @rule(code=CODES, side=st.sampled_from([0, 0, 1, 2]), by_id=st.booleans(), all_of_them=st.booleans())
    def unfreeze_ledger_account(self, code: str, side: int, by_id: bool, all_of_them: bool) -> None:
        # Otherwise nearly everything would be frozen after a while.
        for one in [*self.model.accounts] if all_of_them else [code]:
            found = self.model.accounts.get(one)
            if not all_of_them or (found and found.frozen and not found.closed):
                self._set_frozen("UnfreezeLedgerAccount", one, side, by_id, lambda frozen, sides: frozen - sides)

    def _set_frozen(
        self, method: str, code: str, side: int, by_id: bool, change: Callable[..., frozenset[int]]
    ) -> None:
        account = self.model.accounts.get(code)
        request = getattr(pb, f"{method}Request")(**self._named(code, by_id), side=side)
        answer = self._change(method, request, self._account_faults(account, closed="ACCOUNT_CLOSED"))
        if answer.failure or account is None:
            return
        frozen = change(account.frozen, {side} if side else {1, 2})
        changed = frozen != account.frozen
        account.frozen = frozen
        self._learn(account, answer.reply.ledger_account, changed=changed)

    @of("CloseLedgerAccount")
    @rule(code=mostly(st.sampled_from(["caller:new:1", "caller:new:2", *EUR]), *USD), by_id=st.booleans())
    def close_ledger_account(self, code: str, by_id: bool) -> None:
        account = self.model.accounts.get(code)
        faults = self._account_faults(account)
        if account and any((self.model.posted(code), self.model.pending(code, 1), self.model.pending(code, -1))):
            faults.add("INVALID_STATE")
        answer = self._change("CloseLedgerAccount", pb.CloseLedgerAccountRequest(**self._named(code, by_id)), faults)
        if answer.failure or account is None:
            return
        changed, account.closed = not account.closed, True
        self._learn(account, answer.reply.ledger_account, changed=changed)

    @of("GetLedgerAccount")
    @rule(code=CODES, by_id=st.booleans())
    def get_ledger_account(self, code: str, by_id: bool) -> None:
        answer = self._read(
            "GetLedgerAccount", self._account_faults(self.model.accounts.get(code)), **self._named(code, by_id)
        )
        if not answer.failure:
            self._same(account_message(self.model, self.model.accounts[code]), answer.reply.ledger_account)

    @of("ListLedgerAccounts")
    @rule(
        prefix=st.sampled_from(["", "caller:euro:", "caller:n"]),
        owner=st.sampled_from(["", "alice"]),
        kind=st.sampled_from([0, LIABILITY, ASSET]),
        currency=st.sampled_from(["", "USD", "eur"]),
        states=st.lists(st.integers(1, 5), max_size=2),
        size=st.integers(0, 3),
    )
    def list_ledger_accounts(
        self, prefix: str, owner: str, kind: int, currency: str, states: list[int], size: int
    ) -> None:
        found = self._pages(
            "ListLedgerAccounts",
            "ledger_accounts",
            size,
            code_prefix=prefix,
            owner_id=owner,
            kind=kind,
            currency_code=currency,
            states=states,
        )
        messages = [account_message(self.model, one) for one in reversed(self.model.accounts.values())]
        expected = [
            one
            for one in messages
            if one.code.startswith(prefix)
            and owner in {"", one.owner_id}
            and kind in {0, one.kind}
            and currency.lower() in {"", one.currency_code}
            and (not states or one.state in states)
        ]
        self._same(expected, found)

    @of("VerifyLedgerAccount")
    @rule(code=CODES, by_id=st.booleans())
    def verify_ledger_account(self, code: str, by_id: bool) -> None:
        account = self.model.accounts.get(code)
        answer = self._read("VerifyLedgerAccount", self._account_faults(account), **self._named(code, by_id))
        if not answer.failure:
            right = pb.VerifyLedgerAccountResponse(consistent=True, entries_checked=self.model.version(code))
            self._same(right, answer.reply)
