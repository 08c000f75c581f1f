"""A connected account, and what Stripe says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from uuid import UUID


class AccountState(Enum):
    """Where a connected account stands; the words are those of the API."""

    CREATING = "CREATING"
    ONBOARDING = "ONBOARDING"
    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    RESTRICTED = "RESTRICTED"
    REJECTED = "REJECTED"
    FAILED = "FAILED"
    DISCONNECTED = "DISCONNECTED"


class BusinessType(Enum):
    """What kind of business an owner is (docs.stripe.com/api/accounts/object); UNSPECIFIED until Stripe has asked."""

    UNSPECIFIED = "UNSPECIFIED"
    INDIVIDUAL = "INDIVIDUAL"
    COMPANY = "COMPANY"
    NON_PROFIT = "NON_PROFIT"
    GOVERNMENT_ENTITY = "GOVERNMENT_ENTITY"


@dataclass(frozen=True, slots=True)
class Requirements:
    """What Stripe still wants to know, in its own words.

    Attributes:
        disabled_reason: why charges or payouts are off; empty when they are not.
        current_deadline: until when what is currently due must be there.
    """

    currently_due: tuple[str, ...] = ()
    past_due: tuple[str, ...] = ()
    disabled_reason: str = ""
    current_deadline: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccountSnapshot:
    """What Stripe said of a connected account in one answer.

    Attributes:
        transfers_enabled: whether the capability to receive transfers is active.
        country: ISO 3166-1 alpha-2 in upper case.
        default_currency: ISO 4217 in lower case.
        metadata: Stripe's, with the service's own keys.
    """

    id: str
    country: str
    default_currency: str
    email: str
    business_type: BusinessType
    charges_enabled: bool
    payouts_enabled: bool
    transfers_enabled: bool
    details_submitted: bool
    requirements: Requirements
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConnectedAccount:
    """A seller or creator who is paid through the platform: see the message of the same name in the API.

    Attributes:
        stripe_account: Stripe's id; empty until it is known.
        observed_time: database time at which the last applied answer of Stripe had ended.
    """

    id: UUID
    owner_id: str
    state: AccountState
    country: str
    email: str
    business_type: BusinessType
    metadata: Mapping[str, str]
    livemode: bool
    create_time: datetime
    update_time: datetime
    stripe_account: str = ""
    default_currency: str = ""
    charges_enabled: bool = False
    payouts_enabled: bool = False
    transfers_enabled: bool = False
    details_submitted: bool = False
    requirements: Requirements = field(default_factory=Requirements)
    observed_time: datetime | None = None
