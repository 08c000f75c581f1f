"""What the control endpoints can do: the sandbox as a whole."""

from collections import defaultdict
from collections.abc import Mapping

from stripe_sandbox.faults.plan import FaultPlan
from stripe_sandbox.http.idempotency import IdempotencyKeys
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.payouts.schedule import plan_payouts
from stripe_sandbox.resources.webhook_endpoints import add_endpoint, remove_endpoint
from stripe_sandbox.state.account import AccountState
from stripe_sandbox.state.event_log import BY_ITSELF, Event
from stripe_sandbox.state.scope import Scope
from stripe_sandbox.state.world import World
from stripe_sandbox.webhooks.dispatcher import Dispatcher


class Sandbox:
    """State, webhooks, faults and idempotency keys together."""

    def __init__(self, world: World, dispatcher: Dispatcher, faults: FaultPlan, keys: IdempotencyKeys) -> None:
        self.world = world
        self.dispatcher = dispatcher
        self.faults = faults
        self._keys = keys

    def scope(self, account: AccountState | None = None) -> Scope:
        """The place of a change that no API request asked for; the platform's unless another account is named."""
        return Scope(self.world, account or self.world.platform, BY_ITSELF)

    def reset(self) -> None:
        """Returns to the state right after the start, with the configured webhook endpoints and no faults."""
        self.dispatcher.reset()
        self.faults.clear()
        self._keys.clear()
        self.world.reset()
        self.restore_configuration()

    def restore_configuration(self) -> None:
        """Adds the endpoints of SANDBOX_WEBHOOK_URL and SANDBOX_CONNECT_WEBHOOK_URL, as far as there are any.

        Also plans the platform's automatic payouts, if it is to have such.
        """
        settings = self.world.settings
        plan_payouts(self.scope())
        for url, secret, connect in (
            (settings.webhook_url, settings.webhook_secret, False),
            (settings.connect_webhook_url, settings.connect_webhook_secret, True),
        ):
            if url is not None:
                clear = None if secret is None else secret.get_secret_value()
                add_endpoint(self.scope(), url, secret=clear, connect=connect)

    def point_webhooks_at(self, url: str, secret: str | None, *, connect: bool) -> JsonObject:
        """Makes `url` the only endpoint of its sort (own events, or those of connected accounts)."""
        platform = self.world.platform
        same_sort = [name for name, private in platform.endpoint_private.items() if private.connect == connect]
        for identifier in same_sort:
            endpoint = platform.webhook_endpoints.get(identifier)
            if endpoint is not None:
                remove_endpoint(self.scope(), endpoint)
        endpoint = add_endpoint(self.scope(), url, secret=secret, connect=connect)
        return {**endpoint, "secret": platform.endpoint_private[endpoint["id"]].secret}

    def event(self, identifier: str) -> Event | None:
        """The event with this id, in whichever account it is."""
        found = (account.events.get(identifier) for account in self.world.accounts.values())
        return next((event for event in found if event is not None), None)

    def summary(self) -> JsonObject:
        """Counts, balances and settings in force, for a person or a test to look at."""
        platform = self.world.platform
        return {
            "clock": {"now": self.world.clock.seconds(), "offset_s": round(self.world.clock.offset_s, 3)},
            "accounts": {account.id: _account_summary(account) for account in self.world.accounts.values()},
            "webhooks": {
                "paused": self.dispatcher.paused,
                "pending": self.dispatcher.pending,
                "deliveries": self.dispatcher.counts(),
                "endpoints": [
                    {**endpoint, "secret": platform.endpoint_private[endpoint["id"]].secret}
                    for endpoint in platform.webhook_endpoints
                    if "deleted" not in endpoint
                ],
            },
            "faults": self.faults.listed(),
        }


def _account_summary(account: AccountState) -> JsonObject:
    return {
        "balance": {
            **account.balance.render(account.default_currency),
            "held": _held(account),
            "risk_reserved": _amounts(account.balance.reserved),
        },
        "objects": {
            "application_fees": len(account.application_fees),
            "balance_transactions": len(account.balance.transactions),
            "charges": len(account.charges),
            "checkout_sessions": len(account.checkout_sessions),
            "customers": len(account.customers),
            "disputes": len(account.disputes),
            "events": len(account.events),
            "invoices": len(account.billing.invoices),
            "payment_intents": len(account.payment_intents),
            "payment_methods": len(account.payment_methods),
            "payouts": len(account.payouts),
            "refunds": len(account.refunds),
            "topups": len(account.topups),
            "subscriptions": len(account.billing.subscriptions),
            "transfers": len(account.transfers),
        },
    }


def _held(account: AccountState) -> list[JsonObject]:
    """What reserves hold back, by currency."""
    sums: defaultdict[str, int] = defaultdict(int)
    for hold in account.reserve_holds:
        sums[hold["currency"]] += hold["amount_releasable"]
    return _amounts(sums)


def _amounts(sums: Mapping[str, int]) -> list[JsonObject]:
    return [{"amount": amount, "currency": currency} for currency, amount in sorted(sums.items())]
