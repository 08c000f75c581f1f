"""When money becomes available: books a movement and moves it from pending to available on the sandbox clock."""

from stripe_sandbox.balance.book import PAYMENTS, Movement
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.account import AccountState
from stripe_sandbox.state.world import World

_DAY_S = 86_400


def available_on(world: World, account: AccountState, *, at_once: bool = False) -> int:
    """The Unix second from which funds taken now are available: the first midnight UTC after the settlement delay."""
    now = world.clock.seconds()
    delay_s = world.settings.settlement_delay_s
    if account.settlement_delay_days is not None:
        delay_s = account.settlement_delay_days * _DAY_S
    if at_once or delay_s == 0:
        return now
    return -(-(now + delay_s) // _DAY_S) * _DAY_S


def taken_on(world: World, account: AccountState, transaction: str | None) -> int:
    """When funds go back that came with a `transaction`: from pending funds as long as those are pending."""
    now = world.clock.seconds()
    came = account.balance.transactions.get(transaction or "")
    return now if came is None else max(now, int(came["available_on"]))


def book(world: World, account: AccountState, movement: Movement) -> JsonObject:
    """Records a movement in the account's book and sees to its settlement; returns the balance transaction."""
    now = world.clock.seconds()
    transaction = account.balance.record(world.ids.new("txn"), movement, now)
    if movement.available_on > now:
        world.scheduler.at(movement.available_on, lambda: _settle(world, account))
    elif transaction["net"] > 0 and movement.balance_type == PAYMENTS:
        _tell_available(world, account)
    return transaction


def _settle(world: World, account: AccountState) -> None:
    """Moves what is due; of several jobs for the same moment the first moves everything."""
    if account.balance.settle(world.clock.seconds()):
        _tell_available(world, account)


def _tell_available(world: World, account: AccountState) -> None:
    world.emit(account, "balance.available", account.balance.render(account.default_currency))
