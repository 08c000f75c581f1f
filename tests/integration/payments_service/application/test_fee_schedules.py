"""Fee schedules: who may publish them, how versions follow each other, and what holds when."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from payments_api.v1 import fee_pb2, fee_service_pb2
from sqlalchemy.exc import ProgrammingError

from payments_service.application.fee_schedules import platform_fee_for
from payments_service.domain.account.model import AccountState, BusinessType, ConnectedAccount
from payments_service.domain.ids import Prefix, format_id, new_id, parse_id
from payments_service.domain.money import Money
from tests.integration.payments_service.application.house import SCOPES, House, failure

ADMIN = (*SCOPES, "fees.admin")
DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def admin(house: House) -> None:
    house.metadata = house.as_caller("boss", scopes=ADMIN)


def rule(currency: str = "usd", basis_points: int = 1_000, **limits: int) -> dict[str, Any]:
    return {"currency_code": currency, "basis_points": basis_points, **limits}


def publish_call(house: House, key: str, *rules: dict[str, Any], **fields: Any) -> Any:
    values: dict[str, Any] = {"kind": "FEE_KIND_PAYMENT", "rules": rules or [rule()], **fields}
    return house.fees.CreateFeeSchedule(
        fee_service_pb2.CreateFeeScheduleRequest(idempotency_key=key, **values), metadata=house.metadata
    )


async def publish(house: House, key: str, *rules: dict[str, Any], **fields: Any) -> fee_pb2.FeeSchedule:
    reply: fee_service_pb2.CreateFeeScheduleResponse = await publish_call(house, key, *rules, **fields)
    return reply.fee_schedule


def get(house: House, **fields: Any) -> Any:
    return house.fees.GetFeeSchedule(fee_service_pb2.GetFeeScheduleRequest(**fields), metadata=house.metadata)


def page(house: House, **fields: Any) -> Any:
    return house.fees.ListFeeSchedules(fee_service_pb2.ListFeeSchedulesRequest(**fields), metadata=house.metadata)


def calculate_call(house: House, amount: int = 10_000, currency: str = "usd", **fields: Any) -> Any:
    return house.fees.CalculateFees(
        fee_service_pb2.CalculateFeesRequest(amount={"amount_minor": amount, "currency_code": currency}, **fields),
        metadata=house.metadata,
    )


async def calculate(house: House, amount: int = 10_000, currency: str = "usd", **fields: Any) -> fee_pb2.FeeEstimate:
    reply: fee_service_pb2.CalculateFeesResponse = await calculate_call(house, amount, currency, **fields)
    return reply.estimate


async def account_of(house: House, owner_id: str) -> str:
    """A connected account as it stands before its owner has done anything."""
    now = datetime.now(UTC)
    account = ConnectedAccount(
        new_id(), owner_id, AccountState.ONBOARDING, "US", "", BusinessType.UNSPECIFIED, {}, False, now, now
    )
    await house.core.transactions.run(lambda unit: unit.accounts.add(account))
    return format_id(Prefix.CONNECTED_ACCOUNT, account.id)


async def test_a_schedule_is_in_force_at_once_and_can_be_found_again(house: House) -> None:
    made = await publish(house, "k", rule("USD"), rule("Eur"))

    assert (made.version, made.kind, made.connected_account_id) == (1, fee_pb2.FEE_KIND_PAYMENT, "")
    assert (made.created_by, made.effective_time) == ("boss", made.create_time)
    assert (await get(house)).fee_schedule == made
    assert (await get(house, fee_schedule_id=made.id)).fee_schedule == made
    assert [each.currency_code for each in made.rules] == ["eur", "usd"]


async def test_limits_come_back_as_they_were_given(house: House) -> None:
    made = await publish(house, "k", rule("usd", 250, fixed_minor=30, max_minor=0), rule("eur", 300, min_minor=7))
    eur, usd = made.rules

    assert (usd.basis_points, usd.fixed_minor, usd.min_minor, usd.HasField("max_minor")) == (250, 30, 0, True)
    assert (eur.basis_points, eur.min_minor, eur.HasField("max_minor")) == (300, 7, False)


async def test_without_a_schedule_nothing_is_taken_and_that_is_said(house: House) -> None:
    missing = await failure(get(house))
    estimate = await calculate(house)

    assert (missing.code, missing.reason) == ("NOT_FOUND", "FEE_SCHEDULE_NOT_FOUND")
    assert "platform's fee is 0" in missing.message
    assert (estimate.platform_fee.amount_minor, estimate.net.amount_minor) == (0, 10_000)
    assert (estimate.fee_schedule_id, estimate.fee_schedule_version) == ("", 0)


async def test_a_planned_version_takes_over_at_its_very_moment(house: House) -> None:
    first = await publish(house, "k1", rule(basis_points=1_000))
    switch = first.create_time.ToDatetime(tzinfo=UTC) + DAY
    second = await publish(house, "k2", rule(basis_points=2_000), effective_time=switch)

    assert (second.version, second.effective_time.ToDatetime(tzinfo=UTC)) == (2, switch)
    assert (await get(house)).fee_schedule == first
    assert (await get(house, time=switch - MICROSECOND)).fee_schedule == first
    assert (await get(house, time=switch)).fee_schedule == second
    assert (await calculate(house, time=switch - MICROSECOND)).platform_fee.amount_minor == 1_000
    after = await calculate(house, time=switch)
    assert (after.platform_fee.amount_minor, after.fee_schedule_id, after.fee_schedule_version) == (2_000, second.id, 2)


async def test_before_the_first_schedule_there_was_none(house: House) -> None:
    first = await publish(house, "k")
    before = first.create_time.ToDatetime(tzinfo=UTC) - MICROSECOND

    assert (await failure(get(house, time=before))).reason == "FEE_SCHEDULE_NOT_FOUND"
    assert (await calculate(house, time=before)).platform_fee.amount_minor == 0


async def test_an_account_s_own_fees_go_before_those_for_all(house: House) -> None:
    alice, bob = await account_of(house, "alice"), await account_of(house, "bob")
    own = await publish(house, "k1", rule(basis_points=500), connected_account_id=alice)
    general = await publish(house, "k2", rule(basis_points=1_000), rule("eur", 300))

    found = await get(house, connected_account_id=alice)

    assert (own.version, general.version) == (1, 1)
    assert found.fee_schedule == own
    assert [
        (each.rule.currency_code, each.fee_schedule_id, each.connected_account_id) for each in found.rules_in_force
    ] == [("eur", general.id, ""), ("usd", own.id, alice)]
    assert (await get(house, connected_account_id=bob)).fee_schedule == general
    assert (await calculate(house, connected_account_id=alice)).platform_fee.amount_minor == 500
    assert (await calculate(house, connected_account_id=bob)).platform_fee.amount_minor == 1_000
    assert (await calculate(house, currency="eur", connected_account_id=alice)).platform_fee.amount_minor == 300


async def test_asked_for_one_currency_the_schedule_is_the_one_that_has_it(house: House) -> None:
    both = await publish(house, "k1", rule("usd", 100), rule("eur", 300))
    newer = await publish(house, "k2", rule("usd", 0))

    assert (await get(house, currency_code="EUR")).fee_schedule == both
    usd = await get(house, currency_code="usd")
    assert usd.fee_schedule == newer
    assert [(each.rule.currency_code, each.fee_schedule_version) for each in usd.rules_in_force] == [("usd", 2)]
    missing = await failure(get(house, currency_code="gbp"))
    assert (missing.reason, "gbp" in missing.message) == ("FEE_SCHEDULE_NOT_FOUND", True)
    assert (await failure(get(house, currency_code="zzz"))).fields.keys() == {"currency_code"}


async def test_the_figures_add_up_and_say_which_version_they_are_from(house: House) -> None:
    made = await publish(house, "k", rule("usd", 1_000), rule("chf", 1_000), rule("jpy", 250, fixed_minor=3))

    usd, chf, jpy = (
        await calculate(house),
        await calculate(house, currency="CHF"),
        await calculate(house, 1_000, "jpy"),
    )

    assert (usd.gross.amount_minor, usd.platform_fee.amount_minor, usd.net.amount_minor) == (10_000, 1_000, 9_000)
    assert (usd.estimated_stripe_fee.amount_minor, usd.platform_net.amount_minor) == (320, 680)
    assert (usd.fee_schedule_id, usd.fee_schedule_version) == (made.id, 1)
    assert (chf.gross.currency_code, chf.platform_fee.amount_minor, chf.net.amount_minor) == ("chf", 1_000, 9_000)
    assert not chf.HasField("estimated_stripe_fee")
    assert not chf.HasField("platform_net")
    assert jpy.platform_fee.amount_minor == 28


async def test_a_fee_below_stripe_s_leaves_the_platform_with_less_than_nothing(house: House) -> None:
    assert (await calculate(house)).platform_net.amount_minor == -320


async def test_the_same_key_gets_the_same_bytes_and_one_version(house: House) -> None:
    first = await publish_call(house, "k")
    call = publish_call(house, "k")
    again = await call

    assert again.SerializeToString(deterministic=True) == first.SerializeToString(deterministic=True)
    assert dict(await call.trailing_metadata())["idempotent-replay"] == "true"
    assert (await publish(house, "l")).version == 2


async def test_the_same_key_with_another_request_is_refused(house: House) -> None:
    await publish(house, "k")

    failed = await failure(publish_call(house, "k", rule(basis_points=1)))

    assert (failed.code, failed.reason, failed.replayed) == ("INVALID_ARGUMENT", "IDEMPOTENCY_KEY_REUSED", False)
    assert len((await page(house)).fee_schedules) == 1


async def test_many_at_once_with_one_key_make_one_version(house: House) -> None:
    calls = [publish_call(house, "k") for _ in range(20)]
    replies = await asyncio.gather(*calls)
    replayed = [dict(await call.trailing_metadata()).get("idempotent-replay") for call in calls]

    assert len({reply.SerializeToString(deterministic=True) for reply in replies}) == 1
    assert sorted(replayed, key=str) == [None, *["true"] * 19]
    assert [each.version for each in (await page(house)).fee_schedules] == [1]


async def test_many_at_once_with_keys_of_their_own_follow_each_other_without_a_gap(house: House) -> None:
    made = await asyncio.gather(*(publish(house, f"k{number}") for number in range(20)))
    by_version = sorted(made, key=lambda schedule: schedule.version)

    assert [schedule.version for schedule in by_version] == list(range(1, 21))
    times = [schedule.effective_time.ToNanoseconds() for schedule in by_version]
    assert times == sorted(times)
    assert (await get(house)).fee_schedule == by_version[-1]


async def test_versions_count_in_each_scope_and_a_refused_request_uses_none_up(house: House) -> None:
    alice = await account_of(house, "alice")
    past = datetime(2020, 1, 1, tzinfo=UTC)

    versions = [
        (await publish(house, "k1")).version,
        (await publish(house, "k2", connected_account_id=alice)).version,
        (await failure(publish_call(house, "k3", effective_time=past))).code,
        (await publish(house, "k3")).version,
        (await publish(house, "k4", connected_account_id=alice)).version,
    ]

    assert versions == [1, 1, "INVALID_ARGUMENT", 2, 2]


async def test_the_past_stays_as_it_was(house: House) -> None:
    failed = await failure(publish_call(house, "k", effective_time=datetime(2020, 1, 1, tzinfo=UTC)))

    assert (failed.code, failed.reason) == ("INVALID_ARGUMENT", "REQUEST_INVALID")
    assert "2020-01-01T00:00:00Z is in the past" in failed.fields["effective_time"]
    assert await house.sql("SELECT 1 FROM idempotency_keys") == []
    await publish(house, "k")
    with pytest.raises(ProgrammingError, match="permission denied"):
        await house.sql("UPDATE fee_schedules SET rules = '{}'")
    with pytest.raises(ProgrammingError, match="permission denied"):
        await house.sql("DELETE FROM fee_schedules")


WRONG: list[tuple[list[dict[str, Any]], str, str]] = [
    ([rule("dollars")], "rules[0].currency_code", "ISO 4217"),
    ([rule("zzz")], "rules[0].currency_code", "'zzz' is not a supported currency"),
    ([rule("usd"), rule("eur", -1)], "rules[1].basis_points", "0 to 10000"),
    ([rule("usd", 10_001)], "rules[0].basis_points", "0 to 10000"),
    ([rule(fixed_minor=-1)], "rules[0].fixed_minor", "0 to"),
    ([rule(min_minor=10**12 + 1)], "rules[0].min_minor", "0 to"),
    ([rule(max_minor=-1)], "rules[0].max_minor", "left out for no limit"),
    ([rule(min_minor=10, max_minor=9)], "rules[0].max_minor", "below min_minor (10)"),
    ([rule("usd"), rule("USD")], "rules[1].currency_code", "usd has a rule already"),
    ([rule()] * 51, "rules", "1 to 50"),
]


async def test_each_wrong_rule_is_named_with_what_to_do(house: House) -> None:
    for rules, field, hint in WRONG:
        failed = await failure(publish_call(house, "k", *rules))

        assert (failed.code, list(failed.fields)) == ("INVALID_ARGUMENT", [field]), rules
        assert hint in failed.fields[field], rules


async def test_what_is_missing_is_named_all_at_once(house: House) -> None:
    failed = await failure(publish_call(house, "", kind=0, rules=[]))

    assert failed.reason == "REQUEST_INVALID"
    assert "1 to 255 characters" in failed.fields["idempotency_key"]
    assert "FEE_KIND_PAYMENT" in failed.fields["kind"]
    assert "1 to 50 rules" in failed.fields["rules"]


async def test_wrong_questions_are_named_too(house: House) -> None:
    made = await publish(house, "k")

    assert "alone" in (await failure(get(house, fee_schedule_id=made.id, currency_code="usd"))).message
    assert "usd" in (await failure(get(house, currency_code="x"))).fields["currency_code"]
    assert "greater than 0" in (await failure(calculate_call(house, 0))).fields["amount"]
    assert "not both" in (await failure(page(house, general_only=True, connected_account_id="acn_1"))).message
    for unknown in ("fsc_00000000000000000000000000", "not an id", made.id.replace("fsc", "pay")):
        assert (await failure(get(house, fee_schedule_id=unknown))).reason == "FEE_SCHEDULE_NOT_FOUND"


async def test_an_account_that_is_not_there_is_not_found(house: House) -> None:
    for account in ("acn_00000000000000000000000000", "not an id"):
        for call in (
            publish_call(house, "k", connected_account_id=account),
            get(house, connected_account_id=account),
            page(house, connected_account_id=account),
            calculate_call(house, connected_account_id=account),
        ):
            failed = await failure(call)
            assert (failed.code, failed.reason) == ("NOT_FOUND", "ACCOUNT_NOT_FOUND")


async def test_lists_go_newest_first_page_by_page_without_gaps(house: House) -> None:
    made = [(await publish(house, f"k{number}")).version for number in range(5)]
    seen: list[int] = []
    token, pages = "", 0
    while token or not pages:
        reply = await page(house, page_size=2, page_token=token)
        seen += [schedule.version for schedule in reply.fee_schedules]
        token, pages = reply.next_page_token, pages + 1

    assert (seen, pages) == (made[::-1], 3)
    first = (await page(house, page_size=2)).next_page_token
    failed = await failure(page(house, page_size=2, page_token=first, general_only=True))
    assert failed.reason == "PAGE_TOKEN_INVALID"


async def test_filters_must_all_match(house: House) -> None:
    alice = await account_of(house, "alice")
    general = await publish(house, "k1")
    own = await publish(house, "k2", connected_account_id=alice)
    later = general.create_time.ToDatetime(tzinfo=UTC) + DAY
    planned = await publish(house, "k3", effective_time=later)

    async def ids(**fields: Any) -> list[str]:
        return [schedule.id for schedule in (await page(house, **fields)).fee_schedules]

    assert await ids() == [planned.id, own.id, general.id]
    assert await ids(kind="FEE_KIND_PAYMENT", connected_account_id=alice) == [own.id]
    assert await ids(general_only=True) == [planned.id, general.id]
    assert await ids(effective_time_from=later) == [planned.id]
    assert await ids(effective_time_before=later, general_only=True) == [general.id]


async def test_scopes_decide_who_reads_and_who_publishes(house: House) -> None:
    house.metadata = house.as_caller(scopes=("fees.read",))
    refused = await failure(publish_call(house, "k"))
    assert (refused.code, refused.reason, refused.metadata["scope"]) == (
        "PERMISSION_DENIED",
        "SCOPE_MISSING",
        "fees.admin",
    )
    assert (await calculate(house)).gross.amount_minor == 10_000

    house.metadata = house.as_caller(scopes=("fees.admin",))
    await publish(house, "k")
    for call in (get(house), page(house), calculate_call(house)):
        assert (await failure(call)).metadata["scope"] == "fees.read"


async def test_a_user_sees_its_own_fees_and_those_for_all_and_nobody_else_s(house: House) -> None:
    alice, bob = await account_of(house, "alice"), await account_of(house, "bob")
    general = await publish(house, "k1")
    hers = await publish(house, "k2", rule(basis_points=700), connected_account_id=alice)
    his = await publish(house, "k3", rule(basis_points=800), connected_account_id=bob)
    house.metadata = house.as_caller("idp|alice", ["alice"])

    assert (await get(house, connected_account_id=alice)).fee_schedule.id == hers.id
    assert (await get(house, connected_account_id=alice)).fee_schedule.created_by == ""
    assert (await get(house, fee_schedule_id=hers.id)).fee_schedule.version == 1
    assert (await calculate(house, connected_account_id=alice)).platform_fee.amount_minor == 700
    assert [each.id for each in (await page(house)).fee_schedules] == [general.id]
    assert [each.id for each in (await page(house, connected_account_id=alice)).fee_schedules] == [hers.id]
    for call in (
        get(house, connected_account_id=bob),
        page(house, connected_account_id=bob),
        calculate_call(house, connected_account_id=bob),
    ):
        assert (await failure(call)).reason == "ACCOUNT_NOT_FOUND"
    assert (await failure(get(house, fee_schedule_id=his.id))).reason == "FEE_SCHEDULE_NOT_FOUND"


async def test_a_user_with_the_right_to_publish_does_so_for_its_own_accounts_only(house: House) -> None:
    alice, bob = await account_of(house, "alice"), await account_of(house, "bob")
    house.metadata = house.as_caller("idp|alice", ["alice"], ADMIN)

    assert (await publish(house, "k1", connected_account_id=alice)).version == 1
    assert (await failure(publish_call(house, "k2", connected_account_id=bob))).reason == "ACCOUNT_NOT_FOUND"
    refused = await failure(publish_call(house, "k3"))
    assert (refused.code, refused.reason) == ("PERMISSION_DENIED", "SCOPE_MISSING")


async def test_a_stored_reply_is_not_for_who_no_longer_sees_the_account(house: House) -> None:
    alice = await account_of(house, "alice")
    house.metadata = house.as_caller("idp|alice", ["alice"], ADMIN)
    await publish(house, "k", connected_account_id=alice)
    house.metadata = house.as_caller("idp|alice", ["somebody else"], ADMIN)

    failed = await failure(publish_call(house, "k", connected_account_id=alice))

    assert (failed.reason, failed.replayed) == ("ACCOUNT_NOT_FOUND", False)


async def test_a_payment_asks_within_its_own_transaction(house: House) -> None:
    alice = await account_of(house, "alice")
    own = await publish(house, "k", rule(basis_points=700), connected_account_id=alice)
    account_id, amount = parse_id(Prefix.CONNECTED_ACCOUNT, alice), Money(2_500, "usd")
    at = own.effective_time.ToDatetime(tzinfo=UTC)

    fee = await house.core.transactions.run(lambda unit: platform_fee_for(unit, amount, account_id, at))
    earlier = await house.core.transactions.run(
        lambda unit: platform_fee_for(unit, amount, account_id, at - MICROSECOND)
    )

    assert (fee.fee, fee.version) == (Money(175, "usd"), 1)
    assert fee.schedule_id == parse_id(Prefix.FEE_SCHEDULE, own.id)
    assert (earlier.fee, earlier.schedule_id, earlier.version) == (Money(0, "usd"), None, None)


async def test_the_stored_reply_is_not_readable_in_the_database(house: House) -> None:
    house.metadata = house.as_caller("canary", scopes=ADMIN)
    await publish(house, "k")

    ((outcome,),) = await house.sql("SELECT outcome FROM idempotency_keys")
    assert b"canary" not in outcome


async def test_a_sale_without_a_fee_of_its_own_takes_the_schedule_s_and_keeps_it(house: House) -> None:
    seller = await house.seller()
    await publish(house, "k1", rule(basis_points=1_500, fixed_minor=25))
    sale = (await house.sell("s1", seller.id, platform_fee=None)).payment
    named = (await house.sell("s2", seller.id)).payment
    await publish(house, "k2", rule(basis_points=0))

    assert sale.platform_fee.amount_minor == 1_525
    assert named.platform_fee.amount_minor == 1_000
    assert (await house.get(sale.id)).payment.platform_fee.amount_minor == 1_525
    assert (await house.sell("s3", seller.id, platform_fee=None)).payment.platform_fee.amount_minor == 0
