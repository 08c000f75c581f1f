"""Connected accounts as messages."""

from payments_api.v1 import account_pb2

from payments_service.domain.account.model import AccountState, BusinessType, ConnectedAccount
from payments_service.domain.ids import Prefix, format_id
from payments_service.transport.convert.basic import time_to_message

STATE_TO_MESSAGE = {state: f"CONNECTED_ACCOUNT_STATE_{state.value}" for state in AccountState}
BUSINESS_TYPE_TO_MESSAGE = {kind: f"BUSINESS_TYPE_{kind.value}" for kind in BusinessType}
BUSINESS_TYPE_FROM_MESSAGE = {
    account_pb2.BusinessType.Value(name): kind for kind, name in BUSINESS_TYPE_TO_MESSAGE.items()
}


def account_to_message(account: ConnectedAccount) -> account_pb2.ConnectedAccount:
    """A connected account for a reply."""
    wanted = account.requirements
    message = account_pb2.ConnectedAccount(
        id=format_id(Prefix.CONNECTED_ACCOUNT, account.id),
        owner_id=account.owner_id,
        stripe_account_id=account.stripe_account,
        state=STATE_TO_MESSAGE[account.state],
        country_code=account.country,
        email=account.email,
        business_type=BUSINESS_TYPE_TO_MESSAGE[account.business_type],
        default_currency_code=account.default_currency,
        charges_enabled=account.charges_enabled,
        payouts_enabled=account.payouts_enabled,
        transfers_enabled=account.transfers_enabled,
        details_submitted=account.details_submitted,
        requirements=account_pb2.AccountRequirements(
            currently_due=wanted.currently_due, past_due=wanted.past_due, disabled_reason=wanted.disabled_reason
        ),
        metadata=dict(account.metadata),
        livemode=account.livemode,
        create_time=time_to_message(account.create_time),
        update_time=time_to_message(account.update_time),
    )
    if wanted.current_deadline is not None:
        message.requirements.current_deadline.CopyFrom(time_to_message(wanted.current_deadline))
    return message
