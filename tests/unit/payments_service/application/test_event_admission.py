"""Which events may have an effect: those of our mode, at the endpoint of their kind."""

import pytest

from payments_service.application.events.admission import Refusal, admit
from payments_service.application.events.model import StripeEvent
from payments_service.domain.ids import new_id

EVENT = StripeEvent(
    id=new_id(),
    event_id="evt_1",
    type="charge.succeeded",
    category="PAYMENT",
    stripe_account="",
    livemode=False,
    create_time=None,
    api_version="",
    object_type="charge",
    object_id="ch_1",
    related_ids={},
    endpoint="PLATFORM",
    secret_index=0,
    request_id="req_1",
    body=b"{}",
)


@pytest.mark.parametrize(
    ("endpoint", "account", "refusal"),
    [
        ("PLATFORM", "", None),
        ("CONNECT", "acct_1", None),
        ("PLATFORM", "acct_1", Refusal.PLATFORM_WITH_ACCOUNT),
        ("CONNECT", "", Refusal.CONNECT_WITHOUT_ACCOUNT),
    ],
)
@pytest.mark.parametrize("livemode", [False, True])
def test_an_event_acts_only_in_its_own_mode_and_at_its_own_endpoint(
    endpoint: str, account: str, refusal: Refusal | None, livemode: bool
) -> None:
    event = EVENT._replace(endpoint=endpoint, stripe_account=account, livemode=livemode)
    assert admit(event, livemode=livemode).refusal is refusal
    assert admit(event, livemode=not livemode).refusal is Refusal.OTHER_MODE
