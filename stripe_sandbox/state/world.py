"""All state of a running sandbox: its accounts, its clock and what is still to happen."""

from collections.abc import Callable

from stripe_sandbox.clock import SandboxClock, Scheduler
from stripe_sandbox.identifiers import Identifiers
from stripe_sandbox.json_types import JsonObject, kept_json
from stripe_sandbox.settings import SandboxSettings
from stripe_sandbox.state.account import AccountState
from stripe_sandbox.state.event_log import BY_ITSELF, Cause, Event
from stripe_sandbox.state.followers import Followers
from stripe_sandbox.state.objects import Objects, objects_of

EventListener = Callable[[Event], None]


class World:
    """The state that requests, scheduled jobs and control calls work on, all on one event loop."""

    def __init__(self, settings: SandboxSettings, clock: SandboxClock | None = None) -> None:
        self.settings = settings
        self.clock = clock or SandboxClock()
        self.scheduler = Scheduler(self.clock)
        self.on_event: EventListener | None = None
        """Told of every new event, after it is recorded: the webhook dispatcher."""
        self.reset()

    def reset(self) -> None:
        """Forgets everything and begins again, with the same seed and at real time."""
        self.clock.reset()
        self.scheduler.clear()
        self.ids = Identifiers(self.settings.seed)
        self.platform = AccountState(id=self.settings.platform_account, is_platform=True, created=self.clock.seconds())
        self.accounts: dict[str, AccountState] = {self.platform.id: self.platform}
        self.connected: Objects = objects_of("account")
        self.followers = Followers()
        self.grants: dict[str, tuple[str, int]] = {}
        """Codes that owners have given the platform: the account, and until when a token can be had for it."""
        self.access_tokens: dict[str, str] = {}
        """Keys of connected accounts that the platform has from OAuth, with their account."""

    def connect(self, account: AccountState) -> None:
        """Takes in a connected account, whose `profile` is complete."""
        self.accounts[account.id] = account
        self.connected.add(account.profile)

    def living_account(self, identifier: str) -> AccountState | None:
        """The account with this id, or None if there is none, it has been deleted or has left the platform."""
        account = self.accounts.get(identifier)
        return None if account is None or account.is_deleted or not account.is_connected else account

    def emit(
        self,
        account: AccountState,
        kind: str,
        subject: JsonObject,
        cause: Cause = BY_ITSELF,
        previous: JsonObject | None = None,
    ) -> Event:
        """Records an event about `subject` as it is now, and tells the listener and whoever waits for the object."""
        event = self.record_event(account, kind, kept_json(subject), cause, previous)
        self.followers.tell(subject.get("id"), kind, cause)
        return event

    def emit_twin(self, event: Event) -> Event:
        """Tells a fact a second time, as another event: same object, new id."""
        account = self.accounts[event.account]
        return self.record_event(account, event.kind, event.object_json, event.cause, event.previous, event.id)

    def record_event(
        self,
        account: AccountState,
        kind: str,
        object_json: bytes,
        cause: Cause = BY_ITSELF,
        previous: JsonObject | None = None,
        twin_of: str | None = None,
    ) -> Event:
        """Records an event whose object is already written as JSON, and tells the listener."""
        event = Event(
            id=self.ids.new("evt"),
            kind=kind,
            created=self.clock.seconds(),
            account=account.id,
            connect=not account.is_platform,
            object_json=object_json,
            previous=previous,
            cause=cause,
            twin_of=twin_of,
        )
        account.events.add(event)
        if self.on_event is not None:
            self.on_event(event)
        return event
