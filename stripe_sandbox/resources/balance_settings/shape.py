"""The balance settings as an object: https://docs.stripe.com/api/balance-settings/object."""

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.scope import Scope

_DAY_S = 86_400


def settings_of(scope: Scope) -> JsonObject:
    """The settings of an account, which has them from the moment that somebody asks.

    `automatic_transfer_rules_by_currency` is left out: stripe-python cannot read it where it is null.
    """
    account = scope.account
    if not account.balance_settings:
        world_settings = scope.world.settings
        account.balance_settings = {
            "object": "balance_settings",
            "payments": {
                "debit_negative_balances": True,
                "payouts": {
                    "minimum_balance_by_currency": None,
                    "schedule": {"interval": world_settings.payout_interval},
                    "statement_descriptor": None,
                    "status": "enabled",
                },
                "settlement_timing": {"delay_days": world_settings.settlement_delay_s // _DAY_S},
            },
        }
    payouts = account.balance_settings["payments"]["payouts"]
    payouts["status"] = "enabled" if account.is_platform or account.profile.get("payouts_enabled") else "disabled"
    return account.balance_settings
