"""Where something happens: in which account, and at whose request."""

from dataclasses import dataclass

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.account import AccountState
from stripe_sandbox.state.event_log import BY_ITSELF, Cause
from stripe_sandbox.state.world import World


@dataclass(frozen=True, slots=True)
class Scope:
    """What every change of state needs to know.

    Attributes:
        world: Clock, ids, scheduler and all accounts.
        account: The account whose objects change.
        cause: The request behind it, for the events that follow.
    """

    world: World
    account: AccountState
    cause: Cause

    @property
    def now(self) -> int:
        """Sandbox time in whole seconds."""
        return self.world.clock.seconds()

    @property
    def platform(self) -> "Scope":
        """The same cause in the platform's account."""
        return self.within(self.world.platform)

    @property
    def by_itself(self) -> "Scope":
        """The same account, for what happens later and at nobody's request."""
        return Scope(self.world, self.account, BY_ITSELF)

    def within(self, account: AccountState) -> "Scope":
        """The same cause in another account."""
        return Scope(self.world, account, self.cause)

    def emit(self, kind: str, subject: JsonObject, previous: JsonObject | None = None) -> None:
        """Records an event about `subject` as it is now and tells the webhook endpoints."""
        self.world.emit(self.account, kind, subject, self.cause, previous)
